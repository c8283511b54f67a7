import type { BackOffFigures, DropReason, HeldBy } from '@genpool/broker'
import { NS_PER_MS, textOf } from '@genpool/runtime'
import type { PoolRef, Protocol } from '../behaviours/protocol'
import type { Phase } from '../pool/status'
import type { Outcome } from '../requests/outcome'
import { rounded } from '../views/explain/finding'
import {
  countMembers,
  legible,
  MOST_LOOKED_AT,
  oldestStartMs,
  type Percentiles,
  type PolicyFigures,
  type PoolView,
  utilisationOf,
} from '../views/pool-view'
import type { SourceFigures } from '../views/sources'
import { type ElsewhereRef, elsewhereOf, type HereRef } from './elsewhere'
import { poolOf } from './pool-of'

/** The figures of a pool now. Times are milliseconds; percentiles cover the last 10 to 20 seconds. */
export interface Inspection {
  readonly name: string
  readonly phase: Phase
  readonly size: number
  readonly starts: {
    /** How long the oldest start that is under way has taken, in milliseconds; 0 if none is. */
    readonly oldestMs: number
    /** The most starts that have failed in a row, of one member or of the shared state. */
    readonly failures: number
    /** How many starts took longer than `restart.startTimeout`, since the pool began. */
    readonly timedOut: number
  }
  readonly members: { readonly idle: number; readonly busy: number; readonly starting: number }
  /**
   * How many members may work at once (`limit`), how many are set aside because enough others are working (`aside`), and how
   * long a run takes without load, in milliseconds (`floorMs`; 0 if not known). Undefined if all may work.
   */
  readonly concurrency: { readonly limit: number; readonly aside: number; readonly floorMs: number } | undefined
  /** What the rate of work holds back: how many requests, for which key most, and when the next may begin; undefined without one. */
  readonly rate: HeldBy | undefined
  /** What limits per key hold back: how many requests, and for which key most; undefined without them. */
  readonly limits: HeldBy | undefined
  /** What waits until a back-off is over that a handler has asked for (`ctx.backOff`); undefined while there is none. */
  readonly backOff: BackOffFigures | undefined
  /** Whether it begins nothing until `resume(pool)`. */
  readonly paused: boolean
  /** The state of the circuit breaker, and how long a refused caller should wait before a retry; undefined without one. */
  readonly breaker: PolicyFigures['breaker']
  /** The probability with which the throttle refuses the next request; undefined without one. */
  readonly throttle: PolicyFigures['throttle']
  /** Whether the alarm is set; undefined without one. */
  readonly overloaded: boolean | undefined
  /** How many requests wait for a member. */
  readonly waiting: number
  /**
   * The same by message type and by priority. If more than 10 000 wait, it looks at about so many, of each priority, and of each key that is
   * held back, in proportion: the oldest and the newest. The counts are estimates then.
   */
  readonly waitingBy: {
    readonly type: Readonly<Record<string, number>>
    readonly priority: Readonly<Record<number, number>>
  }
  /** How many calls wait for a later answer: their handler has returned `noReply`. */
  readonly late: number
  /**
   * How many requests have arrived since the start, also those that are refused at once: of a type that nobody knows, against a
   * schema, with wrong options. Each try of a call with `retry` is one. It is the sum of `outcomes`, of what waits, and of what runs.
   */
  readonly accepted: number
  /** How many of them had which outcome. */
  readonly outcomes: Readonly<Record<Outcome, number>>
  /** How many left the queue unserved, by reason. Those with the reason `expired` have the outcome `expired`, the others `dropped`. */
  readonly drops: Readonly<Partial<Record<DropReason, number>>>
  readonly deadLetters: number
  /**
   * How long requests waited before they were run. A wait counts from the last reading of the clock in the turn of the event loop
   * in which the request was sent: what ran there before it may count, too. Short calls one after the other count as 0 when they
   * waited for less than 0.1 ms.
   */
  readonly sojourn: Percentiles
  /**
   * How long handlers ran, including commits. Runs of 5 µs and less that return at once are measured up to 16 together, and of
   * calls one after the other, one of up to 64 is measured for all: `count` may lack the last 63.
   */
  readonly run: Percentiles
  /** The share of the members' recent time that was spent in handlers, 0 to 1. */
  readonly utilisation: number
  /** How many members have been replaced. */
  readonly restarts: number
  /** How many runs of handlers were repeated, mostly because another commit came first. */
  readonly reruns: number
  /** How many calls were repeated (`retry`), and how many were not because the pool's budget for that was used up. */
  readonly retries: { readonly made: number; readonly overBudget: number }
  /** How many calls got the outcome of a run that another one had started (`share`). */
  readonly shared: number
  /** How often handlers have asked to back off. */
  readonly backOffs: number
  /** The version of the shared state; undefined if each member has its own. */
  readonly stateVersion: number | undefined
  /**
   * How commits get on with the store of the state: how long the oldest one has waited for it, how many writes have failed since the
   * last one that succeeded, with what the last of them failed, what is wrong with the store now, and who holds the state elsewhere.
   * Undefined if commits are done when they return.
   */
  readonly store: StoreFigures | undefined
  /** Consumers of durable casts, one for each queue that it takes casts from. */
  readonly sources: readonly SourceFigures[]
}

