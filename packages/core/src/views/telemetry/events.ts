import type { DropFacts, HoldingLimit } from '@genpool/broker'
import type { Change, GenPoolError } from '@genpool/runtime'
import type { Watcher } from '@genpool/state-ane'
import type { PoolRef } from '../../behaviours/protocol'
import type { Outcome, RequestKind } from '../../requests/outcome'
import type { BreakerFigures } from '../pool-view'

type BreakerState = BreakerFigures['state']

/** immer's patches. */
type Patches = Parameters<Watcher<unknown>>[2]

/** The fields of every event. Times in events are milliseconds. */
export interface PoolEvent {
  /** The name of the pool. */
  readonly pool: string
  /** The address of the pool; it distinguishes pools with the same name. */
  readonly ref: PoolRef
}

/** The fields of an event about a message. */
export interface RequestEvent extends PoolEvent {
  /** The type of the message, as in errors. */
  readonly type: string
  readonly kind: RequestKind
  readonly message: unknown
  readonly priority: number
  /** Its option `key`; a list or an object as the text of its content. */
  readonly key: unknown
}

/** The fields of an event about a member. */
export interface MemberEvent extends PoolEvent {
  /** The name of the member, such as `member-3.1`. */
  readonly member: string
  readonly slot: number
  readonly incarnation: number
}

/** A request has its outcome. Each request has exactly one such event. */
export interface SettledEvent extends RequestEvent {
  readonly outcome: Outcome
  /** How long it waited until its last start; until now if it was never started, or waits for its next run. */
  readonly waitedMs: number
  /** How long it ran after that, including the commit; 0 if it was never started, or waits for its next run. */
  readonly ranMs: number
  /** How long of its wait a rate or limits held it back. */
  readonly heldMs: number
  /** How many times a handler ran for it. */
  readonly attempts: number
  /** The member that ran it last; null if it was never run. */
  readonly member: string | null
  /** The error that its caller gets; undefined after a reply, or if a newer cast replaced it. */
  readonly error: GenPoolError | undefined
}

/**
 * The broker dropped a request, a guard at the door refused it, or its deadline passed in the queue (`expired`). The facts are those that
 * its caller gets, but for `expired`: that one gets an `ExpiredError`.
 */
export interface DropEvent extends RequestEvent, DropFacts {}

/** A handler has called `ctx.backOff`. The fields of the message are those of the one in hand; of a batch, the first. */
export interface BackOffEvent extends RequestEvent {
  readonly member: string | null
  readonly ms: number
  /** Whether the whole pool backs off. */
  readonly all: boolean
  /**
   * The key of `limits` or `rate.by` that backs off; undefined for the whole pool. `key` is the one of the message.
   * A list or an object is the text of its content.
   */
  readonly heldKey: unknown
  /** Whether the message in hand is run again. */
  readonly again: boolean
}

/** A rate or a limit holds a request back: it waits, also if a member is idle. Once for each time that one begins to hold it. */
export interface HeldEvent extends RequestEvent {
  readonly limit: HoldingLimit
  /** The key whose limit it is, as `by` found it, a list or an object as the text of its content; undefined for a rate of the whole pool. */
  readonly limitKey: unknown
}

/** A message without a waiting caller was lost, or a message crashed too many members. */
export interface DeadLetterEvent extends PoolEvent {
  readonly message: unknown
  readonly error: GenPoolError
}

/** A member has started and takes work. */
export interface MemberStartEvent extends MemberEvent {
  /** How long its `init` took. */
  readonly tookMs: number
}

/** A handler threw. Its member is replaced, unless a plain function's `onCrash` decides otherwise. */
export interface MemberCrashEvent extends MemberEvent {
  /** The type of the message that it was handling. */
  readonly type: string
  readonly cause: unknown
}

/** A member was replaced as stuck: its handler was still running after `stuckAfter`. */
export interface MemberStuckEvent extends MemberEvent {
  readonly type: string
  readonly ranMs: number
}

/** A member has ended. */
export interface MemberStopEvent extends MemberEvent {
  /** The error that it crashed with; `resized`, `recycled`, `stuck` or `shutdown`; or the argument of `halt`. */
  readonly reason: unknown
  readonly handled: number
  readonly ageMs: number
}

/** An `init` failed, or took too long. */
export interface InitFailEvent extends MemberEvent {
  readonly error: unknown
  /** Whether it failed because it had not answered within `restart.startTimeout`. */
  readonly timedOut: boolean
  /** How many starts have failed in a row. */
  readonly failures: number
  /** How long until the retry; null for no retry. */
  readonly retryInMs: number | null
}

