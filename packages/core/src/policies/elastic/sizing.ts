import { createRegulator, type Regulator, type RegulatorOptions, Waiting } from '@genpool/broker'
import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import { type CheckedSizeOptions, valveInFull } from './size-options'
import { StartRate } from './start-rate'

/** The figures of a pool that its size depends on. */
export interface Load {
  /** How many members wait for a request, or are set aside by a gate. */
  readonly idle: number
  /** How many members are starting, or wait for a retry. */
  readonly starting: number
  /** How many requests wait. */
  readonly waiting: number
  /** How long the oldest of them has waited. */
  readonly waited: Nanos
  /** How many members may work at once. More members would be useless. */
  readonly limit: number
}

/** What to do about the size. */
export interface SizeDecision {
  /** How many members start. */
  readonly start: number
  /** How many idle members end. */
  readonly end: number
  /** How many members exceed a new bound. They end after their current message. */
  readonly excess: number
  /** When to check again; null to wait for the next event. */
  readonly wakeAt: Nanos | null
}

/** The place of one member in the valve. */
class Place extends Waiting {}

/**
 * Decides how many members a pool has. Pure: the time is an argument, in nanoseconds that never decrease.
 *
 * The relative time is how long at least one member has been idle without a break or, negative, how long the oldest request
 * has waited. The valve of a regulator follows it and lets members start, one at a time: before requests have to wait, and
 * never one per request. A member counts as soon as its start begins. At most as many starts run at once as there are
 * started members, so that slow or failing starts do not cause more starts.
 *
 * If at least N members were idle for the whole `idle` window, N end.
 */
export class Sizing {
  #options: CheckedSizeOptions
  readonly #regulator: Regulator<Place>
  readonly #places: Place[] = []
  readonly #rate = new StartRate()
  /** The smallest number of idle members since the window began. */
  #fewestIdle = Infinity
  /** The last time when no member was idle. */
  #emptyAt: Nanos
  /** When the `idle` window ends: members that were idle for all of it may end. */
  #windowEnd: Nanos = Infinity

  /** @param present how many members there are already */
  constructor(options: CheckedSizeOptions, present: number, now: Nanos) {
    this.#options = options
    this.#emptyAt = now
    // An open valve admits the existing members, which the configured one might refuse.
    this.#regulator = createRegulator<Place>({}, now)
    for (let i = 0; i < present; i++) this.#takePlace(now)
    this.#regulator.configure(regulatorOptionsOf(options), now)
  }

  /** The target number of members, including those that are starting. */
  get size(): number {
    return this.#places.length
  }

