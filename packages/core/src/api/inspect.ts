import type { DropReason } from '@genpool/broker'
import { NS_PER_MS } from '@genpool/runtime'
import type { PoolRef } from '../behaviours/protocol'
import type { Phase } from '../pool/lifecycle'
import type { DoorView } from '../protection/door'
import type { Outcome, Request } from '../pool/request'
import type { Percentiles } from '../stats/histogram'
import { poolOf } from './pool-of'

/** A pool as it is now. Times are milliseconds; percentiles are of the last 10 to 20 seconds. */
export interface Inspection {
  readonly name: string
  readonly phase: Phase
  readonly size: number
  readonly members: { readonly idle: number; readonly busy: number; readonly starting: number }
  /**
   * How many members may work at once, how many are set aside because enough others do, and how long a run takes without a
   * load, as far as is known (milliseconds, else 0); undefined if all may work.
   */
  readonly concurrency: { readonly limit: number; readonly aside: number; readonly floorMs: number } | undefined
  /** What the circuit breaker does, and when one that it refuses may try again; undefined without one. */
  readonly breaker: DoorView['breaker']
  /** With which probability a newcomer is refused because those before it were; undefined without a throttle. */
  readonly throttle: DoorView['throttle']
  /** Whether the alarm is set; undefined without one. */
  readonly overloaded: boolean | undefined
  /** How many requests wait for a member. */
  readonly waiting: number
  /** The same by message type and by priority: who is it that waits? Counted when asked, one by one. */
  readonly waitingBy: {
    readonly type: Readonly<Record<string, number>>
    readonly priority: Readonly<Record<number, number>>
  }
  /** How many calls wait for an answer that their handler has left for later. */
  readonly late: number
  /** How many requests have come in since the start. */
  readonly accepted: number
  /** What became of them. */
  readonly outcomes: Readonly<Record<Outcome, number>>
  readonly drops: Readonly<Partial<Record<DropReason, number>>>
  readonly deadLetters: number
  /** How long requests waited before they were run. */
  readonly sojourn: Percentiles
  /** How long handlers ran, commits included. */
  readonly run: Percentiles
  /** The share of the members' time that went into handlers lately, 0 to 1. */
  readonly utilisation: number
  /** How many members have been replaced. */
  readonly restarts: number
  /** How many runs of handlers were repeated, mostly because another commit came first. */
  readonly reruns: number
  /** The version of the shared state; undefined if each member has its own. */
  readonly stateVersion: number | undefined
}

/** Looks at a pool. Works on stopped pools, too. */
export function inspect(ref: PoolRef): Inspection {
  const pool = poolOf(ref)
  const { stats, roster, port, lifecycle } = pool
  const concurrency = pool.concurrency ?? undefined
  const now = pool.turn.refresh()
  const { waiting } = port
  const door = pool.door?.view(now)
  const count = (status: string): number => roster.members.filter((member) => member.status === status).length
  const idle = count('idle')
  const starting = count('starting')
  return {
    name: pool.name,
    phase: lifecycle.phase,
    size: roster.size,
    members: { idle, starting, busy: roster.members.length - idle - starting },
    concurrency: concurrency && {
      limit: concurrency.limit,
      aside: concurrency.aside,
      floorMs: concurrency.floor / NS_PER_MS,
    },
    breaker: door?.breaker,
    throttle: door?.throttle,
    overloaded: pool.alarm?.isSet,
    waiting: waiting.length,
    waitingBy: {
      type: countBy(waiting, (request) => request.route.type),
      priority: countBy(waiting, (request) => request.priority),
    },
    late: pool.late.size,
    accepted: stats.counters.accepted,
    outcomes: { ...stats.counters.outcomes },
    drops: { ...stats.counters.dropsByReason },
    deadLetters: pool.deadLetters.count,
    sojourn: stats.sojourn.percentiles(now),
    run: stats.run.percentiles(now),
    utilisation: roster.size === 0 ? 0 : Math.min(1, stats.run.density(now) / roster.size),
    restarts: roster.restarts,
    reruns: stats.counters.reruns,
    stateVersion: pool.cell?.version,
  }
}

function countBy(requests: readonly Request[], classOf: (request: Request) => string | number): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const request of requests) counts[classOf(request)] = (counts[classOf(request)] ?? 0) + 1
  return counts
}
