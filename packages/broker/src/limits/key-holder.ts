import { type Nanos } from '@genpool/runtime'
import { nextArrival, type Numbered } from '../queues/arrival'
import { type Waiting } from '../queues/waiting'
import { type KeyedLimit } from './keyed-limit'
import { type LimitLane } from './limit-lane'
import { Pass } from './pass'

/**
 * Fast path: a request of cost 1 under one limit of keys holds its key, and no pass, while it waits in the queue that members are
 * served from, and while it runs. Saves 7 % of a short call, a third of what limits cost it. So does one that is parked, while no queue
 * has a `max`: of what is parked then, none is ever dropped for another.
 *
 * `Passes` gives it a pass as soon as anything else is to happen to it.
 */
export interface KeyHolder<E extends Waiting> extends Numbered {
  limitPass?: Pass<E> | undefined
  /** The lane of its key or, if that had none, its limit. */
  limitOf?: LimitLane<E> | KeyedLimit<E> | undefined
  /** The place of its key in its limit; 0 if it holds the lane, or no key. */
  limitPlace?: number
  /** When it began; null while it is ready, false while it is parked, undefined before. */
  limitAt?: Nanos | null | false | undefined
}

/** Whether a request holds its key. One that has neither that nor a pass gets its key, if it has one. */
export function holdsFor<E extends Waiting>(entry: E, only: KeyedLimit<E>): boolean {
  const holder = entry as KeyHolder<E>
  if (holder.limitOf !== undefined) return true
  if (holder.limitPass !== undefined) return false
  const key = only.keyOf(entry.subject)
  if (key === undefined) return false
  const place = only.placeOf(key)
  if (only.needsLane(place)) {
    const lane = only.laneIn(place)
    lane.known++
    holds(holder, undefined, lane, 0)
  } else holds(holder, undefined, only, place)
  return true
}

/** What a request holds. It always gets the same properties in the same order: with two orders there would be two shapes. */
export function holds<E extends Waiting>(
  holder: KeyHolder<E>,
  pass: Pass<E> | undefined,
  of: LimitLane<E> | KeyedLimit<E> | undefined,
  place: number,
): void {
  holder.limitPass = pass
  holder.limitOf = of
  holder.limitPlace = place
  holder.limitAt = undefined
  if (holder.arrival === undefined) holder.arrival = nextArrival()
}

/** Whether a request holds its key; otherwise it has a pass, or no key. All functions below are for one that does. */
export function holdsKey<E extends Waiting>(entry: E): boolean {
  return (entry as KeyHolder<E>).limitOf !== undefined
}

/** The lane of its key; null if it has none. */
export function laneOf<E extends Waiting>(entry: E): LimitLane<E> | null {
  const { limitOf, limitPlace } = entry as KeyHolder<E>
  return limitPlace === 0 ? (limitOf as LimitLane<E>) : (limitOf as KeyedLimit<E>).laneAt(limitPlace as number)
}

/** The same; makes it if there is none. */
export function laneFor<E extends Waiting>(entry: E): LimitLane<E> {
  const lane = laneOf(entry)
  if (lane !== null) return lane
  const made = limitOf(entry).laneIn(placeOf(entry))
  // A new one is counted nowhere before.
  if ((entry as KeyHolder<E>).limitAt === undefined) made.known++
  return made
}

/** The limit of its key, which has no lane. */
export function limitOf<E extends Waiting>(entry: E): KeyedLimit<E> {
  return (entry as KeyHolder<E>).limitOf as KeyedLimit<E>
}

/** The place of its key, if that had no lane; otherwise 0. Also for a request that holds no key. */
export function placeOf<E extends Waiting>(entry: E): number {
  return (entry as KeyHolder<E>).limitPlace as number
}

/** Whether it stands in the queue that members are served from. */
function isReady<E extends Waiting>(entry: E): boolean {
  return (entry as KeyHolder<E>).limitAt === null
}

/** Whether a new one may begin, and nothing that is parked is concerned. */
export function beginsAlone<E extends Waiting>(entry: E, now: Nanos): boolean {
  const place = placeOf(entry)
  if (place > 0 && limitOf(entry).mayBegin(place, now)) return true
  const lane = laneOf(entry)
  return lane !== null && lane.parked === 0 && !lane.isBlocked(1, now)
}

/** Whether one that is ready may begin, and nothing that is parked is concerned. */
export function beginsNow<E extends Waiting>(entry: E, now: Nanos): boolean {
  if (!isReady(entry)) return false
  const lane = laneOf(entry)
  return lane === null ? limitOf(entry).mayBegin(placeOf(entry), now) : lane.beginsShortly(entry, now)
}

