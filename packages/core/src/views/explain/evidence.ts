import { type EngineOptions, type LimitFigures, refusalInWords } from '@genpool/broker'
import { isGenPoolError, type Nanos, NS_PER_MS, textOf } from '@genpool/runtime'
import type { Phase } from '../../pool/status'
import type { Expiry } from '../../requests/expiry'
import type { RequestFacts } from '../../requests/request-facts'
import type { Circle } from '../../requests/request-owner'
import {
  type BreakerFigures,
  countMembers,
  MOST_LOOKED_AT,
  oldestStartMs,
  type Percentiles,
  type PoolView,
  utilisationOf,
} from '../pool-view'
import { greatestKey, type GreatestKey, greatestTenant, type Tenant, type TenantsBy } from './owners'

/** The running handlers of one message type. */
interface Running {
  readonly type: string
  readonly count: number
  readonly longestMs: number
}

/** The facts for an explanation. Times are milliseconds; `recent` counts cover the last 10 to 20 seconds. */
export interface Evidence {
  readonly pool: string
  readonly phase: Phase
  /** Why it gave up; null if it did not. */
  readonly cause: string | null
  readonly size: number
  /** The upper bound of an elastic size; null for a fixed one. */
  readonly maxSize: number | null
  readonly idle: number
  readonly busy: number
  /** How many members are still starting. */
  readonly starting: number
  readonly waiting: number
  readonly oldestMs: number
  readonly utilisation: number
  readonly sojourn: Percentiles
  readonly run: Percentiles
  /** How long turns of the event loop took in which the pool had work. */
  readonly turns: Percentiles
  /** How long the event loop was blocked by long turns, the one under way included, over how long, and by the longest of them. */
  readonly blocked: { readonly ms: number; readonly ofMs: number; readonly maxMs: number }
  readonly running: readonly Running[]
  /** How long all members have been in their handlers at least; 0 if one can take work, or has not begun. */
  readonly allRunMs: number
  readonly timeoutMs: number
  readonly stuckAfterMs: number
  /** Whether the queue is the pool's own, and its options are options of the pool. */
  readonly ownsQueue: boolean
  readonly hasFairQueue: boolean
  readonly isBounded: boolean
  /** How long the oldest start that is under way has taken. */
  readonly oldestStartMs: number
  /** What it waits for. */
  readonly startWaitsFor: 'init' | 'store'
  readonly failedStarts: number
  readonly timedOutStarts: number
  /** Whether the last start that failed had taken too long. */
  readonly startTimedOut: boolean
  /** Whether it failed because its member died. */
  readonly startDied: boolean
  readonly initError: string
  /** How its members, or one of them, wait for themselves; null if they do not. */
  readonly selfWait: Circle | null
  readonly paused: boolean
  readonly breaker: BreakerFigures | undefined
  readonly concurrency: {
    readonly limit: number
    readonly aside: number
    readonly floorMs: number
    readonly learns: boolean
  } | null
  /** What rates and limits hold back, and their options. */
  readonly held: LimitFigures
  readonly rate: ExplainedOptions['rate']
  readonly limits: ExplainedOptions['limits']
  /** The most frequent key of waiting requests with a key. */
  readonly key: GreatestKey | null
  /** The tenant with the most waiting requests, and how many tenants there are. */
  readonly tenant: Tenant | null
  /** Whether each handler holds the state while it runs. */
  readonly exclusive: boolean
  readonly late: number
  readonly oldestLateMs: number
  /** How commits get on with their store; null if they are done when they return. */
  readonly store: StoreEvidence | null
  readonly recent: {
    readonly drops: Readonly<Record<string, number>>
    /** Those of them of whose key as many waited as `limits.max` allows. */
    readonly keyDrops: Readonly<Record<string, number>>
    /** Why limits that had changed last refused what waited; empty if that is not known. */
    readonly refusal: string
    readonly expired: number
    readonly expiredBy: Readonly<Partial<Record<Expiry, number>>>
    readonly crashes: number
    readonly crash: string
    /** Members that died while they ran nothing. */
    readonly deaths: number
    readonly death: string
    readonly stuck: number
    readonly reruns: number
    /** Calls that were not repeated, because the budget for that was used up. */
    readonly unretried: number
  }
}

