import { type Maker } from '@genpool/broker'
import { type GenPoolError, nobody, NS_PER_MS, OptionsError, type Reference, textOf } from '@genpool/runtime'
import { InvalidError } from '@genpool/state-ane'
import { describeMessage, type Route } from '../behaviours/program'
import type { Member } from './member'
import { addressOf } from './message-context'
import type { Pool } from './pool'
import { Request, type RequestKind } from './request'

/** What a caller may say about one call. */
export interface CallOptions {
  /** How long the caller waits, in milliseconds, queueing, running and committing included. Default: the pool's `timeout`. */
  readonly timeout?: number
  /** Gives the call up when it fires. */
  readonly signal?: AbortSignal
  /** Greater is more urgent. Under overload the lowest are shed first. Default 0. */
  readonly priority?: number
  /** Messages of one key are handled one at a time and in order. */
  readonly key?: unknown
}

/** What a sender may say about one cast. */
export type CastOptions = Pick<CallOptions, 'priority' | 'key'>

/** A cast was accepted, or was not and will not be run. */
export type CastResult = { readonly ok: true } | { readonly ok: false; readonly error: GenPoolError }

// What comes from another package is behind a getter there: 1 % of a short call each time that it is used.
const MS = NS_PER_MS
const NOBODY: Reference = nobody

const ACCEPTED: CastResult = { ok: true }
const NO_OPTIONS: CallOptions = {}

/** Resolves the promise that is being made, so that a call costs no closure of its own. */
let resolveNew: (value: unknown) => void
const capture = (resolve: (value: unknown) => void): void => {
  resolveNew = resolve
}

/** Where messages come in: finds how each is handled, checks it, and makes a request of it. */
export class Intake {
  #casting: Request | null = null
  #refusal: GenPoolError | null = null
  readonly #forLateJoiners: unknown[] = []
  readonly #makeCast = this.#maker('cast')
  readonly #makeDispatch = this.#maker('dispatch')

  constructor(private readonly pool: Pool) {}

  call(message: unknown, options: CallOptions = NO_OPTIONS): Promise<unknown> {
    const { pool } = this
    const route = pool.program.call(message)
    if (options === NO_OPTIONS && route !== undefined && route.schema === undefined)
      return this.#askPlainly(route, message)
    const { timeout = pool.options.timeout } = options
    return this.#ask('call', route, message, timeout, options)
  }