  /** Notes how many members are idle after a request or a member has arrived. */
  notice(idle: number, now: Nanos): void {
    if (idle < this.#fewestIdle) this.#fewestIdle = idle
    if (idle === 0) this.#emptyAt = now
  }

  /** Decides. Members to start already have their places; members to end have given theirs back. */
  look(load: Load, now: Nanos): SizeDecision {
    this.notice(load.idle, now)
    const excess = this.#free(this.size - this.#options.max, now)
    const end = this.#shrink(load, now)
    const relativeTime = this.#relativeTime(load, now)
    this.#regulator.update(relativeTime, now)
    const start = this.#grow(load, relativeTime, now)
    return { start, end, excess, wakeAt: this.#wakeAt(load, relativeTime, now) }
  }

  /** Gives back the place of a member that has ended, or could end. False if it is needed: there would be too few. */
  leave(now: Nanos): boolean {
    return this.size > this.#options.min && this.#free(1, now) === 1
  }

  /** Starts the first member without the valve, because something other than a request waits. */
  wake(now: Nanos): number {
    return this.size === 0 && this.#takePlace(now) ? 1 : 0
  }

  /** Applies new options; the next `look` follows them. */
  configure(options: CheckedSizeOptions, now: Nanos): void {
    this.#regulator.configure(regulatorOptionsOf(options), now)
    this.#options = options
    this.#windowEnd = Infinity
  }

  #relativeTime({ idle, waiting, waited }: Load, now: Nanos): Nanos {
    if (idle > 0) return now - this.#emptyAt
    return waiting > 0 ? -waited : 0
  }

  #grow(load: Load, relativeTime: Nanos, now: Nanos): number {
    let started = 0
    while (this.size < this.#options.min && this.#start(now)) started++
    if (started === 0 && this.#wantsMore(load, relativeTime, now) && this.#start(now)) started++
    return started
  }

  #start(now: Nanos): boolean {
    if (!this.#takePlace(now)) return false
    if (valveInFull(this.#options.valve).type === 'rate') this.#rate.started(now)
    return true
  }

  #wantsMore({ idle, starting, waiting, limit }: Load, relativeTime: Nanos, now: Nanos): boolean {
    if (this.size === 0) return waiting > 0
    const started = this.size - starting
    if (this.size >= Math.min(this.#options.max, limit) || starting >= Math.max(1, started)) return false
    return this.#isShort(idle, relativeTime) && this.#isInRate(now)
  }

  #isInRate(now: Nanos): boolean {
    const valve = valveInFull(this.#options.valve)
    return valve.type !== 'rate' || this.#rate.allows({ ...valve, interval: valve.interval * NS_PER_MS }, now)
  }

  /** Whether the pool is short of members. Valves without a target only check whether one is idle. */
  #isShort(idle: number, relativeTime: Nanos): boolean {
    const valve = valveInFull(this.#options.valve)
    return 'target' in valve ? relativeTime < valve.target * NS_PER_MS : idle === 0
  }

  #takePlace(now: Nanos): boolean {
    const place = new Place(now)
    if (this.#regulator.nbAsk(place, now) === null) return false
    this.#places.push(place)
    return true
  }

  /** Gives back up to `count` places; returns how many. */
  #free(count: number, now: Nanos): number {
    let freed = 0
    for (; freed < count; freed++) {
      const place = this.#places.pop()
      if (place === undefined) break
      this.#regulator.done(place, now)
    }
    return freed
  }

  #shrink({ idle }: Load, now: Nanos): number {
    const spare = this.size - this.#options.min
    if (spare <= 0) this.#windowEnd = Infinity
    else if (this.#windowEnd === Infinity || this.#fewestIdle === 0) this.#beginWindow(idle, now)
    else if (now >= this.#windowEnd) {
      const unneeded = Math.min(spare, this.#fewestIdle)
      this.#beginWindow(idle - unneeded, now)
      return this.#free(unneeded, now)
    }
    return 0
  }

  #beginWindow(idle: number, now: Nanos): void {
    this.#fewestIdle = idle
    const { idle: window, update } = this.#options
    // It is looked at no more often than each `update`: a window of 0 would end at once, again and again.
    this.#windowEnd = now + Math.max(window, update) * NS_PER_MS
  }

  #wakeAt({ idle, waiting }: Load, relativeTime: Nanos, now: Nanos): Nanos | null {
    const { max, min, update } = this.#options
    const mayGrow = this.size < max && (this.size > 0 || waiting > 0) && this.#isShort(idle, relativeTime)
    const growAt = mayGrow ? now + update * NS_PER_MS : Infinity
    const wakeAt = Math.min(growAt, this.size > min ? this.#windowEnd : Infinity)
    return wakeAt === Infinity ? null : wakeAt
  }
}

/** The valve is always open for the first member: the need for it does not depend on the speed of others. */
function regulatorOptionsOf({ min, max, valve }: CheckedSizeOptions): RegulatorOptions {
  const full = valveInFull(valve)
  // In a rate valve a task keeps its place while it runs, and members run for ever. So starts are counted instead.
  if (full.type !== 'codel' && full.type !== 'relative') return { valve: { type: 'open', max } }
  return { valve: { ...full, min: Math.max(1, min), max } }
}
