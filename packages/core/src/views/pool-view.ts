import type { DropReason, HoldingLimit, LimitFigures } from '@genpool/broker'
import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { Seat } from '../pool/ports'
import type { Phase } from '../pool/status'
import type { Expiry } from '../requests/expiry'
import type { Outcome } from '../requests/outcome'
import type { CellCondition } from '@genpool/state-ane'
import type { RequestFacts } from '../requests/request-facts'
import type { Circle } from '../requests/request-owner'
import { rounded } from './explain/finding'

/** A summary of a distribution, in milliseconds. */
export interface Percentiles {
  /** How many values it has. */
  readonly count: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** A summary for people: rounded. */
export function legible({ count, p50, p90, p99, max }: Percentiles): Percentiles {
  return { count, p50: rounded(p50), p90: rounded(p90), p99: rounded(p99), max: rounded(max) }
}

/** The state of a circuit breaker. */
export interface BreakerFigures {
  readonly state: 'closed' | 'open' | 'half-open'
  /** How long a refused caller should wait before a retry; 0 if no caller is refused. */
  readonly retryAfterMs: number
}

/** The state of a concurrency limit. */
interface ConcurrencyView {
  readonly limit: number
  /** How many members are set aside because enough others are working. */
  readonly aside: number
  /** How long a run takes without load, in nanoseconds; 0 if not known. */
  readonly unloadedNs: Nanos
}

/** The figures of policies; undefined for an absent policy. */
export interface PolicyFigures {
  readonly breaker?: BreakerFigures | undefined
  readonly throttle?: { readonly probability: number } | undefined
  readonly concurrency?: ConcurrencyView | undefined
  /** Whether the pool is paused. */
  readonly paused?: boolean | undefined
  /** Whether the alarm is set. */
  readonly overloaded?: boolean | undefined
}

/** The counters and measurements. */
interface StatsView {
  readonly counters: {
    readonly accepted: number
    readonly reruns: number
    readonly outcomes: Readonly<Record<Outcome, number>>
    readonly dropsByReason: Readonly<Partial<Record<DropReason, number>>>
  }
  readonly sojourn: Distribution
  readonly run: Distribution
  readonly turns: TurnTimes
  readonly failures: Tally<Outcome>
  readonly expiries: Tally<Expiry>
  readonly drops: Tally<DropReason>
  readonly keyDrops: Tally<DropReason>
  readonly troubles: Tally<'crash' | 'death' | 'stuck' | 'rerun'>
  readonly lastCrash: unknown
  readonly lastRefusal: unknown
  readonly lastDeath: unknown
  readonly lastInitError: unknown
  readonly lastStartDied: boolean
}

interface TurnTimes extends Distribution {
  sumFrom(least: Nanos, now: Nanos): { readonly sum: Nanos; readonly of: Nanos }
}

interface Distribution {
  percentiles(now: Nanos): Percentiles
  /** The sum of recent values per nanosecond. For run times: how many ran at once on average. */
  density(now: Nanos): number
}

interface Tally<K extends string> {
  counts(now: Nanos): Readonly<Partial<Record<K, number>>>
}

/** At how many waiting requests a view looks: it must not hold up the event loop when most of them wait. */
export const MOST_LOOKED_AT = 10_000

/** A pool as views see it: figures only. */
export interface PoolView {
  readonly name: string
  readonly phase: Phase
  /** Why it gave up; undefined if it did not. */
  readonly cause: unknown
  /** How long `drain` waited before it stopped the pool, in milliseconds; -1 if it did not. */
  readonly drainedFor: number
  /** The target number of members. */
  readonly size: number
  readonly starting: number
  /** The oldest start that is under way: since when, and what it waits for; undefined if none is. */
  readonly oldestStart: { readonly since: Nanos; readonly waitsFor: 'init' | 'store' } | undefined
  /** The most starts that failed in a row, in one slot or of the shared state. */
  readonly failedStarts: number
  /** How many starts took longer than they may, since the pool began. */
  readonly timedOutStarts: number
  readonly restarts: number
  readonly seats: readonly Seat[]
  /** About `most` of the waiting requests, in no order: of each owner in proportion. All if not more wait. */
  sampleOfWaiting(most: number): Iterable<RequestFacts>
  /** How many requests wait. */
  readonly waitingCount: number
  /** Calls whose handler has returned without an answer; the answer comes later. */
  readonly awaitingReply: ReadonlySet<RequestFacts>
  readonly deadLetters: number
  /** Calls that were not repeated in the last 10 seconds, because the budget for that was used up. */
  readonly retries: { readonly overBudgetLately: number }
  /** How many calls waited for a run that another one had started. */
  readonly shared: number
  /** How often handlers have asked to back off. */
  readonly backOffs: number
  readonly stateVersion: number | undefined
  /** How commits to the shared state get on; undefined if they are done when they return, and without one. */
  readonly store: CellCondition | undefined
  /** How its members, or one of them, wait for themselves; undefined if they do not. */
  readonly selfWait: Circle | undefined
  readonly stats: StatsView
  figures(now: Nanos): PolicyFigures
  /** Which rate, limit or back-off holds back what is like this request; undefined if none does. */
  holderOf(request: RequestFacts): HoldingLimit | undefined
  /** What rates, limits and back-offs hold back. O(keys). */
  limits(now: Nanos): LimitFigures
  /** How long the oldest request has waited; 0 if none does. */
  oldestWait(now: Nanos): Nanos
  /** Reads the clock. */
  now(): Nanos
  /** How long the turn of the event loop that is under way has lasted; 0 between turns. */
  turnAge(): Nanos
  /** The last reading of the clock in this turn. */
  turnNow(): Nanos
}

/** How long the oldest start that is under way has taken, in milliseconds; 0 if none is. */
export function oldestStartMs({ oldestStart }: PoolView, now: Nanos): number {
  return oldestStart === undefined ? 0 : (now - oldestStart.since) / NS_PER_MS
}

/** Counts the members of a pool by status. */
export function countMembers({ seats }: Pick<PoolView, 'seats'>): { idle: number; busy: number; starting: number } {
  let [idle, starting] = [0, 0]
  for (const { status } of seats) {
    if (status === 'idle') idle++
    else if (status === 'starting') starting++
  }
  return { idle, starting, busy: seats.length - idle - starting }
}

/** The share of the members' recent time that was spent in handlers, 0 to 1. */
export function utilisationOf({ size, stats }: PoolView, now: Nanos): number {
  return size === 0 ? 0 : Math.min(1, stats.run.density(now) / size)
}
