import type { Nanos, RunMeter, Timer, Turn } from '@genpool/runtime'
import type { CompiledBehaviour } from '../behaviours/compiled-behaviour'
import type { MemberInfo } from '../behaviours/context'
import type { PoolFacts } from '../behaviours/pool-facts'
import type { Request } from '../requests/request'
import type { Progress, Worker } from '../work/worker'
import type { GivesBack } from './give-back'

/** Runs members later in this turn of the event loop. */
interface TurnWork<M> {
  /** Calls `execute` of `member`. */
  ready(member: M): void
  /** Whether none is ready, besides the one that runs. */
  readonly isNoneReady: boolean
  /** Has a member look for work when all that are ready have run. @param first before others that do so */
  seekLast(member: M, first: boolean): void
  /** Measures the runs of handlers that return at once. */
  readonly runs: RunMeter
}

/** Where a member (`M`) gets requests: a pool's side of its broker. */
interface WorkSource<M> {
  /** Whether a rate counts the begins: a member gets nothing ahead then. */
  readonly isRated: boolean
  /** Offers a member: the next request, or null. Then the member waits for one, and `assign` is called with it. */
  askR(member: M): Request | null
  /** The next request for a member that has just run one, if it is a packed cast and nothing is to decide; otherwise null. */
  takePacked(member: M): Request | null
  /** What `takePacked` takes from; null if it takes nothing. */
  readonly takenPack: unknown
  /** The member stops waiting for a request. Returns whether it waited. */
  remove(member: M): boolean
  /** Up to `limit` more requests for the same handler, which takes a batch. */
  takeBatch(member: M, first: Request, limit: number): readonly Request[]
  /** The request has left its member's hand: the next one of its key may start. */
  release(request: Request): void
}

/** What a pool does for casts that a member runs in a row, and that share one request. */
export interface Rows {
  /** Whether somebody is told of each run. */
  readonly isWatched: boolean
  /** A cast has run, and is settled. Its member goes on, or calls `end`. */
  done(cast: Request): void
  /** It becomes the next one from the same pack. False, and nothing done, if it cannot. */
  next(cast: Request, pack: unknown): boolean
  end(): void
}

/** What a member (`M`) needs of its pool, and where it reports the result of its work. */
export interface Crew<M> extends GivesBack {
  readonly work: WorkSource<M>
  readonly turnWork: TurnWork<M>
  readonly turn: Turn
  readonly facts: PoolFacts
  readonly behaviour: CompiledBehaviour
  readonly progress: Progress<Request>
  readonly rows: Rows
  /** Whether workers have nothing to make ready: then one is made when its member first has work for it. */
  readonly workersAreReady: boolean
  /** Makes the worker of a member. */
  workerFor(member: M): Worker<Request>
  /** A member as its handlers see it. */
  identify(slot: number, incarnation: number): MemberInfo
  /** Whether `mayWork` has to be asked. */
  readonly gated: boolean
  /** How many runs are in progress. */
  busy: number
  /** Whether a member may wait for a request now. If not, `seekWork` is called when it may. */
  mayWork(member: M): boolean
  /** A run ended: the handler returned and its commit is done. `times`: the number of runs that `runNs` stands for. */
  finished(member: M, request: Request, runNs: Nanos, times: number): void
  /** Runs took so long, each on average. */
  ran(runNs: Nanos, times: number): void
  /** A run ended without a commit. */
  broke(member: M, request: Request, runNs: Nanos): void
  /** A handler failed, or the worker died with these requests. Settles and releases them, or runs them again; decides about the member. */
  crashed(member: M, requests: readonly Request[], cause: unknown): void
  /** A request had begun in a member that was replaced for another one. Settles and releases it, or runs it again. */
  lost(request: Request, cause: unknown): void
  /** A worker died as it received this request, which has not begun. Settles and releases it if it has cost too many: true then. */
  isPoison(request: Request, cause: unknown): boolean
  /** Whether a member has done nothing since its start, and that is not long ago. */
  isNew(member: M): boolean
  /** The worker of a member that is new has died: its start has failed. This is its last report. */
  diedAtStart(member: M, cause: unknown): void
  /** The member has ended. This is its last report. */
  ended(member: M, reason: unknown): void
  /** Delivers the argument for `handleContinue`, before any other message. */
  continueWith(member: M, argument: unknown): void
  /** Delivers `{ type: 'timeout' }`. */
  tellTimeout(member: M): void
  /** Calls `fn` after `ms` milliseconds, unless it is cancelled or the pool stops. */
  after(ms: number, fn: () => void): Timer
}
