import type { ConcreteSystem, GenPoolError, Nanos, Reference, Turn } from '@genpool/runtime'
import type { MemberInfo } from '../behaviours/context'
import type { PoolFacts } from '../behaviours/pool-facts'
import type { CheckedBackOff } from './back-off'
import type { Failure } from './failure'
import type { Outcome } from './outcome'

/** How a request, or all members of a pool, wait for themselves. */
export interface Circle {
  /** The way that leads back, as in `pool "a" (type "x") waits for pool "a" (type "y")`. */
  readonly way: string
  /** The pool of the last call. */
  readonly pool: string
  /** What the last call of it waits for: members that all wait, the turn of its key, the state, its limit, or the run that it shares. */
  readonly by: 'members' | 'key' | 'state' | 'limit' | 'share'
}

/** That the members of a pool waited for each other. */
export interface SelfWait extends Circle {
  readonly at: Nanos
}

/** The key by which a limit counts a request, and how many of that key may run at once. */
export interface KeyLimit {
  readonly key: unknown
  readonly concurrency: number
}

/** The members of a pool, as a request (`R`) that waits for them sees them. */
export interface Workforce<R> {
  /** What they have in hand; of a batch, the first. */
  running(): Iterable<R>
  /** Whether a member could take a request now, could if the pool were not paused, starts, or may still be added by an elastic size. */
  readonly hasFreeMember: boolean
  /** Whether each handler holds the state while it runs. */
  readonly isExclusive: boolean
  /** What waits for one of them alone, and what that has in hand: direct messages, and what it took for a batch that it does not fit. */
  kept(): Iterable<{ readonly request: R; readonly after: R | null }>
  /** What waits for them, oldest first; nothing if that is too much to look through. */
  readonly waiting: readonly R[]
  /** The limit of a request; null if as many as there are members may run at once. */
  limitOf(request: R): KeyLimit | null
}

/** How a request comes back to a broker that pools share. Exactly one of the two is called. */
export interface WayBack {
  /** It waits again, where its age puts it. */
  wait(): void
  /** It does not: the turn of its key ends. */
  end(): void
}

/** The pool of a request (`R`), as the request sees it. */
export interface RequestOwner<R> {
  readonly name: string
  readonly turn: Turn
  readonly system: ConcreteSystem
  /** Reads the clock, without touching the measurements of the turn. */
  clockNow(): Nanos
  /** Reports that the request has its outcome. Called once. */
  settled(request: R, outcome: Outcome, error: GenPoolError | undefined): void
  /** The run of a call is over, and it may be answered later. */
  awaitReply(request: R): void
  /** A member had the request, maybe one of another pool that shares the broker: it waits here again. */
  takeBack(request: R, way: WayBack): void
  /** Tells the caller of a request that it failed. */
  tellFailure(tell: (value: unknown) => void, failure: Failure): void
  /** Reports that a request without a caller has failed. */
  lost(request: R, error: GenPoolError): void
  sendAnswer(to: Reference, value: unknown): void
  /** The last wait for itself that was found; null if none was. */
  selfWait: SelfWait | null
  readonly workforce: Workforce<R>
  /** Holds the queue back, when a handler asks for it. */
  readonly backOffs: { hold(request: R, backOff: CheckedBackOff): void }
  /** Calls something of the caller's, after what runs now. */
  tell(callback: () => unknown, name?: string): void
  readonly failures: {
    /** The error of a request that was failed by its reply address. */
    failedByAddress(request: R, cause: unknown): GenPoolError
    /** The error of a request whose answer cannot be given. */
    unanswerable(request: R, cause: unknown): GenPoolError
    noAnswer(request: R, value: unknown): GenPoolError
  }
}

/**
 * How the commit of a request may count that fails: it is `done`; it is being `written`; or it is `shared` with others, for whom the
 * run goes on; or what its run returns is `kept` in any case.
 */
export type Commit = 'written' | 'done' | 'shared' | 'kept'

/** The requests (`R`) of one run, as one of them sees them. */
export interface Together<R> {
  /** The one whose `ctx.signal` is that of all. */
  readonly first: R
  readonly requests: readonly R[]
  /** Whether one of them has no outcome. */
  readonly isAwaited: boolean
  /** The deadline of those without outcome that comes last; without any, that of the first. */
  readonly deadline: Nanos
  /** Whether the run goes on if this one gives up, since the result is wanted for another one. */
  goesOnWithout(request: R): boolean
}

/** The member that has a request (`R`), as the request sees it. */
export interface Runner<R> {
  /** The batch that it runs. Left out if it runs this request alone. */
  readonly batch?: Together<R>
  readonly info: MemberInfo
  readonly facts: PoolFacts
  /** Whether its runs end with a commit, for which answers and effects wait. */
  readonly commits: boolean
  /** Whether what a handler returns becomes the state in any case, as that of a plain nact function does. Left out: it does not. */
  readonly keepsState?: boolean
  /** Whether an answer given now must wait for a commit. */
  holdsAnswersOf(request: R): boolean
  /** Whether its commit is being written, and may count. */
  isWriting(request: R): boolean
  /** Whether its commit is done, and its answer is being made. Left out: the request itself knows. */
  hasCommitted?(request: R): boolean
  /** When it started to run the request; null if it has not started, or no longer runs it. */
  startOf(request: R): Nanos | null
  /** Its caller is about to give up. False: it is too late, its answer is on its way. True of one that leaves others in its batch. */
  giveUp(request: R): boolean
  /** The deadline of the request has changed. Left out: whoever runs it reads it when it counts. */
  deadlineMoved?(request: R): void
  /** Until when the result of its run is wanted, where the pool that knows it is elsewhere. */
  deadlineOf?(request: R): Nanos
  /** Reports that the request was settled with `error` while this member had it. */
  gaveUp(request: R, error: GenPoolError): void
}
