import { type Nanos } from '@genpool/runtime'
import { nextArrival, type Numbered } from '../queues/arrival'
import { type Waiting } from '../queues/waiting'
import { type KeyedLimit } from './keyed-limit'
import { type KeyRules, LimitLane } from './limit-lane'
import { Pass } from './pass'

/**
 * Fast path: a request of cost 1 under one limit of keys holds the lane of its key, and no pass, while it waits in the queue
 * that members are served from, and while it runs. Saves 7 % of a short call, a third of what limits cost it. So does one that is
 * parked, while no queue has a `max`: of what is parked then, none is ever dropped for another.
 *
 * `Passes` gives it a pass as soon as anything else is to happen to it.
 */
export interface LaneHolder<E extends Waiting> extends Numbered {
  limitPass?: Pass<E> | undefined
  limitLane?: LimitLane<E> | undefined
  /** When it began; null while it is ready, false while it is parked, undefined before. */
  limitAt?: Nanos | null | false | undefined
}

/** The lane that a request holds. One that has neither a lane nor a pass gets its lane; otherwise undefined. */
export function laneFor<E extends Waiting>(entry: E, only: KeyedLimit<E>): LimitLane<E> | undefined {
  const holder = entry as LaneHolder<E>
  if (holder.limitLane !== undefined || holder.limitPass !== undefined) return holder.limitLane
  const lane = only.laneOf(entry.subject)
  if (lane === null) return undefined
  lane.known++
  holds(holder, undefined, lane)
  return lane
}

/** What a request holds. It always gets the same properties in the same order: with two orders there would be two shapes. */
export function holds<E extends Waiting>(
  holder: LaneHolder<E>,
  pass: Pass<E> | undefined,
  lane: LimitLane<E> | undefined,
): void {
  holder.limitPass = pass
  holder.limitLane = lane
  holder.limitAt = undefined
  if (holder.arrival === undefined) holder.arrival = nextArrival()
}

/** The lane that a request holds; undefined if it has none, or a pass. */
export function laneOf<E extends Waiting>(entry: E): LimitLane<E> | undefined {
  return (entry as LaneHolder<E>).limitLane
}

/** Whether a new request may begin, and nothing that is parked is concerned. */
export function beginsAlone<E extends Waiting>(lane: LimitLane<E>, now: Nanos): boolean {
  return lane.parked === 0 && !lane.isBlocked(1, now)
}

/** Whether one that is ready may begin, and nothing that is parked is concerned. */
export function beginsNow<E extends Waiting>(entry: E, lane: LimitLane<E>, now: Nanos): boolean {
  if ((entry as LaneHolder<E>).limitAt !== null || lane.isBlocked(1, now)) return false
  return lane.parked === 0 || (lane.rate === null && !lane.isMixed && entry.key === undefined)
}

/** One that had a pass, and holds its lane instead, enters the queue. */
export function hold<E extends Waiting>(entry: E, lane: LimitLane<E>): void {
  ;(entry as LaneHolder<E>).limitLane = lane
  enter(entry, lane)
}

/** It enters the queue that members are served from. */
export function enter<E extends Waiting>(entry: E, lane: LimitLane<E>): void {
  ;(entry as LaneHolder<E>).limitAt = null
  lane.enter(1, 0)
}

/** It is parked. */
export function park<E extends Waiting>(entry: E): void {
  ;(entry as LaneHolder<E>).limitAt = false
}

/** It begins. */
export function begin<E extends Waiting>(entry: E, lane: LimitLane<E>, now: Nanos): void {
  ;(entry as LaneHolder<E>).limitAt = now
  lane.begin(1, now)
}

/** Whether it runs. */
export function runs<E extends Waiting>(entry: E): boolean {
  return typeof (entry as LaneHolder<E>).limitAt === 'number'
}

/** It ran, and ends: it holds its lane no longer. */
export function end<E extends Waiting>(entry: E, lane: LimitLane<E>): void {
  ;(entry as LaneHolder<E>).limitLane = undefined
  lane.end(1, null)
  if (--lane.known === 0) (lane.owner as KeyedLimit<E>).forget(lane)
}

/** Makes a pass say what a request with a lane knows. It holds its lane no longer. */
export function passOfLane<E extends Waiting>(holder: LaneHolder<E>, pass: Pass<E>): Pass<E> {
  const lane = holder.limitLane as LimitLane<E>
  const { limitAt } = holder
  holder.limitLane = undefined
  const isRated = (lane.owner as KeyedLimit<E>).isRate
  pass.keyed = isRated ? null : lane
  pass.rated = isRated ? lane : null
  pass.keyedCost = pass.cost = 1
  pass.place = limitAt === undefined ? 'outside' : limitAt === null ? 'ready' : limitAt === false ? 'parked' : 'running'
  if (limitAt === false) pass.parkedIn = lane
  if (typeof limitAt === 'number') pass.beganAt = limitAt
  return pass
}

/** Keeps room for a pass and for a lane in requests of a class. */
export function keepHolderShape(specimen: LaneHolder<Waiting>): void {
  const rules: KeyRules = { concurrency: 1, rate: null, max: 1, newestFirst: false, inOrder: false }
  holds(specimen, new Pass<Waiting>(), new LimitLane<Waiting>(rules, null))
  specimen.limitAt = null
  specimen.limitAt = 0.5
  specimen.limitAt = false
  holds(specimen, undefined, undefined)
}