/** If so, it leaves the queue and begins; otherwise false, and nothing changes. */
export function tryBegin<E extends Waiting>(entry: E, now: Nanos): boolean {
  if (!isReady(entry)) return false
  const place = placeOf(entry)
  if (!(place > 0 && limitOf(entry).tryBegin(place, now)) && !tryBeginInLane(entry, now)) return false
  ;(entry as KeyHolder<E>).limitAt = now
  return true
}

function tryBeginInLane<E extends Waiting>(entry: E, now: Nanos): boolean {
  const lane = laneOf(entry)
  if (lane === null || !lane.beginsShortly(entry, now)) return false
  lane.leave(1)
  lane.begin(1, now)
  return true
}

/** One that had a pass, and holds a lane instead, enters the queue. */
export function holdAgain<E extends Waiting>(entry: E, lane: LimitLane<E>): void {
  const holder = entry as KeyHolder<E>
  holder.limitOf = lane
  holder.limitPlace = 0
  enter(entry)
}

/** It enters the queue that members are served from. */
export function enter<E extends Waiting>(entry: E): void {
  ;(entry as KeyHolder<E>).limitAt = null
  const lane = laneOf(entry)
  if (lane === null) limitOf(entry).enter(placeOf(entry))
  else lane.enter(1, 0)
}

/** Fast path: the same for a new one whose key has no lane. */
export function enterPlace<E extends Waiting>(entry: E, place: number): void {
  ;(entry as KeyHolder<E>).limitAt = null
  limitOf(entry).enter(place)
}

/** It is parked. */
export function park<E extends Waiting>(entry: E): void {
  ;(entry as KeyHolder<E>).limitAt = false
}

/** It begins. */
export function begin<E extends Waiting>(entry: E, now: Nanos): void {
  ;(entry as KeyHolder<E>).limitAt = now
  const lane = laneOf(entry)
  if (lane === null) limitOf(entry).begin(placeOf(entry), now)
  else lane.begin(1, now)
}

/** Whether it runs. */
export function runs<E extends Waiting>(entry: E): boolean {
  return typeof (entry as KeyHolder<E>).limitAt === 'number'
}

/** It ran, and ends: it holds its key no longer. */
export function end<E extends Waiting>(entry: E): void {
  const lane = laneOf(entry)
  if (lane === null) limitOf(entry).tryEnd(placeOf(entry))
  else {
    lane.end(1, null)
    if (--lane.known === 0) (lane.owner as KeyedLimit<E>).forget(lane)
  }
  letGo(entry)
}

/** Fast path: the same, if it runs and its key has no lane; otherwise false, and nothing changes. */
export function tryEnd<E extends Waiting>(entry: E): boolean {
  const place = placeOf(entry)
  if (!(place > 0) || !runs(entry) || !limitOf(entry).tryEnd(place)) return false
  letGo(entry)
  return true
}

function letGo<E extends Waiting>(entry: E): void {
  ;(entry as KeyHolder<E>).limitOf = undefined
  ;(entry as KeyHolder<E>).limitPlace = 0
}

/** Makes a pass say what a request that holds its key knows. It holds it no longer. */
export function passInstead<E extends Waiting>(holder: KeyHolder<E> & E, pass: Pass<E>): Pass<E> {
  const { limitAt } = holder
  const lane = laneFor<E>(holder)
  letGo(holder)
  const { isRate } = lane.owner as KeyedLimit<E>
  pass.keyed = isRate ? null : lane
  pass.rated = isRate ? lane : null
  pass.keyedCost = pass.cost = 1
  pass.place = limitAt === undefined ? 'outside' : limitAt === null ? 'ready' : limitAt === false ? 'parked' : 'running'
  if (limitAt === false) pass.parkedIn = lane
  if (typeof limitAt === 'number') pass.beganAt = limitAt
  return pass
}

/**
 * Keeps room for a pass and for a key in requests of a class.
 *
 * @param limit any
 */
export function keepHolderShape(specimen: KeyHolder<Waiting>, limit: KeyedLimit<Waiting>): void {
  holds(specimen, new Pass<Waiting>(), limit, 1)
  holds(specimen, undefined, limit.laneByKey('key'), 0)
  specimen.limitAt = null
  specimen.limitAt = 0.5
  specimen.limitAt = false
  holds(specimen, undefined, undefined, 0)
}
