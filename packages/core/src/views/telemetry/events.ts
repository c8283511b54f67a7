import type { DropFacts } from '@genpool/broker'
import type { Change, GenPoolError } from '@genpool/runtime'
import type { Watcher } from '@genpool/state-ane'
import type { PoolRef } from '../../behaviours/protocol'
import type { Outcome, RequestKind } from '../../requests/outcome'
import type { BreakerFigures } from '../pool-view'

type BreakerState = BreakerFigures['state']

/** immer's patches. */
type Patches = Parameters<Watcher<unknown>>[2]

/** What every event says. Times in events are milliseconds. */
export interface PoolEvent {
  /** The name of the pool. */
  readonly pool: string
  /** Its address, which tells pools of one name apart. */
  readonly ref: PoolRef
}

/** What an event about a message says of it. */
export interface RequestEvent extends PoolEvent {
  /** The type of the message, as in errors. */
  readonly type: string
  readonly kind: RequestKind
  readonly message: unknown
  readonly priority: number
  readonly key: unknown
}

/** What an event about a member says of it. */
export interface MemberEvent extends PoolEvent {
  /** As in `member-3.1`. */
  readonly member: string
  readonly slot: number
  readonly incarnation: number
}

/** A request has its outcome. There is one such event for each request, whatever became of it. */
export interface SettledEvent extends RequestEvent {
  readonly outcome: Outcome
  /** How long it waited until it was started the last time; if it never was, until now. */
  readonly waitedMs: number
  /** How long it ran since then, commit included; 0 if it was never started. */
  readonly ranMs: number
  /** How many times a handler ran for it. */
  readonly attempts: number
  /** Who ran it last; null if nobody did. */
  readonly member: string | null
  /** What its caller is told; undefined if it was replied to. */
  readonly error: GenPoolError | undefined
}

/** The broker gave a request up, with the facts that its caller is told. */
export interface DropEvent extends RequestEvent, DropFacts {}

/** A message was lost that nobody waits for, or it crashed too many members. */
export interface DeadLetterEvent extends PoolEvent {
  readonly message: unknown
  readonly error: GenPoolError
}

/** A member takes work from now on. */
export interface MemberStartEvent extends MemberEvent {
  /** How long its `init` took. */
  readonly tookMs: number
}

/** A handler threw. Its member is replaced, unless a plain function's `onCrash` decides otherwise. */
export interface MemberCrashEvent extends MemberEvent {
  /** The type of the message it had in hand. */
  readonly type: string
  readonly cause: unknown
}

/** A member was given up: it was still running after `stuckAfter`. */
export interface MemberStuckEvent extends MemberEvent {
  readonly type: string
  readonly ranMs: number
}

/** A member has ended. */
export interface MemberStopEvent extends MemberEvent {
  /** What it crashed with, or `resized`, `recycled`, `stuck`, `shutdown`, or what `halt` was given. */
  readonly reason: unknown
  readonly handled: number
  readonly ageMs: number
}

/** An `init` failed, or took too long. */
export interface InitFailEvent extends MemberEvent {
  readonly error: unknown
  /** Whether it failed because it had not answered within `restart.startTimeout`. */
  readonly timedOut: boolean
  /** How many times in a row. */
  readonly failures: number
  /** When it is tried again; null for not any more. */
  readonly retryInMs: number | null
}

/** A handler runs once more, because another commit came first, or because it asked for the state to itself. */
export interface ConflictEvent extends MemberEvent {
  readonly type: string
  /** 2 for the second run, and so on. */
  readonly attempt: number
  /** Whether this run has the state to itself, so that it is the last. */
  readonly exclusive: boolean
}

/** The shared state has changed, by a message or from outside. */
export interface StateChangeEvent extends PoolEvent {
  readonly version: number
  readonly value: unknown
  readonly patches: Patches
  readonly inversePatches: Patches
}

/** The number of members that are to be has changed: by the load, by `resize`, or at the start. */
export interface SizeChangeEvent extends PoolEvent {
  readonly from: number
  readonly to: number
}

/** A pool was spawned. Its state and its members are being made. */
export interface PoolStartEvent extends PoolEvent {
  /** Where it is in its actor system. */
  readonly path: string
}

/** A pool can work. */
export interface PoolReadyEvent extends PoolEvent {
  readonly afterMs: number
}

/** A pool takes nothing new from now on, and finishes what it has. */
export interface PoolDrainEvent extends PoolEvent {
  readonly waiting: number
  readonly busy: number
}

/** A pool has stopped. What it still had gets its outcome right after this. */
export interface PoolStopEvent extends PoolEvent {
  /** Why it gave up; undefined if it was stopped on purpose. */
  readonly cause: unknown
  readonly waiting: number
  readonly busy: number
}

/**
 * An alarm was set, or cleared: that of a pool (see the option `alarm`), or one of the meters of a broker that is an actor of
 * its own; then `pool` and `ref` are those of the broker.
 */
export interface AlarmEvent extends PoolEvent {
  /** `overload`, or the name that the meter was given. */
  readonly alarm: string
  readonly waiting: number
  /** How long the oldest of them has waited. */
  readonly oldestMs: number
  /** How late the event loop was. */
  readonly lateMs: number
}

/** The circuit breaker does something else from now on, as seen by the request or the crash that came then. */
export interface BreakerEvent extends PoolEvent {
  readonly from: BreakerState
  readonly to: BreakerState
  /** When one that it refuses may try again; 0 if it refuses nobody. */
  readonly retryAfterMs: number
}

/** Options of a running pool were changed. */
export interface PoolConfigureEvent extends PoolEvent {
  readonly changes: readonly Change[]
}

/** The events of pools by the name of their channel on `node:diagnostics_channel`. */
export interface PoolEvents {
  'genpool:request:settled': SettledEvent
  'genpool:drop': DropEvent
  'genpool:dead-letter': DeadLetterEvent
  'genpool:member:start': MemberStartEvent
  'genpool:member:crash': MemberCrashEvent
  'genpool:member:stuck': MemberStuckEvent
  'genpool:member:stop': MemberStopEvent
  'genpool:init:fail': InitFailEvent
  'genpool:commit:conflict': ConflictEvent
  'genpool:state:change': StateChangeEvent
  'genpool:size:change': SizeChangeEvent
  'genpool:alarm:set': AlarmEvent
  'genpool:alarm:clear': AlarmEvent
  'genpool:breaker:change': BreakerEvent
  'genpool:pool:start': PoolStartEvent
  'genpool:pool:ready': PoolReadyEvent
  'genpool:pool:drain': PoolDrainEvent
  'genpool:pool:stop': PoolStopEvent
  'genpool:pool:configure': PoolConfigureEvent
}
export type PoolEventName = keyof PoolEvents