/** A handler runs again, because another commit came first, or because it asked to hold the state alone. */
export interface ConflictEvent extends MemberEvent {
  readonly type: string
  /** 2 for the second run, and so on. */
  readonly attempt: number
  /** Whether this run holds the state; it is then the last one. */
  readonly exclusive: boolean
}

/** The shared state has changed, by a message or from outside. */
export interface StateChangeEvent extends PoolEvent {
  readonly version: number
  readonly value: unknown
  readonly patches: Patches
  readonly inversePatches: Patches
}

/** The target number of members has changed: by the load, by `resize`, or at the start. */
export interface SizeChangeEvent extends PoolEvent {
  readonly from: number
  readonly to: number
}

/** A pool was spawned. Its state and its members are starting. */
export interface PoolStartEvent extends PoolEvent {
  /** The path of the pool in its actor system. */
  readonly path: string
}

/** A pool is ready to work. */
export interface PoolReadyEvent extends PoolEvent {
  readonly afterMs: number
}

/** A pool accepts no new requests, and finishes those that it has. */
export interface PoolDrainEvent extends PoolEvent {
  readonly waiting: number
  readonly busy: number
}

/** A pool has stopped. Its remaining requests get their outcomes right after this. */
export interface PoolStopEvent extends PoolEvent {
  /** Why it gave up; undefined if it was stopped on purpose. */
  readonly cause: unknown
  readonly waiting: number
  readonly busy: number
}

/**
 * An alarm was set or cleared: the one of a pool (see the option `alarm`), or one of a meter of a broker actor. In the second
 * case `pool` and `ref` are those of the broker.
 */
export interface AlarmEvent extends PoolEvent {
  /** `overload`, or the name in the options of the meter. */
  readonly alarm: string
  readonly waiting: number
  /** How long the oldest waiting request has waited. */
  readonly oldestMs: number
  /** How late the event loop was. */
  readonly lateMs: number
}

/** The circuit breaker has changed its state. It half-opens when its time has come, also if no request comes. */
export interface BreakerEvent extends PoolEvent {
  readonly from: BreakerState
  readonly to: BreakerState
  /** How long a refused caller should wait before a retry; 0 if no caller is refused. */
  readonly retryAfterMs: number
}

/** The options of a running pool were changed. */
export interface PoolConfigureEvent extends PoolEvent {
  readonly changes: readonly Change[]
}

/** A durable cast was delivered to a pool, and is not in its hands any more. `@genpool/nats` tells it. */
export interface DeliveryEvent extends PoolEvent {
  /** The name of the queue, and the id of its consumer here. */
  readonly queue: string
  readonly consumer: string
  /** The id of the cast; "" if its bytes could not be read. */
  readonly id: string
  readonly key: string | undefined
  readonly seq: number
  readonly attempt: number
  /**
   * `again`: it failed, and is tried again. `dead`: it is a dead letter. `expired`: it was too old to begin. `returned`: given back
   * without a run. `left`: the server could not be told, and delivers it again.
   */
  readonly outcome: 'done' | 'again' | 'dead' | 'expired' | 'returned' | 'left'
  readonly error: GenPoolError | undefined
  readonly reason: string | undefined
  readonly retryInMs: number
}

/**
 * A store on NATS, or one of its entries, cannot be used any more, or can be used again. `@genpool/nats` tells it: it is no event of a
 * pool, since several pools may have their state there. `fault` is what `inspect(pool).store` says.
 */
export interface StoreEvent {
  readonly bucket: string
  /** The store, as `natsStore` returned it. */
  readonly store: object
  /** The entry of the bucket; undefined: the whole store, whose connection is lost. */
  readonly entry: string | undefined
  /** What is wrong, and what to do; undefined: it is well again. */
  readonly fault: string | undefined
}

/** The events of pools by the name of their channel on `node:diagnostics_channel`. */
export interface PoolEvents {
  'genpool:request:settled': SettledEvent
  'genpool:drop': DropEvent
  'genpool:back-off': BackOffEvent
  'genpool:request:held': HeldEvent
  'genpool:dead-letter': DeadLetterEvent
  'genpool:member:start': MemberStartEvent
  'genpool:member:crash': MemberCrashEvent
  'genpool:member:stuck': MemberStuckEvent
  'genpool:member:stop': MemberStopEvent
  'genpool:init:fail': InitFailEvent
  'genpool:commit:conflict': ConflictEvent
  'genpool:state:change': StateChangeEvent
  'genpool:size:change': SizeChangeEvent
  'genpool:delivery': DeliveryEvent
  'genpool:store:change': StoreEvent
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
