import { keepShape, type GenPoolError, type Nanos, type Reference } from '@genpool/runtime'
import type { Hold } from './hold'
import type { Outcome } from './outcome'
import type { Scope } from './scope'
import type { Tries } from './tries'

/** The fields that only few requests need, kept apart so that the others stay small. */
export class Rarely implements Tries {
  /** The sender of a dispatch. */
  sender: Reference | null = null
  signal: AbortSignal | null = null
  /** Told what the handler says about its progress. */
  onProgress: ((value: unknown) => void) | null = null
  /** How much progress its caller is still to be told, before its answer. */
  untold = 0
  /** The key by which it shares a run with other calls; null if it does not. */
  share: { readonly key: unknown } | null = null
  /** The key by which a newer cast replaces it; null if none does. */
  latest: { readonly key: unknown } | null = null
  /** Gives it up once more: its caller has given up too late, when its answer was on its way. */
  givesUp: (() => void) | null = null
  /** Ends the watch on the signal. */
  unwatch: (() => void) | null = null
  /** The controller of `ctx.signal`, after a handler has read it. */
  controller: AbortController | null = null
  /** An answer that the handler gave before its commit; it is sent with the commit. */
  held: { readonly value: unknown; readonly isRefused?: true } | null = null
  /** The promise with which nact's `dispatch` answered, and which is waited for. */
  promised: PromiseLike<unknown> | null = null
  /** Whether its handler has committed a next state; null if that is not known. */
  committed: boolean | null = null
  /** Whether its handler has ended its member with `halt`. */
  halts = false
  /** Whether its handler has called `ctx.backOff`. */
  hasBackedOff = false
  effects: ((state: unknown) => void)[] | null = null
  /** What its handler has called before its first `await`. */
  calls: object[] | null = null
  /** When its handler started, for a call that is answered after the handler returned. */
  startedAt: Nanos | null = null
  /** How many times a handler had been called for it when it last came back to wait for its next run. */
  attemptsBefore = 0
  scope: Scope | null = null
  /** How limits have held it back. */
  hold: Hold | null = null
  /** Why it failed, for a request without a caller. */
  error: GenPoolError | null = null
  /** How its last run failed, for a request that runs again. */
  crash: GenPoolError | null = null
  /** How many members its message has crashed before it came as this request. */
  crashes = 0
  /** How many times a handler was called for its message before it came as this request. */
  attempts = 0
  /** The tries of its caller, of which it is the last; null without `retry`. */
  tries: Tries | null = null
  /** The other requests of its batch. */
  companions: readonly object[] | null = null
  /** Of the first of a batch: those whose messages its handler gets; null for others, and before it began. */
  wanted: readonly object[] | null = null

  /** It is another try of a call, or shares its run with other calls and runs for one. */
  follows({ crashes, attempts }: Tries): void {
    this.crashes = crashes
    this.attempts = attempts
  }

  /** The request has its outcome. @param attempts how many times a handler was called for it */
  settled(outcome: Outcome, error: GenPoolError | undefined, attempts: number): void {
    if (this.tries !== null) this.tries.attempts += attempts
    this.scope?.settled(outcome, error)
    this.unwatch?.()
  }
}

keepShape(new Rarely())
