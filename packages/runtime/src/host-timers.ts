import timers from 'node:timers'
import { type Nanos, NS_PER_MS } from './nanos'

/** Node's own, also where a test has replaced the global ones. */
const { setTimeout: wait, setImmediate: defer, clearImmediate: undefer } = timers

/** The longest delay that `setTimeout` accepts. A longer one takes several steps. */
const MAX_DELAY_MS = 2 ** 31 - 1

/** Node's timers fire up to a millisecond early. What fires earlier, or again early, goes by another time than the clock. */
const EARLY: Nanos = NS_PER_MS

/** How often to look whether replaced timers have ended: at first, and at last. Milliseconds. */
const FIRST_LOOK_MS = 8
const LAST_LOOK_MS = 1_000

/** The time that timers wait for. */
export interface Time {
  now(): Nanos
  /** Moves the time on. */
  skipTo(now: Nanos): void
}

/** What tells milliseconds. */
export type TimeSource = Pick<typeof performance, 'now'>

/**
 * The time that `setTimeout` goes by. A test may have replaced it and not `performance`: the fake timers of Jest, Vitest and Sinon have
 * their own one then, too.
 */
export function timeOfTimers(): TimeSource {
  if (setTimeout === wait) return performance
  return (setTimeout as { clock?: { performance?: TimeSource } }).clock?.performance ?? performance
}

/**
 * The timers of a process.
 *
 * The fake timers of a test replace the global functions, for a while. What was set with the old ones fires late or never: when
 * the time notices a change it calls `moveAll`, which sets all of them with the new ones.
 */
export class HostTimers {
  private readonly waiting = new Set<HostTimer>()
  private isLooking = false
  private lookMs = FIRST_LOOK_MS

  constructor(readonly time: Time) {}

  add(timer: HostTimer): void {
    this.waiting.add(timer)
    if (!this.isLooking && setTimeout !== wait) this.lookLater()
  }

  has(timer: HostTimer): boolean {
    return this.waiting.has(timer)
  }

  delete(timer: HostTimer): void {
    this.waiting.delete(timer)
  }

  /** Sets all timers with the functions that there are now. */
  moveAll(): void {
    this.lookMs = FIRST_LOOK_MS
    for (const timer of this.waiting) timer.arm()
    if (!this.isLooking && this.waiting.size > 0 && setTimeout !== wait) this.lookLater()
  }

  /** Nothing says when fake timers end, and then nothing may happen in this process but what waits for one of them. */
  private lookLater(): void {
    this.isLooking = true
    wait(this.look, this.lookMs).unref()
    this.lookMs = Math.min(this.lookMs * 2, LAST_LOOK_MS)
  }

  private readonly look = (): void => {
    this.time.now()
    this.isLooking = this.waiting.size > 0 && setTimeout !== wait
    if (this.isLooking) this.lookLater()
  }
}

/** A timer of a process. It fires once, at `at` or later. */
export class HostTimer {
  private handle: ReturnType<typeof setTimeout> | undefined
  /** Belongs to the function that made the handle. */
  private clear = clearTimeout
  /** When the handle fires. */
  private due: Nanos = 0
  private wasEarly = false

  constructor(
    private readonly timers: HostTimers,
    private readonly at: Nanos,
    private readonly what: { readonly fn: () => void; readonly holds: boolean },
  ) {
    this.arm()
    timers.add(this)
  }

  cancel(): void {
    this.disarm()
    this.timers.delete(this)
  }

  arm(): void {
    const now = this.timers.time.now()
    const delay = Math.min(Math.max(Math.ceil((this.at - now) / NS_PER_MS), 0), MAX_DELAY_MS)
    this.disarm()
    this.due = now + delay * NS_PER_MS
    this.clear = clearTimeout
    this.handle = setTimeout(this.fire, delay)
    if (!this.what.holds) this.handle.unref()
  }

  private disarm(): void {
    if (this.handle === undefined) return
    this.clear(this.handle)
    this.handle = undefined
  }

  private readonly fire = (): void => {
    // The mock timers of `node:test` call a function again that has set an immediate.
    if (!this.timers.has(this)) return
    this.handle = undefined
    if (this.passed() < this.at) return this.armAgain()
    this.cancel()
    this.what.fn()
  }

  /**
   * The time, of which as much has passed as this timer has waited. With the mock timers of `node:test`, only timers tell how time
   * passes.
   */
  private passed(): Nanos {
    const { time } = this.timers
    const now = time.now()
    const isMoved = this.handle !== undefined
    if (isMoved || setTimeout === wait || this.due <= now) return now
    if (this.due - now < EARLY && !this.wasEarly) {
      this.wasEarly = true
      return now
    }
    time.skipTo(this.due)
    return this.due
  }

  /** Node rounds timers to whole milliseconds and may fire just before `at`: then it waits for the remainder. */
  private armAgain(): void {
    if (this.handle === undefined) this.arm()
  }
}

/**
 * Runs `fn` once, after the event loop has handled the input and output of this turn. Fake timers may end before they come to it, and
 * in the sync form they do not let the event loop go on: the one that comes first runs it.
 */
export function deferInHost(fn: () => void): void {
  if (setImmediate === defer) return void defer(fn)
  const clear = clearImmediate
  let isDone = false
  const run = (): void => {
    if (isDone) return
    isDone = true
    clear(theirs)
    undefer(own)
    fn()
  }
  const theirs = setImmediate(run)
  const own = defer(run)
}
