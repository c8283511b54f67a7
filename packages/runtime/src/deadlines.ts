import { type Clock, type Nanos, type Timer } from './clock'

/** Something with a deadline. The links belong to the wheel; start them as null, null and -1. */
export interface Expiring {
  readonly deadline: Nanos
  wheelPrevious: Expiring | null
  wheelNext: Expiring | null
  /** The slot that holds it, or -1. */
  wheelSlot: number
}

/** About a millisecond: as fine as Node's own timers. A power of two, so that dividing by it is exact. */
const TICK: Nanos = 2 ** 20
const LEVELS = 6
const SLOTS = 64
/** Ticks that one slot of each level spans. */
const SPAN = Array.from({ length: LEVELS }, (_, level) => SLOTS ** level)
/** What lies further away (two years) waits in the last slot and is looked at again when its turn comes. */
const HORIZON = SLOTS ** LEVELS - 1

/**
 * A hierarchical timing wheel: adding and removing are O(1), however many wait and however far away.
 *
 * Pure: the time is an argument. A deadline is reported at the first tick (2^20 ns) that is not before it.
 *
 * @see Varghese and Lauck, Hashed and Hierarchical Timing Wheels, SOSP 1987
 */
export class TimingWheel<E extends Expiring> {
  #cursor: number
  #length = 0
  readonly #first: (Expiring | null)[] = new Array<null>(LEVELS * SLOTS).fill(null)
  readonly #last: (Expiring | null)[] = new Array<null>(LEVELS * SLOTS).fill(null)

  constructor(now: Nanos) {
    this.#cursor = Math.floor(now / TICK)
  }

  get length(): number {
    return this.#length
  }

