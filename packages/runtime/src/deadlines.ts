import { type Clock, type Nanos, type Timer } from './clock'

/** An entry with a deadline. The other fields belong to the wheel; start them as null, null and -1. */
export interface Expiring {
  readonly deadline: Nanos
  wheelPrevious: Expiring | null
  wheelNext: Expiring | null
  /** The slot that holds it, or -1. */
  wheelSlot: number
}

/** Below a millisecond, the resolution of Node's own timers. A power of two, so that dividing by it is exact. */
const TICK: Nanos = 2 ** 19
const LEVELS = 6
const SLOTS = 64
/** Ticks that one slot of each level spans. */
const SPAN = Array.from({ length: LEVELS }, (_, level) => SLOTS ** level)
/** The longest distance in ticks, about a year. A later deadline waits in the last slot and is placed again from there. */
const HORIZON = SLOTS ** LEVELS - 1

/**
 * A hierarchical timing wheel: adding and removing are O(1), for any number of entries and any distance.
 *
 * Pure: the time is an argument. An entry expires at the first tick (2^19 ns) that is not before its deadline.
 *
 * @see Varghese and Lauck, Hashed and Hierarchical Timing Wheels, SOSP 1987
 */
export class TimingWheel<E extends Expiring> {
  private cursor: number
  private count = 0
  /** The first and the last entry of each slot. Made for the first entry: many wheels never have one. */
  private first: (Expiring | null)[] = []
  private last: (Expiring | null)[] = []

  constructor(now: Nanos) {
    this.cursor = Math.floor(now / TICK)
  }

  get length(): number {
    return this.count
  }

  add(entry: E, now: Nanos): void {
    // An empty wheel does not move. Catch up first, so that a near deadline counts as near.
    if (this.count === 0) this.begin(now)
    this.count++
    this.place(entry)
  }

  private begin(now: Nanos): void {
    this.cursor = Math.max(this.cursor, Math.floor(now / TICK))
    if (this.first.length > 0) return
    this.first = new Array<null>(LEVELS * SLOTS).fill(null)
    this.last = new Array<null>(LEVELS * SLOTS).fill(null)
  }

  /** Removes `entry`; does nothing if the wheel does not hold it. */
  remove(entry: E): void {
    if (entry.wheelSlot < 0) return
    this.count--
    this.unlink(entry)
  }

  /** When to call `expire` next, or null for an empty wheel. Never later than the tick of the first deadline. */
  wakeAt(): Nanos | null {
    const tick = this.nextTick()
    return tick === Infinity ? null : tick * TICK
  }

  /** Removes every entry whose deadline has come and passes it to `report`, the earliest tick first. */
  expire(now: Nanos, report: (entry: E) => void): void {
    const target = Math.floor(now / TICK)
    for (let tick = this.nextTick(); tick <= target; tick = this.nextTick()) {
      this.cursor = tick
      for (let level = LEVELS - 1; level > 0; level--) {
        if (tick % span(level) === 0) this.cascade(level * SLOTS + mod(tick / span(level)))
      }
      this.report(mod(tick), report)
    }
    this.cursor = Math.max(this.cursor, target)
  }

  private place(entry: Expiring): void {
    const due = Math.max(Math.ceil(entry.deadline / TICK), this.cursor + 1)
    const distance = Math.min(due - this.cursor, HORIZON)
    let level = 0
    while (level < LEVELS - 1 && distance >= span(level + 1)) level++
    const position = level === 0 ? due : Math.floor((this.cursor + distance) / span(level))
    this.link(entry, level * SLOTS + mod(position))
  }

  private link(entry: Expiring, slot: number): void {
    const last = this.last[slot] ?? null
    entry.wheelSlot = slot
    entry.wheelPrevious = last
    entry.wheelNext = null
    if (last === null) this.first[slot] = entry
    else last.wheelNext = entry
    this.last[slot] = entry
  }

  private unlink(entry: Expiring): void {
    const { wheelPrevious: previous, wheelNext: next, wheelSlot: slot } = entry
    if (previous === null) this.first[slot] = next
    else previous.wheelNext = next
    if (next === null) this.last[slot] = previous
    else next.wheelPrevious = previous
    entry.wheelPrevious = entry.wheelNext = null
    entry.wheelSlot = -1
  }

  /** The first tick after the cursor at which a slot is due: to expire, or to spread over the level below. */
  private nextTick(): number {
    let first = Infinity
    if (this.count === 0) return first
    for (let level = 0; level < LEVELS; level++) {
      const base = Math.floor(this.cursor / span(level))
      for (let step = 1; step <= SLOTS; step++) {
        const tick = (base + step) * span(level)
        if (tick >= first) break
        if (this.first[level * SLOTS + mod(base + step)] !== null) first = tick
      }
    }
    return first
  }

