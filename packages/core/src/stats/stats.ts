import type { DropReason } from '@genpool/broker'
import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { Outcome } from '../pool/request'
import { Counters } from './counters'
import { RecentHistogram } from './histogram'
import { RecentTally } from './recent-tally'

/** How far back percentiles look: one to two times this. */
const WINDOW: Nanos = 10_000 * NS_PER_MS

/** What a pool measures of itself. */
export class Stats {
  readonly counters = new Counters()
  /** How long requests waited that were then run. */
  readonly sojourn: RecentHistogram
  /** How long handlers ran, commits and repetitions included. */
  readonly run: RecentHistogram
  /** How long turns of the event loop took in which the pool had something to do. */
  readonly turns: RecentHistogram
  /** What became lately of requests that were not replied to. */
  readonly failed: RecentTally<Outcome>
  readonly drops: RecentTally<DropReason>
  /** What went wrong lately with members, and with commits. */
  readonly troubles: RecentTally<'crash' | 'stuck' | 'rerun'>
  /** What a handler threw last, and what an `init` threw last. */
  lastCrash: unknown = undefined
  lastInitError: unknown = undefined

  constructor(now: Nanos) {
    this.sojourn = new RecentHistogram(WINDOW, now)
    this.run = new RecentHistogram(WINDOW, now)
    this.turns = new RecentHistogram(WINDOW, now)
    this.failed = new RecentTally(WINDOW, now)
    this.drops = new RecentTally(WINDOW, now)
    this.troubles = new RecentTally(WINDOW, now)
  }
}