  add(entry: E, now: Nanos): void {
    // An empty wheel may have stood still for long; from here on, near deadlines are near again.
    if (this.#length === 0) this.#cursor = Math.max(this.#cursor, Math.floor(now / TICK))
    this.#length++
    this.#place(entry)
  }

  /** Takes `entry` out; does nothing if it is not in. */
  remove(entry: E): void {
    if (entry.wheelSlot < 0) return
    this.#length--
    this.#unlink(entry)
  }

  /** The time by which `expire` wants to be called, or null when nothing waits. Never later than the first deadline's tick. */
  wakeAt(): Nanos | null {
    const tick = this.#nextTick()
    return tick === Infinity ? null : tick * TICK
  }

  /** Takes out everything whose deadline has come and hands it to `report`, the earliest tick first. */
  expire(now: Nanos, report: (entry: E) => void): void {
    const target = Math.floor(now / TICK)
    for (let tick = this.#nextTick(); tick <= target; tick = this.#nextTick()) {
      this.#cursor = tick
      for (let level = LEVELS - 1; level > 0; level--) {
        if (tick % span(level) === 0) this.#cascade(level * SLOTS + mod(tick / span(level)))
      }
      this.#report(mod(tick), report)
    }
    this.#cursor = Math.max(this.#cursor, target)
  }

  #place(entry: Expiring): void {
    const due = Math.max(Math.ceil(entry.deadline / TICK), this.#cursor + 1)
    const distance = Math.min(due - this.#cursor, HORIZON)
    let level = 0
    while (level < LEVELS - 1 && distance >= span(level + 1)) level++
    const position = level === 0 ? due : Math.floor((this.#cursor + distance) / span(level))
    this.#link(entry, level * SLOTS + mod(position))
  }

  #link(entry: Expiring, slot: number): void {
    const last = this.#last[slot] ?? null
    entry.wheelSlot = slot
    entry.wheelPrevious = last
    entry.wheelNext = null
    if (last === null) this.#first[slot] = entry
    else last.wheelNext = entry
    this.#last[slot] = entry
  }

  #unlink(entry: Expiring): void {
    const { wheelPrevious: previous, wheelNext: next, wheelSlot: slot } = entry
    if (previous === null) this.#first[slot] = next
    else previous.wheelNext = next
    if (next === null) this.#last[slot] = previous
    else next.wheelPrevious = previous
    entry.wheelPrevious = entry.wheelNext = null
    entry.wheelSlot = -1
  }

  /** The first tick after the cursor at which a slot is due, to be reported or to be spread over the level below. */
  #nextTick(): number {
    let first = Infinity
    if (this.#length === 0) return first
    for (let level = 0; level < LEVELS; level++) {
      const base = Math.floor(this.#cursor / span(level))
      for (let step = 1; step <= SLOTS; step++) {
        const tick = (base + step) * span(level)
        if (tick >= first) break
        if (this.#first[level * SLOTS + mod(base + step)] !== null) first = tick
      }
    }
    return first
  }

  #cascade(slot: number): void {
    for (let entry = this.#first[slot] ?? null; entry !== null; entry = this.#first[slot] ?? null) {
      this.#unlink(entry)
      // The slot's own tick may be the deadline's: then it is due in this very step.
      if (Math.ceil(entry.deadline / TICK) <= this.#cursor) this.#link(entry, mod(this.#cursor))
      else this.#place(entry)
    }
  }

  #report(slot: number, report: (entry: E) => void): void {
    for (let entry = this.#first[slot] ?? null; entry !== null; entry = this.#first[slot] ?? null) {
      this.#unlink(entry)
      this.#length--
      report(entry as E)
    }
  }
}

/** Slots are counted from the clock's origin, which may lie in the future. */
function mod(position: number): number {
  return ((position % SLOTS) + SLOTS) % SLOTS
}

function span(level: number): number {
  return SPAN[level] ?? Infinity
}

/** The slot of what was added in this turn and is not in the wheel yet. */
const STAGED = LEVELS * SLOTS
/** How many may stand aside. It bounds how many that were removed again are kept from being collected. */
const ASIDE = 1024

/**
 * Many deadlines on one timer.
 *
 * What is added stands aside until `rest` is called at the end of the turn: most of it is removed before, and then costs
 * neither a place in the wheel nor a timer (of a call that is served at once, 30 ns). What is removed is only marked, which
 * is 3 % of a short call less than taking it out of a list. The timer is armed for the earliest deadline and left as it is when
 * that one is removed; `rest` lets go of it when nothing waits any more, so that an idle process can end.
 */
export class Deadlines<E extends Expiring> {
  readonly #wheel: TimingWheel<E>
  readonly #staged: (Expiring | null)[] = new Array<null>(ASIDE).fill(null)
  #stagedCount = 0
  #timer: Timer | null = null
  #armedFor: Nanos = Infinity

  constructor(
    private readonly clock: Clock,
    private readonly expired: (entry: E) => void,
  ) {
    this.#wheel = new TimingWheel(clock.now())
  }

  get length(): number {
    return this.#wheel.length + new Set(this.#staged.filter((entry) => entry?.wheelSlot === STAGED)).size
  }

  /** Watches a deadline, at the latest from the end of this turn on. One at Infinity is never reached and costs nothing. */
  add(entry: E): void {
    if (entry.deadline === Infinity) return
    entry.wheelSlot = STAGED
    this.#staged[this.#stagedCount++] = entry
    if (this.#stagedCount === ASIDE) this.#enterStaged()
  }

  /** Watches it no longer; does nothing if it is not watched. */
  remove(entry: E): void {
    if (entry.wheelSlot === STAGED) entry.wheelSlot = -1
    else if (entry.wheelSlot >= 0) this.#wheel.remove(entry)
  }

  /** To be called at the end of each turn in which something was added or removed. */
  rest(): void {
    if (this.#stagedCount > 0) this.#enterStaged()
    if (this.#wheel.length === 0) this.#disarm()
    else if (this.#timer === null) this.#arm()
  }

  #enterStaged(): void {
    const now = this.clock.now()
    let earliest = Infinity
    for (let i = 0; i < this.#stagedCount; i++) {
      const entry = this.#staged[i] as E
      // It was removed meanwhile; or it was added twice, and is in the wheel already.
      if (entry.wheelSlot !== STAGED) continue
      this.#wheel.add(entry, now)
      if (entry.deadline < earliest) earliest = entry.deadline
    }
    this.#staged.fill(null, 0, this.#stagedCount)
    this.#stagedCount = 0
    if (earliest < this.#armedFor) this.#arm()
  }

  #arm(): void {
    this.#disarm()
    const at = this.#wheel.wakeAt()
    if (at === null) return
    this.#armedFor = at
    this.#timer = this.clock.setTimer(at, this.#fire)
  }

  #disarm(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#armedFor = Infinity
  }

  readonly #fire = (): void => {
    this.#timer = null
    this.#armedFor = Infinity
    this.#wheel.expire(this.clock.now(), this.expired)
    this.#arm()
  }
}