  private cascade(slot: number): void {
    for (let entry = this.first[slot] ?? null; entry !== null; entry = this.first[slot] ?? null) {
      this.unlink(entry)
      // The deadline may be at the slot's own tick: then it is due in this step.
      if (Math.ceil(entry.deadline / TICK) <= this.cursor) this.link(entry, mod(this.cursor))
      else this.place(entry)
    }
  }

  private report(slot: number, report: (entry: E) => void): void {
    for (let entry = this.first[slot] ?? null; entry !== null; entry = this.first[slot] ?? null) {
      this.unlink(entry)
      this.count--
      report(entry as E)
    }
  }
}

/** The remainder of a position, also of a negative one: the clock's origin may lie in the future. */
function mod(position: number): number {
  return ((position % SLOTS) + SLOTS) % SLOTS
}

function span(level: number): number {
  return SPAN[level] ?? Infinity
}

/** The slot number of an entry that was added in this turn and is not in the wheel yet. */
const STAGED = LEVELS * SLOTS
/**
 * How many entries may be staged. Removed entries stay reachable until then, and a garbage collection copies them: with 128 instead of
 * 1024, a call takes 5 to 10 % less.
 */
const MAX_STAGED = 128

/**
 * Many deadlines on one timer.
 *
 * New entries are staged until the end of the turn, when the owner calls `rest`. Most of them are removed before and need
 * neither a place in the wheel nor a timer. Removing a staged entry only marks it.
 * The timer is armed for the earliest deadline and stays armed when that entry is removed. `rest` cancels it when nothing
 * waits, so that an idle process can end.
 *
 * Fast path: staging. Saves 30 ns of a call that is served at once.
 * Fast path: marking instead of removing from a list. Saves 3 % of a short call (bench: call).
 */
export class Deadlines<E extends Expiring> {
  private readonly wheel: TimingWheel<E>
  private readonly staged: (Expiring | null)[] = []
  private stagedCount = 0
  private timer: Timer | null = null
  private armedFor: Nanos = Infinity

  constructor(
    private readonly clock: Clock,
    private readonly expired: (entry: E) => void,
  ) {
    this.wheel = new TimingWheel(clock.now())
  }

  get length(): number {
    return this.wheel.length + new Set(this.staged.filter((entry) => entry?.wheelSlot === STAGED)).size
  }

  /** Watches a deadline, from the end of this turn at the latest. A deadline at Infinity costs nothing. */
  add(entry: E): void {
    if (entry.deadline === Infinity) return
    entry.wheelSlot = STAGED
    this.staged[this.stagedCount++] = entry
    if (this.stagedCount === MAX_STAGED) this.makeRoom()
  }

  /** Stops watching `entry`; does nothing if it is not watched. */
  remove(entry: E): void {
    if (entry.wheelSlot === STAGED) entry.wheelSlot = -1
    else if (entry.wheelSlot >= 0) this.wheel.remove(entry)
  }

  /** Arms or cancels the timer. The owner calls it at the end of each turn in which it added or removed an entry. */
  rest(): void {
    if (this.stagedCount > 0) this.enterStaged()
    if (this.wheel.length === 0) this.disarm()
    else if (this.timer === null) this.arm()
  }

  /** Forgets staged entries that were removed. If few were, all others enter the wheel. */
  private makeRoom(): void {
    let kept = 0
    for (let i = 0; i < MAX_STAGED; i++) {
      const entry = this.staged[i] as Expiring
      if (entry.wheelSlot === STAGED) this.staged[kept++] = entry
    }
    this.staged.fill(null, kept)
    this.stagedCount = kept
    if (kept > MAX_STAGED / 2) this.enterStaged()
  }

  private enterStaged(): void {
    const now = this.clock.now()
    let earliest = Infinity
    for (let i = 0; i < this.stagedCount; i++) {
      const entry = this.staged[i] as E
      // It was removed in the meantime, or it was added twice and is already in the wheel.
      if (entry.wheelSlot !== STAGED) continue
      this.wheel.add(entry, now)
      if (entry.deadline < earliest) earliest = entry.deadline
    }
    this.staged.fill(null, 0, this.stagedCount)
    this.stagedCount = 0
    if (earliest < this.armedFor) this.arm()
  }

  private arm(): void {
    this.disarm()
    const at = this.wheel.wakeAt()
    if (at === null) return
    this.armedFor = at
    this.timer = this.clock.setTimer(at, this.fire)
  }

  private disarm(): void {
    this.timer?.cancel()
    this.timer = null
    this.armedFor = Infinity
  }

  private readonly fire = (): void => {
    this.timer = null
    this.armedFor = Infinity
    this.wheel.expire(this.clock.now(), this.expired)
    this.arm()
  }
}
