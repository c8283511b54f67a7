import { createRegulator, type Regulator, type RegulatorOptions, Waiting } from '@genpool/broker'
import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import { type CheckedSizeOptions, valveInFull } from './size-options'
import { StartRate } from './start-rate'

/** The figures of a pool that its size depends on. */
export interface Load {
  /** How many members wait for a request, or are held back by a gate. */
  readonly idle: number
  /** How many members are starting, or wait for another try to start. */
  readonly starting: number
  /** How many requests wait. */
  readonly waiting: number
  /** How long the oldest of them has waited. */
  readonly waited: Nanos
  /** How many may work at once. More members would be of no use. */
  readonly limit: number
}

/** What becomes of the size. */
export interface SizeDecision {
  /** How many members start. */
  readonly start: number
  /** How many idle members end. */
  readonly end: number
  /** How many members exceed a new bound. They end after their current message. */
  readonly excess: number
  /** When to look again; null for not before something happens. */
  readonly wakeAt: Nanos | null
}

/** The place of one member in the valve. */
class Place extends Waiting {}

/**
 * Decides how many members a pool has. Pure: the time is an argument, in nanoseconds that never decrease.
 *
 * The members' queue is as fast as its spare members are short-lived: its relative time is how long one has been idle without
 * a break, or, negative, how long the oldest request has waited. The valve of a regulator hears it and lets members start,
 * one at a time, so before requests have to wait and never one for each of them. A start counts from its begin; at most as many
 * are in flight as members have started, so that neither a slow nor a failing start brings on more of them.
 *
 * If at least N members were idle for the whole `idle` window, N end.
 */
export class Sizing {
  #options: CheckedSizeOptions
  readonly #regulator: Regulator<Place>
  readonly #places: Place[] = []
  readonly #rate = new StartRate()
  /** The fewest idle members since the window began. */
  #fewestIdle = Infinity
  /** When no member was idle last. */
  #emptyAt: Nanos
  /** When members that were idle all the time may end. */
  #windowEnd: Nanos = Infinity

  /** @param present how many members there are already */
  constructor(options: CheckedSizeOptions, present: number, now: Nanos) {
    this.#options = options
    this.#emptyAt = now
    // An open valve takes in the members that are here, whatever the configured one would say.
    this.#regulator = createRegulator<Place>({}, now)
    for (let i = 0; i < present; i++) this.#takePlace(now)
    this.#regulator.configure(regulatorOptionsOf(options), now)
  }

  /** The target number of members, starts in flight included. */
  get size(): number {
    return this.#places.length
  }

  /** Sees how many members are idle after a request or a member has come. */
  notice(idle: number, now: Nanos): void {
    if (idle < this.#fewestIdle) this.#fewestIdle = idle
    if (idle === 0) this.#emptyAt = now
  }

  /** Decides. The members to start have their places already; those to end have none any more. */
  look(load: Load, now: Nanos): SizeDecision {
    this.notice(load.idle, now)
    const excess = this.#free(this.size - this.#options.max, now)
    const end = this.#shrink(load, now)
    const relativeTime = this.#relativeTime(load, now)
    this.#regulator.update(relativeTime, now)
    const start = this.#grow(load, relativeTime, now)
    return { start, end, excess, wakeAt: this.#wakeAt(load, relativeTime, now) }
  }

  /** One member is gone for good, or could go. False if it is needed: there would be too few. */
  leave(now: Nanos): boolean {
    return this.size > this.#options.min && this.#free(1, now) === 1
  }

  /** Takes in one more member than the valve would, because something waits that is no request. */
  wake(now: Nanos): number {
    return this.size === 0 && this.#takePlace(now) ? 1 : 0
  }

  /** Takes new options over; the next `look` acts on them. */
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

  /** Valves without a target look at whether a member is idle. */
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

  /** Gives up to `count` places back; returns how many. */
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
    this.#windowEnd = now + this.#options.idle * NS_PER_MS
  }

  #wakeAt({ idle, waiting }: Load, relativeTime: Nanos, now: Nanos): Nanos | null {
    const { max, min, update } = this.#options
    const mayGrow = this.size < max && (this.size > 0 || waiting > 0) && this.#isShort(idle, relativeTime)
    const growAt = mayGrow ? now + update * NS_PER_MS : Infinity
    const wakeAt = Math.min(growAt, this.size > min ? this.#windowEnd : Infinity)
    return wakeAt === Infinity ? null : wakeAt
  }
}

/** The valve is always open for the first member: whether it is wanted does not depend on how fast others work. */
function regulatorOptionsOf({ min, max, valve }: CheckedSizeOptions): RegulatorOptions {
  const full = valveInFull(valve)
  // In a rate valve a task holds its place for as long as it runs, and members run for ever: starts are counted instead.
  if (full.type !== 'codel' && full.type !== 'relative') return { valve: { type: 'open', max } }
  return { valve: { ...full, min: Math.max(1, min), max } }
}