/** How commits get on with a store that answers later. */
export interface StoreEvidence {
  readonly waitingMs: number
  /** How long writes have taken lately; null before the first. */
  readonly writeMs: number | null
  readonly failures: number
  /** Empty if there is none. */
  readonly lastFailure: string
  readonly lastFailureMs: number
  readonly fault: string | null
  readonly heldBy: string | null
}

/** The options that an explanation depends on. */
export interface ExplainedOptions {
  readonly timeoutMs: number
  readonly stuckAfterMs: number
  /** Whether the queue is the pool's own. */
  readonly ownsQueue: boolean
  /** The upper bound of an elastic size; null for a fixed one. */
  readonly maxSize: number | null
  /** Whether the concurrency limit learns. */
  readonly concurrencyLearns: boolean
  /** What tells tenants apart, and the option that says so; null if none does. */
  readonly tenants: TenantsBy | null
  /** Whether the pool's own queue may be full. */
  readonly isBounded: boolean
  readonly rate: EngineOptions['rate']
  readonly limits: EngineOptions['limits']
  /** Whether each handler holds the state while it runs. */
  readonly exclusive: boolean
}

/** Whether requests wait though members could take them: then they wait for the turns of their keys. Not if no member may begin. */
export function waitForKeys({ paused, idle, waiting, concurrency, held }: Evidence): boolean {
  if (paused) return false
  const heldBack = (held.rate?.waiting ?? 0) + (held.limits?.waiting ?? 0) + (held.backOff?.waiting ?? 0)
  return idle > 0 && waiting > heldBack && (concurrency?.aside ?? 0) !== idle
}

/** Gathers the facts about a pool. Looks at waiting requests, 10 000 at most, only if keys may hold them back, or tenants take turns. */
export function gather(pool: PoolView, options: ExplainedOptions): Evidence {
  const figures = gatherFigures(pool, options, pool.now())
  const looksForKey = waitForKeys(figures)
  if (!looksForKey && options.tenants === null) return figures
  const sample = [...pool.sampleOfWaiting(MOST_LOOKED_AT)]
  const owners = { of: sample, waiting: figures.waiting }
  return {
    ...figures,
    key: looksForKey ? greatestKey(owners) : null,
    tenant: options.tenants === null ? null : greatestTenant(options.tenants, owners),
  }
}

/** Gathers the facts that need no look at the waiting requests. */
export function gatherFigures(pool: PoolView, options: ExplainedOptions, now: Nanos): Evidence {
  const { stats, seats } = pool
  const { idle, busy } = countMembers({ seats })
  const { breaker, concurrency, paused = false } = pool.figures(now)
  return {
    pool: pool.name,
    phase: pool.phase,
    cause: pool.cause === undefined ? null : textOf(pool.cause),
    size: pool.size,
    maxSize: options.maxSize,
    idle,
    busy,
    starting: pool.starting,
    waiting: pool.waitingCount,
    oldestMs: pool.oldestWait(now) / NS_PER_MS,
    utilisation: utilisationOf(pool, now),
    sojourn: stats.sojourn.percentiles(now),
    run: stats.run.percentiles(now),
    turns: stats.turns.percentiles(now),
    blocked: blockedOf(pool, now),
    running: runningOf(seats, now),
    allRunMs: allRunMs(seats, now, concurrency?.aside ?? 0),
    timeoutMs: options.timeoutMs,
    stuckAfterMs: options.stuckAfterMs,
    ownsQueue: options.ownsQueue,
    hasFairQueue: options.tenants?.namedBy === 'queue',
    isBounded: options.isBounded,
    oldestStartMs: oldestStartMs(pool, now),
    startWaitsFor: pool.oldestStart?.waitsFor ?? 'init',
    failedStarts: pool.failedStarts,
    timedOutStarts: pool.timedOutStarts,
    startTimedOut: isGenPoolError(stats.lastInitError, 'ERR_GENPOOL_START_TIMEOUT'),
    startDied: stats.lastStartDied,
    initError: textOf(stats.lastInitError),
    selfWait: pool.selfWait ?? null,
    paused,
    breaker,
    concurrency:
      concurrency === undefined
        ? null
        : {
            limit: concurrency.limit,
            aside: concurrency.aside,
            floorMs: concurrency.unloadedNs / NS_PER_MS,
            learns: options.concurrencyLearns,
          },
    key: null,
    tenant: null,
    held: pool.limits(now),
    rate: options.rate,
    limits: options.limits,
    exclusive: options.exclusive,
    late: pool.awaitingReply.size,
    oldestLateMs: oldestMs([...pool.awaitingReply], now),
    store: storeOf(pool),
    recent: recentOf(pool, now),
  }
}