  /** `#ask` where nothing is to be checked: in few words, since V8 inlines only so many, which is 5 % of a short call. */
  #askPlainly(route: Route, message: unknown): Promise<unknown> {
    const { pool } = this
    const promise = new Promise(capture)
    const request = new Request(pool, 'call', route, message, resolveNew, pool.turn.now())
    request.deadline = request.sentAt + pool.options.timeout * MS
    pool.submit(request)
    return promise
  }

  cast(message: unknown, options: CallOptions = NO_OPTIONS): CastResult {
    const { pool } = this
    const route = pool.program.cast(message)
    if (options === NO_OPTIONS && this.#packs(this.#makeCast, route, message)) return ACCEPTED
    const request = new Request(pool, 'cast', route ?? NO_ROUTE, message, null, pool.turn.now())
    this.#casting = request
    const fault = this.#prepare(request, options)
    if (fault === undefined) pool.submit(request)
    else request.fail(fault)
    const error = this.#refusal
    this.#casting = this.#refusal = null
    return error === null ? ACCEPTED : { ok: false, error }
  }

  /** A request failed that nobody waits for. If its sender is in `cast` right now, it is told there. */
  lost(request: Request, error: GenPoolError): void {
    if (request === this.#casting) this.#refusal = error
    this.pool.deadLetters.add(request.message, error)
  }

  /** nact's `query`. A function is a factory that gets the address at which it is answered, as in nact. */
  query(message: unknown, timeout: number): Promise<unknown> {
    if (typeof message !== 'function') return this.#ask('query', this.pool.program.call(message), message, timeout)
    return this.#askByFactory(message as (from: unknown) => unknown, timeout)
  }

  /** nact's `dispatch`. Never throws into the sender. */
  dispatch(message: unknown, sender: Reference): void {
    const { pool } = this
    // A dispatch is a cast; a type that is known as a call only is one too, and answers its sender.
    const route = pool.program.cast(message) ?? pool.program.call(message)
    const isAnonymous = sender === NOBODY || sender.type === 'nobody'
    if (isAnonymous && this.#packs(this.#makeDispatch, route, message)) return
    const request = new Request(pool, 'dispatch', route ?? NO_ROUTE, message, null, pool.turn.now())
    if (!isAnonymous) request.extend().sender = sender
    const fault = this.#prepare(request, NO_OPTIONS)
    if (fault === undefined) pool.submit(request)
    else request.fail(fault)
  }

  #maker(kind: RequestKind): Maker<Request> {
    return (message, route, sentAt) => new Request(this.pool, kind, route as Route, message, null, sentAt)
  }

  #packs(make: Maker<Request>, route: Route | undefined, message: unknown): boolean {
    return route !== undefined && route.schema === undefined && this.pool.pack(make, route, message)
  }

  /** A message for one member: `handleInfo`, or for a plain function the function itself. */
  tell(member: Member, message: unknown, sender: Reference, route = this.pool.program.info): void {
    const { pool } = this
    const request = new Request(pool, 'direct', route ?? NO_ROUTE, message, null, pool.turn.now())
    if (sender !== nobody) request.extend().sender = sender
    if (route === undefined) request.fail(this.#unknown('info', message))
    else pool.submitTo(member, request)
  }

  /** Sends a message to each member, and if `later` to those that start from now on. Returns how many it was sent to. */
  broadcast(message: unknown, later: boolean): number {
    const { members } = this.pool.roster
    for (const member of members) this.tell(member, message, nobody)
    if (later) this.#forLateJoiners.push(message)
    return members.length
  }

  /** What was broadcast before `member` was there. */
  welcome(member: Member): void {
    for (const message of this.#forLateJoiners) this.tell(member, message, nobody)
  }

  /** Has `member` call `handleContinue` before anything else. */
  continueWith(member: Member, argument: unknown): void {
    const { pool } = this
    const route = pool.program.continuation
    const request = new Request(pool, 'direct', route ?? NO_ROUTE, argument, null, pool.turn.now())
    if (route === undefined) {
      const message = 'a step says { continue }, and the behaviour has no handleContinue'
      request.fail(new InvalidError(`step of pool "${pool.name}"`, [{ path: ['continue'], message }]))
    } else member.deliver(request, true)
  }

  /** A query to one member's own address. */
  queryMember(member: Member, message: unknown, timeout: number): Promise<unknown> {
    const route = this.pool.program.call(message)
    return this.#ask('query', route, message, timeout, NO_OPTIONS, member)
  }

  #ask(
    kind: RequestKind,
    route: Route | undefined,
    message: unknown,
    timeout: number,
    options = NO_OPTIONS,
    member?: Member,
  ): Promise<unknown> {
    const { pool } = this
    const promise = new Promise(capture)
    const request = new Request(pool, kind, route ?? NO_ROUTE, message, resolveNew, pool.turn.now())
    const fault = this.#limit(request, timeout) ?? this.#prepare(request, options)
    if (fault !== undefined) request.fail(fault)
    else if (member === undefined) pool.submit(request)
    else pool.submitTo(member, request)
    return promise
  }

  #askByFactory(factory: (from: unknown) => unknown, timeout: number): Promise<unknown> {
    const promise = new Promise(capture)
    const request = new Request(this.pool, 'query', NO_ROUTE, undefined, resolveNew, this.pool.turn.now())
    const fault = this.#limit(request, timeout) ?? this.#produce(request, factory)
    if (fault === undefined) this.pool.submit(request)
    else request.fail(fault)
    return promise
  }

  #produce(request: Request, factory: (from: unknown) => unknown): GenPoolError | undefined {
    try {
      request.message = factory(addressOf(request))
    } catch (error) {
      return new InvalidError('query', [{ path: [], message: `its message factory threw: ${textOf(error)}` }], error)
    }
    const { program } = this.pool
    request.route = program.call(request.message) ?? program.cast(request.message) ?? NO_ROUTE
    return this.#prepare(request, NO_OPTIONS)
  }

  #limit(request: Request, timeout: number): GenPoolError | undefined {
    if (typeof timeout !== 'number' || !(timeout >= 0)) return this.#wrongTimeout(timeout)
    request.deadline = request.sentAt + timeout * MS
    return undefined
  }

  #wrongTimeout(timeout: unknown): OptionsError {
    return this.#wrong('timeout', `expected milliseconds >= 0 or Infinity, got ${textOf(timeout)}`)
  }

  #wrong(option: keyof CallOptions, message: string): OptionsError {
    const what = `The option "${option}" of a message to pool "${this.pool.name}" is wrong: ${message}.`
    return new OptionsError(what, [{ path: [option], message }])
  }

  /** Checks the message and takes over what the caller said about it: mostly nothing. */
  #prepare(request: Request, options: CallOptions): GenPoolError | undefined {
    const { route } = request
    if (options !== NO_OPTIONS) {
      const fault = this.#applyOptions(request, options)
      if (fault !== undefined) return fault
    }
    if (route === NO_ROUTE) return this.#unknown(request.kind, request.message)
    return route.schema === undefined ? undefined : this.#check(request, route)
  }

  #applyOptions(request: Request, { priority, key, signal }: CallOptions): GenPoolError | undefined {
    if (priority !== undefined) {
      if (typeof priority !== 'number' || Number.isNaN(priority)) {
        return this.#wrong('priority', `expected a number, got ${textOf(priority)}`)
      }
      request.priority = priority
    }
    if (key !== undefined) request.key = key
    if (signal === undefined || !request.expectsAnswer) return undefined
    if (!isSignal(signal)) return this.#wrong('signal', `expected an AbortSignal, got ${typeof signal}`)
    request.extend().signal = signal
    return undefined
  }

  #check(request: Request, route: Route): GenPoolError | undefined {
    const what = `message "${route.type}" to pool "${this.pool.name}"`
    try {
      const result = route.schema?.safeParse(request.message)
      if (result?.error !== undefined) {
        return new InvalidError(
          what,
          result.error.issues.map(({ path, message }) => ({ path, message })),
        )
      }
      request.message = result?.data
      return undefined
    } catch (error) {
      return new InvalidError(what, [{ path: [], message: `its schema failed: ${textOf(error)}` }], error)
    }
  }

  #unknown(kind: string, message: unknown): GenPoolError {
    const { program, name } = this.pool
    const sort = kind === 'call' || kind === 'query' ? 'call' : 'cast'
    const other = sort === 'call' ? program.cast(message) : program.call(message)
    const hint =
      kind === 'info'
        ? 'The behaviour has no handleInfo.'
        : other === undefined
          ? `It knows ${program.known('call')} and ${program.known('cast')}.`
          : sort === 'call'
            ? 'It is a cast: send it with cast() or dispatch().'
            : 'It is a call: send it with call() or query().'
    return new InvalidError(`message ${describeMessage(message)} to pool "${name}"`, [
      { path: ['type'], message: `no handler for this message. ${hint}` },
    ])
  }
}

function isSignal(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value
}

/** The route of a request that is refused before it is queued. */
const NO_ROUTE: Route = {
  type: 'unknown',
  schema: undefined,
  batch: 0,
  run: () => undefined,
  toStep: () => {
    throw new Error('a refused message was run')
  },
}
