import { refusalInWords } from '@genpool/broker'
import { isGenPoolError, type Nanos, NS_PER_MS, textOf } from '@genpool/runtime'
import type { RequestFacts } from '../../requests/request-facts'
import { countMembers, MOST_LOOKED_AT, oldestStartMs, type PoolView, utilisationOf } from '../pool-view'
import { type Evidence, type ExplainedOptions, LONG_TURN_MS, waitForKeys } from './evidence'
import { greatestKey, greatestTenant } from './owners'

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

function runningOf(seats: PoolView['seats'], now: Nanos): Evidence['running'] {
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
