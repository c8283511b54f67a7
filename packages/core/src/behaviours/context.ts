import type { ActorPath, Logger, Ref } from 'nact'

/** The address at which one request is answered: by `reply`, or by nact's `dispatch` to it. Only the first answer counts. */
export interface From extends Ref<unknown> {
  /** Answers from anywhere and any time until the deadline. Returns whether this was the answer. */
  reply(value: unknown): boolean
  /** Tells the caller that it failed. Returns whether this was the outcome. */
  fail(error: unknown): boolean
}

/** The member that runs a handler. */
export interface MemberInfo {
  /** Its own address: what is sent there reaches this member only, as `handleInfo`. */
  readonly ref: Ref<unknown>
  /** `member-<slot>.<incarnation>`. */
  readonly name: string
  /** 1 to the size of the pool. */
  readonly slot: number
  /** Counts the members that have had this slot, from 1. */
  readonly incarnation: number
}

/** What `init` and `terminate` are told. The names are nact's. */
export interface MemberContext {
  /** The pool's address. */
  readonly self: Ref<unknown>
  readonly parent: Ref<unknown>
  readonly path: ActorPath
  readonly name: string
  /** The actors that handlers have spawned under the pool; a copy, as in nact. */
  readonly children: Map<string, Ref<unknown>>
  /** As in nact, undefined unless the system has a logger. */
  readonly log: Logger
  readonly member: MemberInfo
}

/** What a handler is told about the message in hand, beside the message. The names are nact's where nact has them. */
export interface Context<S = unknown> extends MemberContext {
  /** Who sent the message. Of a call or query: the address that answers it. */
  readonly sender: Ref<unknown>
  /** Answers the call later, from any actor. Of a cast or an info: nothing comes of it. */
  readonly from: From
  /** Fires when the caller has given up, at the deadline, and when the member is stopped or abandoned. */
  readonly signal: AbortSignal
  /** When the caller gives up, in milliseconds from now. Infinity for never, 0 when it has passed. */
  readonly remainingMs: number
  /** 1 for the first run of this message, one more each time that it is run again. */
  readonly attempt: number
  /** Calls `effect` once, after this message has committed; never if it does not. */
  afterCommit(effect: (state: S) => void): void
}
