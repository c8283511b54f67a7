import { heldReference, nobody, NS_PER_MS, type Reference, ReplyReference } from '@genpool/runtime'
import { dispatch, type Logger, type Ref } from 'nact'
import type { Context, From, MemberContext, MemberInfo } from '../behaviours/context'
import type { Member } from './member'
import type { Pool } from './pool'
import type { Request } from './request'

/** The address of one request, with `reply` and `fail` for those who have it in hand. */
class RequestAddress extends ReplyReference implements From {
  readonly #request: Request

  constructor(request: Request) {
    super(request.pool.system, request)
    this.#request = request
  }

  reply(value: unknown): boolean {
    return this.#request.answer(value)
  }

  fail(error: unknown): boolean {
    return this.#request.fail(this.#request.pool.failures.crashed(this.#request, error))
  }
}

/** The address at which `request` is answered; always the same one. */
export function addressOf(request: Request): RequestAddress {
  const extras = request.extend()
  const address = (extras.from as RequestAddress | null) ?? new RequestAddress(request)
  // Once it is settled nobody would close it again.
  if (request.outcome !== null) address.close()
  extras.from = address
  return address
}

/** What every context says about the pool; made once, and looked at by its contexts. */
export class PoolFacts {
  readonly self: Ref<unknown>
  readonly parent: Ref<unknown>
  readonly path: MemberContext['path']
  readonly name: string
  readonly log: Logger

  constructor(pool: Pool) {
    const { actor } = pool
    this.self = actor.reference as never
    this.parent = actor.parent?.reference as never
    this.path = actor.path as never
    this.name = actor.name
    this.log = actor.log as Logger
  }
}

/** The context of `init` and `terminate`, which have no message in hand. */
export class BareContext extends PoolFacts implements MemberContext {
  readonly member: MemberInfo
  readonly #pool: Pool

  constructor(member: Member) {
    super(member.pool)
    this.member = member.info
    this.#pool = member.pool
  }

  get children(): Map<string, Ref<unknown>> {
    return childrenOf(this.#pool)
  }
}

/** What is said of the pool whose member runs the request; with a shared broker it may be another one than it came to. */
function factsOf(request: Request): PoolFacts {
  return (request.member?.pool ?? request.pool).facts
}

/**
 * The context of a handler. It holds nothing but the request: what is looked at is found, what costs something is made.
 *
 * Made per message and never used again, so it stays right when it is kept. It inherits nothing, as two constructors for one
 * object cost more than the rest of it.
 */
export class MessageContext implements Context {
  readonly attempt: number

  constructor(protected readonly request: Request) {
    this.attempt = request.attempt
  }

  get member(): MemberInfo {
    return (this.request.member as Member).info
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
    return factsOf(this.request).self
  }

  get parent(): Ref<unknown> {
    return factsOf(this.request).parent
  }

  get path(): MemberContext['path'] {
    return factsOf(this.request).path
  }

  get name(): string {
    return factsOf(this.request).name
  }

  get log(): Logger {
    return factsOf(this.request).log
  }

  get sender(): Ref<unknown> {
    return senderOf(this.request)
  }

  get children(): Map<string, Ref<unknown>> {
    return childrenOf(this.request.pool)
  }

  afterCommit(effect: (state: never) => void): void {
    addEffect(this.request, effect)
  }
}

/** The context of a plain nact function: what nact puts into it is its own property, so that `{ ...ctx }` copies it. */
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
    const facts = factsOf(request)
    this.attempt = request.attempt
    this.self = facts.self
    this.parent = facts.parent
    this.path = facts.path
    this.name = facts.name
    this.log = facts.log
    this.sender = senderOf(request)
    this.children = childrenOf(request.pool)
  }

  get member(): MemberInfo {
    return (this.request.member as Member).info
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

  afterCommit(effect: (state: never) => void): void {
    addEffect(this.request, effect)
  }
}

function signalOf(request: Request): AbortSignal {
  const extras = request.extend()
  if (extras.controller === null) {
    extras.controller = new AbortController()
    if (request.abandoned) extras.controller.abort()
  }
  return extras.controller.signal
}

function remainingMsOf({ deadline, pool }: Request): number {
  return Math.max(0, (deadline - pool.turn.refresh()) / NS_PER_MS)
}

function addEffect(request: Request, effect: (state: never) => void): void {
  const extras = request.extend()
  extras.effects ??= []
  extras.effects.push(effect as (state: unknown) => void)
}

function senderOf(request: Request): Ref<unknown> {
  if (request.expectsAnswer) return addressOf(request)
  const sender = request.extras?.sender ?? nobody
  return (sender.type === 'actor' && request.member?.cell !== undefined ? heldSender(request, sender) : sender) as never
}

/** The sender of a dispatch. What a handler sends it waits for the commit: an attempt that lost a conflict has told nobody. */
function heldSender(request: Request, sender: Reference): Reference {
  return heldReference(sender, (message, from) => {
    if (request.member?.holdsAnswersOf(request) !== true) return false
    const extras = request.extend()
    extras.effects ??= []
    extras.effects.push(() => dispatchFrom(sender, message, from))
    return true
  })
}

/** nact's `dispatch`, whose third argument its types leave out. */
const dispatchFrom = dispatch as (to: unknown, message: unknown, from: unknown) => void

let none = new Map<string, Ref<unknown>>()

/** A copy as in nact, where there is something to copy. */
function childrenOf(pool: Pool): Map<string, Ref<unknown>> {
  const references = pool.actor.childReferences as ReadonlyMap<string, unknown> as Map<string, Ref<unknown>>
  if (references.size > 0) return new Map(references)
  // Shared by all who look while there are none: a pool without children pays nothing. Nobody's changes are seen.
  if (none.size > 0) none = new Map()
  return none
}
