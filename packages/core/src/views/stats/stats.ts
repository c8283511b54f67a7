import type { DropReason } from '@genpool/broker'
import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { Recorder } from '../../pool/ports'
import type { Outcome } from '../../requests/outcome'
import { Counters } from './counters'
import { RecentHistogram } from './histogram'
import { RecentTally } from './recent-tally'

/** Percentiles cover one to two times this. */
const WINDOW: Nanos = 10_000 * NS_PER_MS

/** Counts and measures what happens in one pool. */
export class Stats implements Recorder {
  readonly counters = new Counters()
  /** How long requests waited before they were run. */
  readonly sojourn: RecentHistogram
  /** How long handlers ran, including commits and repeated runs. */
  readonly run: RecentHistogram
  /** How long those turns of the event loop took in which the pool had work. */
  readonly turns: RecentHistogram
  /** The recent outcomes of requests that failed. */
  readonly failures: RecentTally<Outcome>
  readonly drops: RecentTally<DropReason>
  /** Recent crashes, stuck members and repeated runs. */
  readonly troubles: RecentTally<'crash' | 'stuck' | 'rerun'>
  /** The last error of a handler, and the last error of an `init`. */
  lastCrash: unknown = undefined
  lastInitError: unknown = undefined

  constructor(now: Nanos) {
    this.sojourn = new RecentHistogram(WINDOW, now)
    this.run = new RecentHistogram(WINDOW, now)
    this.turns = new RecentHistogram(WINDOW, now)
    this.failures = new RecentTally(WINDOW, now)
    this.drops = new RecentTally(WINDOW, now)
    this.troubles = new RecentTally(WINDOW, now)
  }

  waited(sentAt: Nanos, now: Nanos): void {
    this.sojourn.record(now - sentAt, now)
  }

  ran(ns: Nanos, now: Nanos, times: number): void {
    this.run.record(ns, now, times)
  }

  meanRun(now: Nanos): Nanos {
    return this.run.mean(now)
  }

  failed(outcome: Outcome, now: Nanos): void {
    this.failures.add(outcome, now)
  }

  dropped(reason: DropReason, now: Nanos): void {
    this.counters.drop(reason)
    this.drops.add(reason, now)
  }

  turnEnded(lasted: Nanos, now: Nanos): void {
    this.turns.record(lasted, now)
  }

  crashed(cause: unknown, now: Nanos): void {
    this.lastCrash = cause
    this.troubles.add('crash', now)
  }

  stuck(now: Nanos): void {
    this.troubles.add('stuck', now)
  }

  reran(now: Nanos): void {
    this.counters.reruns++
    this.troubles.add('rerun', now)
  }

  startFailed(error: unknown): void {
    this.lastInitError = error
  }
}
