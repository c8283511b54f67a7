import type { EngineOptions, LimitFigures } from '@genpool/broker'
import type { Phase } from '../../pool/status'
import type { Expiry } from '../../requests/expiry'
import type { Circle } from '../../requests/request-owner'
import type { BreakerFigures, Percentiles } from '../pool-view'
import type { GreatestKey, Tenant, TenantsBy } from './owners'

/** Turns that take this long delay everything else in the process. */
export const LONG_TURN_MS = 100

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
