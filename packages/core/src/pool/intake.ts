import { type Maker } from '@genpool/broker'
import type { GenPoolError, Reference } from '@genpool/runtime'
import { keyId, textOf } from '@genpool/runtime'
import { type Fault, InvalidError } from '@genpool/state-ane'
import type { CompiledBehaviour } from '../behaviours/compiled-behaviour'
import type { Delivery } from '../behaviours/context'
import { type Handler, NO_HANDLER } from '../behaviours/handler'
import { nobody, NS_PER_MS } from '../hot-imports'
import type { RequestKind } from '../requests/outcome'
import { DeliveredCast, type DeliveryEnd } from '../requests/delivered-cast'
import { LatestCast } from '../requests/latest-cast'
import type { Tries } from '../requests/tries'
import { addressOf } from '../requests/reply-address'
import { Request } from '../requests/request'
import { checkMessage } from './check-message'
import type { DirectPorts } from './direct-call'
import { DirectCalls } from './direct-calls'
import {
  applyOptions,
  applyTimeout,
  type CallOptions,
  type CastOptions,
  isLatest,
  isShared,
  NO_OPTIONS,
  onlyTimeout,
} from './message-options'
import { makerOfCalls } from './packed-calls'
import type { Pool } from './pool'
import type { LiveSettings } from './settings'

/** A cast was accepted, or was not and will not be run. */
export type CastResult = { readonly ok: true } | { readonly ok: false; readonly error: GenPoolError }

/** How a delivered cast is run. */
export interface DeliveryOptions {
  readonly delivery: Delivery
  /** How long it may wait and run, in milliseconds. */
  readonly timeout: number
}

const ACCEPTED: CastResult = { ok: true }

/** Where messages for the pool come in: finds the handler of each, checks it, and makes a request of it. */
export class Intake {
  /** Made with the first cast, and the first dispatch. */
  private makeCast: Maker<Request> | null = null
  private makeDispatch: Maker<Request> | null = null
  private makeCall: { readonly timeout: number; readonly make: Maker<Request> } | null = null
  /** Made with the first call. */
  private direct: DirectCalls | null = null

  constructor(
    private readonly pool: Pool,
    private readonly behaviour: CompiledBehaviour,
    private readonly settings: LiveSettings,
    private readonly parts: DirectPorts,
  ) {}

  call(message: unknown, options: CallOptions = NO_OPTIONS): Promise<unknown> {
    const handler = this.behaviour.call(message)
    const { timeout } = this.settings.current
    if (handler !== undefined && handler.schema === undefined) {
      const only = options === NO_OPTIONS ? timeout : this.timeoutOf(options)
      if (only !== undefined) return this.askPlainly('call', handler, message, only)
    }
    return this.ask('call', handler, message, timeout, options)
  }

  /** Fast path: `#ask` where nothing has to be checked. Saves 8 % of a short call. */
  private askPlainly(kind: 'call' | 'query', handler: Handler, message: unknown, timeout: number): Promise<unknown> {
    const { pool } = this
    const answer = (this.direct ??= new DirectCalls(this.parts)).take(kind, handler, message, timeout)
    if (answer !== null) return answer
    let resolve!: (value: unknown) => void
    const promise = new Promise((done) => (resolve = done))
    if (kind === 'call' && pool.port.packs && pool.pack(this.makerOfCalls(timeout), handler, message, resolve))
      return promise
    const request = new Request(pool, kind, handler, message, resolve, pool.turn.now())
    request.deadline = request.sentAt + timeout * NS_PER_MS
    pool.submit(request)
    return promise
  }

  /** The timeout of a call that may be packed: it has no other options. */
  private timeoutOf(options: CallOptions): number | undefined {
    return this.pool.port.packs ? onlyTimeout(options) : undefined
  }

  /** Calls with the same time share a pack. */
  private makerOfCalls(timeout: number): Maker<Request> {
    if (this.makeCall?.timeout !== timeout) this.makeCall = { timeout, make: makerOfCalls(this.pool, timeout) }
    return this.makeCall.make
  }

  /** One try of a call with `retry`. */
  try(message: unknown, options: CallOptions, tries: Tries): Promise<unknown> {
    const { timeout } = this.settings.current
    return this.ask('call', this.behaviour.call(message), message, timeout, options, tries)
  }

  cast(message: unknown, options: CastOptions = NO_OPTIONS): CastResult {
    const { pool } = this
    const handler = this.behaviour.cast(message)
    if (handler !== undefined && this.behaviour.routes?.faultOf !== undefined) {
      const unsendable = this.behaviour.routes.faultOf(message)
      if (unsendable !== undefined) return this.refuseCast(handler, message, unsendable)
    }
    if (options !== NO_OPTIONS && isLatest(options)) return this.castLatest(handler ?? NO_HANDLER, message, options)
    if (options === NO_OPTIONS && this.packs((this.makeCast ??= this.maker('cast')), handler, message)) return ACCEPTED
    const request = new Request(pool, 'cast', handler ?? NO_HANDLER, message, null, pool.turn.now())
    this.submit(request, this.prepare(request, options))
    return resultOf(request)
  }

  private refuseCast(handler: Handler, message: unknown, fault: Fault): CastResult {
    const { pool } = this
    const cast = new Request(pool, 'cast', handler, message, null, pool.turn.now())
    pool.refuse(cast, new InvalidError(`message "${handler.type}" to pool "${cast.pool}"`, [fault]))
    return resultOf(cast)
  }

  private castLatest(handler: Handler, message: unknown, options: CastOptions): CastResult {
    const { pool } = this
    const cast = new LatestCast(pool, 'cast', handler, message, null, pool.turn.now())
    const fault = this.prepare(cast, options)
    if (fault === undefined) pool.latest.take(cast, cast.rarely?.latest?.key)
    else pool.refuse(cast, fault)
    return resultOf(cast)
  }

