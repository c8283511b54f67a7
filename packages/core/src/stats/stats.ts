import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import { Counters } from './counters'
import { RecentHistogram } from './histogram'

/** How far back percentiles look: one to two times this. */
const WINDOW: Nanos = 10_000 * NS_PER_MS

/** What a pool measures of itself. */
export class Stats {
  readonly counters = new Counters()
  /** How long requests waited that were then run. */
  readonly sojourn: RecentHistogram
  /** How long handlers ran, commits and repetitions included. */
  readonly run: RecentHistogram

  constructor(now: Nanos) {
    this.sojourn = new RecentHistogram(WINDOW, now)
    this.run = new RecentHistogram(WINDOW, now)
  }
}
