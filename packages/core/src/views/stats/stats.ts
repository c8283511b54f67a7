import type { DropReason } from '@genpool/broker'
import type { Nanos } from '@genpool/runtime'
import type { Recorder } from '../../pool/ports'
import type { Expiry } from '../../requests/expiry'
import type { Outcome } from '../../requests/outcome'
import type { DropCause } from '../../requests/remedies'
import { Counters } from './counters'
import { RecentHistogram, WINDOW } from './histogram'
import { RecentTally } from './recent-tally'

type Trouble = 'crash' | 'death' | 'stuck' | 'rerun'

/** Counts and measures what happens in one pool. */
export class Stats implements Recorder {
  readonly counters = new Counters()
  /** The last error of a handler, what the last member has died of that ran nothing, and the last error of an `init`. */
  lastCrash: unknown = undefined
  lastDeath: unknown = undefined
  lastInitError: unknown = undefined
  /** Why limits that had changed last refused a request that waited. */
  lastRefusal: unknown = undefined
  /** Whether the last start failed because its member died. */
  lastStartDied = false
  // Each is made when it is first recorded or read, and counts from the start of the pool all the same.
  private madeSojourn: RecentHistogram | null = null
  private madeRun: RecentHistogram | null = null
  private madeTurns: RecentHistogram | null = null
  private madeFailures: RecentTally<Outcome> | null = null
  private madeExpiries: RecentTally<Expiry> | null = null
  private madeDrops: RecentTally<DropReason> | null = null
  private madeKeyDrops: RecentTally<DropReason> | null = null
  private madeTroubles: RecentTally<Trouble> | null = null

  constructor(private readonly bornAt: Nanos) {}

  /** How long requests waited before they were run. */
  get sojourn(): RecentHistogram {
    return (this.madeSojourn ??= new RecentHistogram(WINDOW, this.bornAt))
  }

  /** How long handlers ran, including commits and repeated runs. */
  get run(): RecentHistogram {
    return (this.madeRun ??= new RecentHistogram(WINDOW, this.bornAt))
  }

  /** How long those turns of the event loop took in which the pool had work. */
  get turns(): RecentHistogram {
    return (this.madeTurns ??= new RecentHistogram(WINDOW, this.bornAt))
  }

  /** The recent outcomes of requests that failed. */
  get failures(): RecentTally<Outcome> {
    return (this.madeFailures ??= new RecentTally(WINDOW, this.bornAt))
  }

  /** Where requests were whose deadlines have passed lately. */
  get expiries(): RecentTally<Expiry> {
    return (this.madeExpiries ??= new RecentTally(WINDOW, this.bornAt))
  }

  get drops(): RecentTally<DropReason> {
    return (this.madeDrops ??= new RecentTally(WINDOW, this.bornAt))
  }

  /** Those of them of whose key as many waited as may. */
  get keyDrops(): RecentTally<DropReason> {
    return (this.madeKeyDrops ??= new RecentTally(WINDOW, this.bornAt))
  }

  /** Recent crashes, deaths of members that ran nothing, stuck members and repeated runs. */
  get troubles(): RecentTally<Trouble> {
    return (this.madeTroubles ??= new RecentTally(WINDOW, this.bornAt))
  }

  waited(sentAt: Nanos, now: Nanos): void {
    this.sojourn.record(now - sentAt, now)
  }

  waitedAgain(sentAt: Nanos, now: Nanos): boolean {
    return this.madeSojourn !== null && this.madeSojourn.repeats(now - sentAt, now)
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

  expired(where: Expiry, now: Nanos): void {
    this.expiries.add(where, now)
  }

  dropped({ reason, ofKey, cause }: DropCause, now: Nanos): void {
    this.counters.drop(reason)
    this.drops.add(reason, now)
    if (ofKey === true) this.keyDrops.add(reason, now)
    if (reason === 'rate') this.lastRefusal = cause
  }

  turnEnded(lasted: Nanos, now: Nanos): void {
    this.turns.record(lasted, now)
  }

  crashed(cause: unknown, now: Nanos): void {
    this.lastCrash = cause
    this.troubles.add('crash', now)
  }

  died(cause: unknown, now: Nanos): void {
    this.lastDeath = cause
    this.troubles.add('death', now)
  }

  stuck(now: Nanos): void {
    this.troubles.add('stuck', now)
  }

  reran(now: Nanos): void {
    this.counters.reruns++
    this.troubles.add('rerun', now)
  }

  startFailed(error: unknown, hasDied: boolean): void {
    this.lastInitError = error
    this.lastStartDied = hasDied
  }
}