  /** A cast that somebody keeps until it is done: `ended` is told once what became of it. */
  deliver(message: unknown, { delivery, timeout }: DeliveryOptions, ended: DeliveryEnd): DeliveredCast {
    const handler = this.behaviour.cast(message) ?? this.behaviour.call(message) ?? NO_HANDLER
    const cast = new DeliveredCast(this.pool, { handler, message, delivery }, ended)
    cast.deadline = cast.sentAt + timeout * NS_PER_MS
    if (delivery.key !== undefined) cast.key = keyId(delivery.key)
    this.submit(cast, checkMessage(cast, this.behaviour))
    return cast
  }

  /** nact's `query`. A function is a factory that gets the address at which it is answered, as in nact. */
  query(message: unknown, timeout: number): Promise<unknown> {
    if (typeof message !== 'function') {
      const handler = this.behaviour.call(message)
      const isPlain =
        handler !== undefined && handler.schema === undefined && typeof timeout === 'number' && timeout >= 0
      return isPlain
        ? this.askPlainly('query', handler, message, timeout)
        : this.ask('query', handler, message, timeout)
    }
    return this.askByFactory(message as (from: unknown) => unknown, timeout)
  }

  /** nact's `dispatch`. Never throws into the sender. */
  dispatch(message: unknown, sender: Reference): void {
    const { pool } = this
    // A dispatch is a cast; a type that is only known as a call is one too, and answers its sender.
    const handler = this.behaviour.cast(message) ?? this.behaviour.call(message)
    const isAnonymous = sender === nobody || sender.type === 'nobody'
    if (isAnonymous && this.packs((this.makeDispatch ??= this.maker('dispatch')), handler, message)) return
    const request = new Request(pool, 'dispatch', handler ?? NO_HANDLER, message, null, pool.turn.now())
    if (!isAnonymous) request.extend().sender = sender
    this.submit(request, this.prepare(request, NO_OPTIONS))
  }

  private maker(kind: RequestKind): Maker<Request> {
    return (message, handler, sentAt) => new Request(this.pool, kind, handler as Handler, message, null, sentAt)
  }

  private packs(make: Maker<Request>, handler: Handler | undefined, message: unknown): boolean {
    return handler !== undefined && handler.schema === undefined && this.pool.pack(make, handler, message, undefined)
  }

  private ask(
    kind: RequestKind,
    handler: Handler | undefined,
    message: unknown,
    timeout: number,
    options = NO_OPTIONS,
    tries: Tries | null = null,
  ): Promise<unknown> {
    if (options !== NO_OPTIONS && isShared(options))
      return this.askShared(handler, message, { timeout, options, tries })
    const { pool } = this
    let resolve!: (value: unknown) => void
    const promise = new Promise((done) => (resolve = done))
    const request = new Request(pool, kind, handler ?? NO_HANDLER, message, resolve, pool.turn.now())
    if (tries !== null) beginTry(request, tries)
    this.submit(request, applyTimeout(request, timeout) ?? this.prepare(request, options))
    return promise
  }

  private askShared(
    handler: Handler | undefined,
    message: unknown,
    { timeout, options, tries }: { timeout: number; options: CallOptions; tries: Tries | null },
  ): Promise<unknown> {
    const { pool } = this
    let resolve!: (value: unknown) => void
    const promise = new Promise((done) => (resolve = done))
    const call = pool.sharing.make(handler ?? NO_HANDLER, message, { resolve, sentAt: pool.turn.now() })
    if (tries !== null) beginTry(call, tries)
    const fault = applyTimeout(call, timeout) ?? this.prepare(call, options)
    if (fault === undefined) pool.sharing.take(call)
    else pool.refuse(call, fault)
    return promise
  }

  private askByFactory(factory: (from: unknown) => unknown, timeout: number): Promise<unknown> {
    const { pool } = this
    let resolve!: (value: unknown) => void
    const promise = new Promise((done) => (resolve = done))
    const request = new Request(pool, 'query', NO_HANDLER, undefined, resolve, pool.turn.now())
    this.submit(request, applyTimeout(request, timeout) ?? this.produce(request, factory))
    return promise
  }

  private produce(request: Request, factory: (from: unknown) => unknown): GenPoolError | undefined {
    try {
      request.message = factory(addressOf(request))
    } catch (error) {
      return new InvalidError('query', [{ path: [], message: `its message factory threw: ${textOf(error)}` }], error)
    }
    request.handler = this.behaviour.call(request.message) ?? this.behaviour.cast(request.message) ?? NO_HANDLER
    return this.prepare(request, NO_OPTIONS)
  }

  /** Applies the caller's options, and checks the message. Returns what is wrong with either. */
  private prepare(request: Request, options: CallOptions & CastOptions): GenPoolError | undefined {
    if (options !== NO_OPTIONS) {
      const fault = applyOptions(request, options)
      if (fault !== undefined) return fault
    }
    return checkMessage(request, this.behaviour)
  }

  private submit(request: Request, fault: GenPoolError | undefined): void {
    if (fault === undefined) this.pool.submit(request)
    else this.pool.refuse(request, fault)
  }
}

/** A request is one more try of a call. */
function beginTry(request: Request, tries: Tries): void {
  const rarely = request.extend()
  rarely.tries = tries
  rarely.follows(tries)
}

/** What the sender of a cast is told. */
function resultOf(cast: Request): CastResult {
  const error = cast.abandoned ? cast.rarely?.error : null
  return error ? { ok: false, error } : ACCEPTED
}
