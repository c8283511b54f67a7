import { fairIdentity, fairKey } from '@genpool/broker'
import { NS_PER_MS, textOf } from '@genpool/runtime'
import type { DoorView } from '../protection/door'
import type { Phase } from '../pool/lifecycle'
import { isBrokerRef } from '../pool/options'
import type { Pool } from '../pool/pool'
import type { Request } from '../pool/request'
import { stateOptionsOf } from '../pool/pool-state'
import type { Percentiles } from '../stats/histogram'

/** The greatest part of something. */
interface Greatest {
  readonly name: string
  readonly count: number
}

/** What members are at now, by the type of the message. */
interface Running {
  readonly type: string
  readonly count: number
  readonly longestMs: number
}

/** What an explanation is made of. Times are milliseconds; `recent` counts are of the last 10 to 20 seconds. */
export interface Evidence {
  readonly pool: string
  readonly phase: Phase
  /** Why it stopped by itself, in words. */
  readonly cause: string | null
  readonly size: number
  /** The bound of an elastic size. */
  readonly maxSize: number | null
  readonly idle: number
  readonly busy: number
  /** How many members have not begun yet. */
  readonly starting: number
  readonly waiting: number
  readonly oldestMs: number
  readonly utilisation: number
  readonly sojourn: Percentiles
  readonly run: Percentiles
  /** Turns of the event loop in which the pool had something to do. */
  readonly turns: Percentiles
  readonly running: readonly Running[]
  readonly timeoutMs: number
  readonly failedStarts: number
  readonly initError: string
  readonly breaker: DoorView['breaker']
  readonly concurrency: {
    readonly limit: number
    readonly aside: number
    readonly floorMs: number
    readonly learns: boolean
  } | null
  /** The key that most of what waits has, of what has one. */
  readonly key: Greatest | null
  /** Whose most of what waits is, if the queue is fair, and how many there are. */
  readonly tenant: (Greatest & { readonly tenants: number }) | null
  /** Whether each handler has the state to itself. */
  readonly exclusive: boolean
  readonly late: number
  readonly oldestLateMs: number
  readonly recent: {
    readonly drops: Readonly<Record<string, number>>
    readonly expired: number
    readonly crashes: number
    readonly crash: string
    readonly stuck: number
    readonly reruns: number
  }
}

/** Looks at a pool for all that can limit it. Costs one look at each request that waits. */
export function gather(pool: Pool): Evidence {
  const { roster, lifecycle, options, port } = pool
  const now = pool.turn.refresh()
  const waiting = port.waiting
  const idle = roster.members.filter(({ status }) => status === 'idle').length
  const begun = roster.members.filter(({ status }) => status !== 'starting').length
  return {
    pool: pool.name,
    phase: lifecycle.phase,
    cause: lifecycle.cause === undefined ? null : textOf(lifecycle.cause),
    size: roster.size,
    maxSize: typeof options.size === 'object' ? options.size.max : null,
    idle,
    busy: begun - idle,
    starting: roster.starting,
    waiting: waiting.length,
    oldestMs: oldest(waiting, now),
    utilisation: roster.size === 0 ? 0 : Math.min(1, pool.stats.run.density(now) / roster.size),
    ...timesOf(pool, now),
    running: runningOf(pool, now),
    timeoutMs: options.timeout,
    failedStarts: Math.max(roster.failedStarts, lifecycle.phase === 'starting' ? lifecycle.failedStarts : 0),
    initError: textOf(pool.stats.lastInitError),
    breaker: pool.door?.view(now).breaker,
    concurrency: limitOf(pool),
    key: greatest(
      waiting.filter(({ key }) => key !== undefined),
      ({ key }) => key,
    ),
    tenant: tenantOf(pool, waiting),
    exclusive:
      stateOptionsOf(options.state, pool.definition.form === 'plain').commit === 'exclusive' && pool.sharesState,
    late: pool.late.size,
    oldestLateMs: oldest([...pool.late], now),
    recent: recentOf(pool, now),
  }
}

function timesOf({ stats }: Pool, now: number): Pick<Evidence, 'sojourn' | 'run' | 'turns'> {
  return {
    sojourn: stats.sojourn.percentiles(now),
    run: stats.run.percentiles(now),
    turns: stats.turns.percentiles(now),
  }
}

function recentOf({ stats }: Pool, now: number): Evidence['recent'] {
  const { crash: crashes = 0, stuck = 0, rerun: reruns = 0 } = stats.troubles.counts(now)
  const { expired = 0 } = stats.failed.counts(now)
  return { drops: { ...stats.drops.counts(now) }, expired, crashes, crash: textOf(stats.lastCrash), stuck, reruns }
}

function limitOf({ concurrency, options }: Pool): Evidence['concurrency'] {
  if (concurrency === null) return null
  const { limit, aside, floor } = concurrency
  return { limit, aside, floorMs: floor / NS_PER_MS, learns: typeof options.concurrency !== 'number' }
}

function tenantOf({ options: { broker } }: Pool, waiting: readonly Request[]): Evidence['tenant'] {
  if (isBrokerRef(broker) || typeof broker.client !== 'object' || broker.client.type !== 'fair') return null
  const keyOf = fairKey(broker.client.by)
  const tenants = new Set<unknown>()
  const most = greatest(waiting, ({ message }) => {
    const id = fairIdentity(keyOf(message))
    tenants.add(id)
    return id
  })
  return most === null ? null : { ...most, tenants: tenants.size }
}

/** Who has the most of them. */
function greatest(requests: readonly Request[], ownerOf: (request: Request) => unknown): Greatest | null {
  const counts = new Map<unknown, number>()
  for (const request of requests) {
    const owner = ownerOf(request)
    counts.set(owner, (counts.get(owner) ?? 0) + 1)
  }
  let most: Greatest | null = null
  for (const [owner, number] of counts) {
    if (most === null || number > most.count)
      most = { name: owner === undefined ? '(none)' : textOf(owner), count: number }
  }
  return most
}

function runningOf({ roster }: Pool, now: number): readonly Running[] {
  const byType = new Map<string, { type: string; count: number; longestMs: number }>()
  for (const member of roster.members) {
    if (member.status !== 'busy' || member.current === null) continue
    const { type } = member.current.route
    const startedAt = member.startOf(member.current)
    const ms = startedAt === null ? 0 : (now - startedAt) / NS_PER_MS
    const known = byType.get(type) ?? { type, count: 0, longestMs: 0 }
    byType.set(type, { type, count: known.count + 1, longestMs: Math.max(known.longestMs, ms) })
  }
  return [...byType.values()].sort((a, b) => b.longestMs - a.longestMs)
}

function oldest(requests: readonly Request[], now: number): number {
  return requests.reduce((most, { sentAt }) => Math.max(most, now - sentAt), 0) / NS_PER_MS
}
