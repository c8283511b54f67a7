import type { ActorPath, Logger, Ref } from 'nact'
import type { BackOffOptions } from './run-again'

/**
 * The reply address of one request. Answer with `reply`, or with nact's `dispatch` to it. Only the first answer counts.
 *
 * An answer that is given while the handler runs waits for its commit. Until then it is provisional: if the handler throws, if the
 * commit is refused, or if `fail` is called, the caller gets that error instead; a run that is repeated answers anew.
 */
export interface From extends Ref<unknown> {
  /** Answers the request, from anywhere, at any time until the deadline. Returns whether this was the first answer. */
  reply(value: unknown): boolean
  /**
   * Fails the request, also if an answer waits for the commit. The caller gets a `CrashedError` with `error` as its `cause`; a cast
   * becomes a dead letter. While the handler runs, nothing is committed then, except in a batch, for the others. After the commit,
   * that stands, and the error says so: `committed: true`.
   *
   * Returns whether this was the outcome.
   */
  fail(error: unknown): boolean
}

/** The member that runs a handler. */
export interface MemberInfo {
  /** Its own address. A message to it reaches only this member, in `handleInfo`. */
  readonly ref: Ref<unknown>
  /** `member-<slot>.<incarnation>`. */
  readonly name: string
  /** 1 to the size of the pool. */
  readonly slot: number
  /** Counts the members of this slot, from 1. */
  readonly incarnation: number
}

/** How a message that is kept until it is done came to a handler: a durable cast of `@genpool/nats`. */
export interface Delivery {
  /** The id of the cast: the same for each attempt, and when it is sent again from the dead letters. */
  readonly id: string
  /** 1 for the first run of it, 2 for the second, over all machines. No order: when a server of a cluster ends, it may go back. */
  readonly attempt: number
  /** When it was stored, by the clock of the server. */
  readonly storedAt: Date
  /**
   * Its place in the stream: the same for each attempt, and greater for each later cast. Who keeps the last one of each key in the
   * same commit as what it changes, and refuses one that is not greater, refuses a run that stood still meanwhile, or is repeated.
   */
  readonly seq: number
  readonly key: string | undefined
}

/** The context of `init` and `terminate`, with nact's names. */
export interface MemberContext {
  /** The pool's address. */
  readonly self: Ref<unknown>
  readonly parent: Ref<unknown>
  readonly path: ActorPath
  readonly name: string
  /** The actors that handlers have spawned under the pool: a copy, as in nact. */
  readonly children: Map<string, Ref<unknown>>
  /** As in nact, undefined unless the system has a logger. */
  readonly log: Logger
  readonly member: MemberInfo
}

/** The context of a handler for the current message, with nact's names where nact has them. */
export interface Context<S = unknown> extends MemberContext {
  /** The sender of the message. For a call or query: the reply address. */
  readonly sender: Ref<unknown>
  /** The reply address of the call, for a later answer from any actor. The answer to a dispatch goes to its sender, that to a cast nowhere. */
  readonly from: From
  /** Aborts when the caller has given up, at the deadline, and when the member is stopped or replaced as stuck. */
  readonly signal: AbortSignal
  /** How long until the caller gives up, in milliseconds. Infinity for never, 0 after the deadline. */
  readonly remainingMs: number
  /**
   * 1 for the first run of this message, 2 for the second, and so on: each time that a handler was called for it, after a lost
   * commit, a crash or a back-off, and in all tries of a call with `retry`. Of a batch, for the first message. Runs on other machines are not counted: see `delivery`.
   */
  readonly attempt: number
  /** How a message that is kept until it is done was delivered; undefined for all others. Of a batch, the first. */
  readonly delivery: Delivery | undefined
  /**
   * Tells the caller how far this message is: it goes to the call's `onProgress`. A run that is repeated tells it again. Of a
   * batch, the caller of the first message is told.
   *
   * @returns whether somebody is told: not if the caller does not ask, or has its outcome already
   */
  progress(value: unknown): boolean
  /**
   * Says that what the handler calls has had too many requests (a 429 with `Retry-After`): nothing more of this message's key
   * begins for `ms` milliseconds or, without limits per key, nothing of the pool. What waits, waits on; the longest back-off wins.
   *
   * With `again: true` this message is run again after that, within its deadline: return the result, or throw it. Nothing is
   * committed then, wherever else before the commit it ends up: in `reply`, in a recipe, awaited.
   *
   * @param options `key`: the key that backs off; `null` for the whole pool
   * @throws {OptionsError} if an argument is wrong, or the pool shares a broker; nothing is held then
   * @example if (response.status === 429) ctx.backOff(1000 * Number(response.headers.get('retry-after')), { again: true }) // throws
   */
  backOff(ms: number, options: BackOffOptions & { readonly again: true }): never
  backOff(ms: number, options?: BackOffOptions & { readonly again?: false }): void
  /**
   * Calls `effect` once after this message has committed; never if it does not commit, or if the handler's run is over already.
   *
   * @throws {OptionsError} if `effect` is not a function
   */
  afterCommit(effect: (state: S) => void): void
}
