import type { HoldingLimit } from '@genpool/broker'
import type { Nanos } from '@genpool/runtime'
import type { Outcome, RequestKind } from './outcome'
import type { Tries } from './tries'

/** How long a request waited and ran, in milliseconds. */
export interface RequestTimes {
  readonly waitedMs: number
  readonly ranMs: number
  /** How long of its wait rates and limits held it back, as far as somebody listened. */
  readonly heldMs: number
}

/** A request as policies and views see it. */
export interface RequestFacts {
  /** The name of its pool. */
  readonly pool: string
  readonly kind: RequestKind
  /** The type of its message, as in errors. */
  readonly type: string
  readonly message: unknown
  /** The message of the caller for whom it is told: `message`, but for a run that calls share and whose first caller has left. */
  readonly askedMessage: unknown
  readonly priority: number
  readonly key: unknown
  /** How old its place in the queue is: a cast with `latest` takes over that of the one that it replaces. */
  readonly sentAt: Nanos
  /** From when on its own waiting and its timeout count. */
  readonly cameAt: Nanos
  /** Null until it is settled. */
  readonly outcome: Outcome | null
  /** How many times a handler was called for it. */
  readonly attempt: number
  /** What its message went through before it came as this request: in earlier tries of its caller. */
  readonly before: Readonly<Tries>
  /** Whether a caller waits for an answer. */
  readonly expectsAnswer: boolean
  /** How it could still be answered after its handler has returned: by nobody, if that has not taken `ctx.from`; `halt` if it halted, too. */
  readonly answerer: 'dispatch' | 'from' | 'nobody' | 'halt'
  /** The member that runs it or ran it last; null before. */
  readonly runner: { readonly info: { readonly name: string }; readonly commits: boolean } | null
  /** When its handler started; null if it has not. */
  readonly startedAt: Nanos | null
  /** The limit that held it back last; undefined if none did, or nobody listened. */
  readonly heldBy: HoldingLimit | undefined
  /** Returns how long it has waited and run until now. */
  times(): RequestTimes
  /** Does something that belongs to it, in its scope: never in the context of another caller. */
  within<T>(work: () => T): T
}