/** How commits get on with a store that answers later. Times are milliseconds. */
export interface StoreFigures {
  readonly waitingMs: number
  readonly failures: number
  readonly lastFailure: string | undefined
  readonly fault: string | undefined
  readonly heldBy: string | undefined
}

/**
 * Returns the figures of a pool. Works on stopped pools, too. For a pool that runs elsewhere, it returns what is known here.
 *
 * @example inspect(pool).waiting // how many requests wait
 */
export function inspect(ref: HereRef): Inspection
export function inspect<I>(ref: ElsewhereRef<Protocol, I>): I
export function inspect(ref: PoolRef): unknown {
  return elsewhereOf(ref)?.inspect() ?? inspectHere(ref)
}

function storeFigures({ store }: PoolView): StoreFigures | undefined {
  if (store === undefined) return undefined
  const { waitingMs, failures, lastFailure, fault, heldBy } = store
  const last = lastFailure === undefined ? undefined : textOf(lastFailure.error)
  return { waitingMs: rounded(waitingMs), failures, lastFailure: last, fault, heldBy }
}

function inspectHere(ref: PoolRef): Inspection {
  const pool = poolOf(ref, 'inspect')
  const { stats } = pool
  const now = pool.now()
  const { breaker, throttle, concurrency, overloaded, paused = false } = pool.figures(now)
  return {
    name: pool.name,
    phase: pool.phase,
    size: pool.size,
    starts: { oldestMs: rounded(oldestStartMs(pool, now)), failures: pool.failedStarts, timedOut: pool.timedOutStarts },
    members: countMembers(pool),
    concurrency: concurrency && {
      limit: concurrency.limit,
      aside: concurrency.aside,
      floorMs: rounded(concurrency.unloadedNs / NS_PER_MS),
    },
    ...pool.limits(now),
    paused,
    breaker,
    throttle,
    overloaded,
    waiting: pool.waitingCount,
    waitingBy: waitingBy(pool),
    late: pool.awaitingReply.size,
    accepted: stats.counters.accepted,
    outcomes: { ...stats.counters.outcomes },
    drops: { ...stats.counters.dropsByReason },
    deadLetters: pool.deadLetters,
    sojourn: legible(stats.sojourn.percentiles(now)),
    run: legible(stats.run.percentiles(now)),
    utilisation: rounded(utilisationOf(pool, now)),
    restarts: pool.restarts,
    reruns: stats.counters.reruns,
    retries: { made: pool.retries.made, overBudget: pool.retries.overBudget },
    shared: pool.shared,
    backOffs: pool.backOffs,
    stateVersion: pool.stateVersion,
    store: storeFigures(pool),
    sources: [...pool.sources].map((source) => source.inspect()),
  }
}

function waitingBy(pool: PoolView): Inspection['waitingBy'] {
  const types = new Tally<string>()
  const priorities = new Tally<number>()
  let looked = 0
  for (const { type, priority } of pool.sampleOfWaiting(MOST_LOOKED_AT)) {
    looked++
    types.add(type)
    priorities.add(priority)
  }
  const each = looked === 0 ? 1 : pool.waitingCount / looked
  return { type: types.counts(each), priority: priorities.counts(each) }
}

/** Counts values. Those that come many times in a row cost a comparison. */
class Tally<K extends string | number> {
  readonly #counts = new Map<K, number>()
  #last: K | undefined = undefined
  #times = 0

  add(value: K): void {
    if (value !== this.#last) {
      this.#write()
      this.#last = value
    }
    this.#times++
  }

  /** @param each for how many each stands */
  counts(each: number): Record<string, number> {
    this.#write()
    // A type may have the name of something that objects inherit.
    return Object.fromEntries(Array.from(this.#counts, ([value, times]) => [value, Math.round(times * each)]))
  }

  #write(): void {
    if (this.#last !== undefined) this.#counts.set(this.#last, (this.#counts.get(this.#last) ?? 0) + this.#times)
    this.#times = 0
  }
}
