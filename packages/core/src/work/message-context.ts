import { checkFunction, heldReference, keepShape, NS_PER_MS, type Reference } from '@genpool/runtime'
import { dispatch, type Logger, type Ref } from 'nact'
import type { Context, Delivery, From, MemberContext, MemberInfo } from '../behaviours/context'
import type { PoolFacts } from '../behaviours/pool-facts'
import type { BackOffOptions } from '../behaviours/run-again'
import { nobody } from '../hot-imports'
import { CastRow } from '../requests/cast-row'
import { addressOf } from '../requests/reply-address'
import type { Request } from '../requests/request'
import type { Runner } from '../requests/request-owner'

/** The context of `init` and `terminate`, which have no message in hand. */
export class BareContext implements MemberContext {
  readonly self: Ref<unknown>
  readonly parent: Ref<unknown>
  readonly path: MemberContext['path']
  readonly name: string
  readonly log: Logger
  readonly #facts: PoolFacts

  constructor(
    facts: PoolFacts,
    readonly member: MemberInfo,
  ) {
    this.self = facts.self
    this.parent = facts.parent
    this.path = facts.path
    this.name = facts.name
    this.log = facts.log
    this.#facts = facts
  }

  get children(): Map<string, Ref<unknown>> {
    return this.#facts.children
  }
}

/** The member that runs the request. With a shared broker its pool may be another one than the request came to. */
function runnerOf(request: Request): Runner<Request> {
  return request.runner as Runner<Request>
}

/**
 * The context of a handler. It holds only the request: everything else is found or made when it is read.
 *
 * Made per message and never used again, so a handler may keep it. It inherits from no class: a second constructor per object
 * costs more than the rest of it.
 */
export class MessageContext implements Context {
  /** @param about the request, or the row of casts that has it */
  constructor(
    private readonly about: Request | CastRow,
    readonly attempt: number,
  ) {}

  protected get request(): Request {
    const { about } = this
    return about instanceof CastRow ? about.requestOf(this) : about
  }

  get member(): MemberInfo {
    return runnerOf(this.request).info
  }

  get from(): From {
    return addressOf(this.request)
  }

  get signal(): AbortSignal {
    return signalOf(this.request)
  }

  get remainingMs(): number {
    return remainingMsOf(this.request)
  }

  get self(): Ref<unknown> {
    return runnerOf(this.request).facts.self
  }

  get parent(): Ref<unknown> {
    return runnerOf(this.request).facts.parent
  }

  get path(): MemberContext['path'] {
    return runnerOf(this.request).facts.path
  }

  get name(): string {
    return runnerOf(this.request).facts.name
  }

  get log(): Logger {
    return runnerOf(this.request).facts.log
  }

  get sender(): Ref<unknown> {
    return senderOf(this.request)
  }

  get children(): Map<string, Ref<unknown>> {
    return runnerOf(this.request).facts.children
  }

  get delivery(): Delivery | undefined {
    return this.request.delivery
  }

  progress(value: unknown): boolean {
    return tellProgress(this.request, this.attempt, value)
  }

  backOff(ms: number, options?: BackOffOptions): never {
    return this.request.backOff(ms, options) as never
  }

  afterCommit(effect: (state: never) => void): void {
    checkFunction({ of: 'ctx.afterCommit', argument: 'effect' }, effect)
    addEffect(this.request, effect)
  }
}

/** The context of a plain nact function. What nact puts into it is its own property, so that `{ ...ctx }` copies it. */
export class PlainContext implements Context {
  readonly attempt: number
  readonly self: Ref<unknown>
  readonly parent: Ref<unknown>
  readonly path: MemberContext['path']
  readonly name: string
  readonly log: Logger
  readonly sender: Ref<unknown>
  readonly children: Map<string, Ref<unknown>>

  constructor(protected readonly request: Request) {
    const { facts } = runnerOf(request)
    this.attempt = attemptOf(request)
    this.self = facts.self
    this.parent = facts.parent
    this.path = facts.path
    this.name = facts.name
    this.log = facts.log
    this.sender = senderOf(request)
    this.children = facts.children
  }

  get member(): MemberInfo {
    return runnerOf(this.request).info
  }

  get from(): From {
    return addressOf(this.request)
  }

  get signal(): AbortSignal {
    return signalOf(this.request)
  }

  get remainingMs(): number {
    return remainingMsOf(this.request)
  }

  get delivery(): Delivery | undefined {
    return this.request.delivery
  }

  progress(value: unknown): boolean {
    return tellProgress(this.request, this.attempt, value)
  }

  backOff(ms: number, options?: BackOffOptions): never {
    return this.request.backOff(ms, options) as never
  }

  afterCommit(effect: (state: never) => void): void {
    checkFunction({ of: 'ctx.afterCommit', argument: 'effect' }, effect)
    addEffect(this.request, effect)
  }
}

/** The number of the run that has just begun. */
export function attemptOf({ attempt, rarely }: Request): number {
  return rarely === null ? attempt : attempt + rarely.attempts
}

function signalOf(request: Request): AbortSignal {
  const signalled = (request.runner?.batch?.first as Request | undefined) ?? request
  const rarely = signalled.extend()
  rarely.controller ??= signalled.makeController()
  return rarely.controller.signal
}

function remainingMsOf(request: Request): number {
  const { owner, runner } = request
  const deadline = runner?.deadlineOf?.(request) ?? runner?.batch?.deadline ?? request.deadline
  return Math.max(0, (deadline - owner.turn.refresh()) / NS_PER_MS)
}

/** A handler that was given up, and whose message runs again, is not listened to. */
function tellProgress(request: Request, attempt: number, value: unknown): boolean {
  return attemptOf(request) === attempt && request.progress(value)
}

function addEffect(request: Request, effect: (state: never) => void): void {
  const rarely = request.extend()
  rarely.effects ??= []
  rarely.effects.push(effect as (state: unknown) => void)
}

function senderOf(request: Request): Ref<unknown> {
  if (request.expectsAnswer) return addressOf(request)
  const sender = request.rarely?.sender ?? nobody
  return (sender.type === 'actor' && request.runner?.commits === true ? heldSender(request, sender) : sender) as never
}

/** The sender of a dispatch. Messages to it wait for the commit: an attempt that lost a conflict sends nothing. */
function heldSender(request: Request, sender: Reference): Reference {
  return heldReference(sender, (message, from) => {
    if (request.runner?.holdsAnswersOf(request) !== true) return false
    addEffect(request, () => dispatchFrom(sender, message, from))
    return true
  })
}

/** nact's `dispatch`, whose third argument its types leave out. */
const dispatchFrom = dispatch as (to: unknown, message: unknown, from: unknown) => void

keepShape(new MessageContext({} as Request, 1))

keepShape(new PlainContext({ attempt: 1, rarely: null, runner: { facts: {} } } as Request))