/** Turns that take this long delay everything else in the process. */
export const LONG_TURN_MS = 100

function blockedOf(pool: PoolView, now: Nanos): Evidence['blocked'] {
  const { turns } = pool.stats
  const age = pool.turnAge()
  const { sum, of } = turns.sumFrom(LONG_TURN_MS * NS_PER_MS, now)
  const ns = age < LONG_TURN_MS * NS_PER_MS ? sum : sum + age
  const maxMs = Math.max(turns.percentiles(now).max, age / NS_PER_MS)
  return { ms: ns / NS_PER_MS, ofMs: Math.max(of, ns) / NS_PER_MS, maxMs }
}

function storeOf({ store }: PoolView): Evidence['store'] {
  if (store === undefined) return null
  const { waitingMs, writeMs = null, failures, lastFailure, fault = null, heldBy = null } = store
  const last = lastFailure === undefined ? '' : textOf(lastFailure.error)
  return { waitingMs, writeMs, failures, lastFailure: last, lastFailureMs: lastFailure?.agoMs ?? 0, fault, heldBy }
}

function recentOf({ stats, retries }: PoolView, now: Nanos): Evidence['recent'] {
  const { crash: crashes = 0, death: deaths = 0, stuck = 0, rerun: reruns = 0 } = stats.troubles.counts(now)
  const { expired = 0 } = stats.failures.counts(now)
  return {
    drops: stats.drops.counts(now) as Readonly<Record<string, number>>,
    keyDrops: stats.keyDrops.counts(now) as Readonly<Record<string, number>>,
    refusal: stats.lastRefusal === undefined ? '' : refusalInWords(stats.lastRefusal),
    expired,
    expiredBy: stats.expiries.counts(now),
    crashes,
    crash: textOf(stats.lastCrash),
    deaths,
    death: textOf(stats.lastDeath),
    stuck,
    reruns,
    unretried: retries.overBudgetLately,
  }
}

function runningOf(seats: PoolView['seats'], now: Nanos): readonly Running[] {
  const byType = new Map<string, { type: string; count: number; longestMs: number }>()
  for (const { requests } of seats) {
    for (const { type, startedAt } of requests) {
      const ms = startedAt === null ? 0 : (now - startedAt) / NS_PER_MS
      const known = byType.get(type)
      if (known === undefined) byType.set(type, { type, count: 1, longestMs: Math.max(0, ms) })
      else {
        known.count++
        known.longestMs = Math.max(known.longestMs, ms)
      }
    }
  }
  return [...byType.values()].sort((a, b) => b.longestMs - a.longestMs)
}

/** @param aside how many idle members may not work */
function allRunMs(seats: PoolView['seats'], now: Nanos, aside: number): number {
  let [idle, least] = [0, Infinity]
  for (const { status, requests } of seats) {
    if (status === 'idle') idle++
    else least = Math.min(least, status === 'busy' ? longest(requests, now) : 0)
  }
  return idle > aside || least === Infinity ? 0 : least / NS_PER_MS
}

function longest(requests: readonly RequestFacts[], now: Nanos): Nanos {
  return requests.reduce((most, { startedAt }) => (startedAt === null ? most : Math.max(most, now - startedAt)), 0)
}

function oldestMs(requests: readonly RequestFacts[], now: Nanos): number {
  return requests.reduce((most, { cameAt }) => Math.max(most, now - cameAt), 0) / NS_PER_MS
}
