import { type Clock, type Nanos, NS_PER_MS, type Timer } from '../clock'
import { MinHeap, type Scheduled } from '../min-heap'
import { Ring } from '../ring'
import { wrongArgument } from '../options/wrong-argument'

/** A time, and what is to be done then, in the order in which it was armed. */
interface Moment extends Scheduled {
  /** Also those that were cancelled. */
  readonly timers: Ring<Armed>
  /** How many of them are to fire. */
  left: number
}

interface Armed extends Timer {
  /** Its number among all timers. */
  readonly number: number
  isArmed: boolean
  readonly fn: () => void
}

/** More timers than this that are armed and fire within one `advance` mean an endless loop. */
const MAX_TIMERS = 100_000

/** A clock that moves only when the test moves it. What is no number of milliseconds is refused at once, with an `OptionsError`. */
export interface VirtualClock extends Clock {
  /** Moves forward by `ms`. Fires each timer at its own time and lets all promises settle in between. */
  advance(ms: number): Promise<void>
  /** Resolves when `ms` have passed on this clock; never with Infinity. For handlers and callers in a test that take time. */
  wait(ms: number): Promise<void>
  /** Moves the time without firing a timer, like a handler that blocks the event loop. */
  block(ms: number): void
  /** Runs everything that needs no time: promises and deferred work. */
  settle(): Promise<void>
  /** How many timers are armed. */
  readonly timers: number
}

const FINITE = 'a finite number of milliseconds >= 0'

/** @throws {OptionsError} if the time of a clock would be none after that, or go back */
function checkMs(of: string, ms: unknown): void {
  if (typeof ms === 'number' && Number.isFinite(ms) && ms >= 0) return
  throw wrongArgument({ of, argument: 'time', expected: FINITE }, ms)
}

/**
 * Creates virtual time for tests, so that no test sleeps.
 *
 * @param startMs the first time, in milliseconds
 */
export function virtualClock(startMs = 0): VirtualClock {
  if (!Number.isFinite(startMs)) {
    throw wrongArgument({ of: 'virtualClock', argument: 'time', expected: 'a finite number of milliseconds' }, startMs)
  }
  let now: Nanos = Math.round(startMs * NS_PER_MS)
  let made = 0
  let waiting = 0
  const moments = new Map<Nanos, Moment>()
  const order = new MinHeap<Moment>()
  let deferred: (() => void)[] = []

  const momentAt = (time: Nanos): Moment => {
    // Times are whole, as those of the real clock are: one that is not, put together again from its parts, may come out another.
    const at = Math.ceil(time)
    const known = moments.get(at)
    if (known !== undefined) return known
    const moment: Moment = { heapAt: at, heapIndex: -1, timers: new Ring(), left: 0 }
    moments.set(at, moment)
    order.set(moment, at)
    return moment
  }
  const disarm = (moment: Moment, timer: Armed): void => {
    if (!timer.isArmed) return
    timer.isArmed = false
    waiting--
    if (--moment.left > 0) return
    moments.delete(moment.heapAt)
    order.delete(moment)
  }
  /** Takes out the timer that is the next to fire. */
  const next = (until: Nanos): Armed | undefined => {
    const first = order.first
    if (first === undefined || first.heapAt > until) return undefined
    now = Math.max(now, first.heapAt)
    let timer = first.timers.shift()
    while (!timer.isArmed) timer = first.timers.shift()
    disarm(first, timer)
    return timer
  }
  const settle = async (): Promise<void> => {
    do {
      const batch = deferred
      deferred = []
      for (const fn of batch) fn()
      // A macrotask of the real event loop lets every promise that can settle do so.
      await new Promise((resolve) => setImmediate(resolve))
    } while (deferred.length > 0)
  }

  const setTimer = (at: Nanos, fn: () => void): Timer => {
    if (typeof at !== 'number' || Number.isNaN(at)) {
      throw wrongArgument({ of: 'setTimer', argument: 'time', expected: 'a time in nanoseconds' }, at)
    }
    const moment = momentAt(at)
    const timer: Armed = { number: made++, isArmed: true, fn, cancel: () => disarm(moment, timer) }
    moment.timers.push(timer)
    moment.left++
    waiting++
    return timer
  }

  const advance = async (ms: number): Promise<void> => {
    const until = now + Math.round(ms * NS_PER_MS)
    await settle()
    const before = made
    let fired = 0
    for (let timer = next(until); timer !== undefined; timer = next(until)) {
      if (timer.number >= before && ++fired > MAX_TIMERS)
        throw new Error(`${MAX_TIMERS} timers were armed and fired within ${ms} ms: one arms itself again without end.`)
      timer.fn()
      await settle()
    }
    now = Math.max(now, until)
    await settle()
  }

  return {
    now: () => now,
    setTimer,
    wait(ms) {
      if (ms !== Infinity) checkMs('wait', ms)
      return new Promise((resolve) => setTimer(now + ms * NS_PER_MS, resolve))
    },
    defer: (fn) => void deferred.push(fn),
    advance(ms) {
      checkMs('advance', ms)
      return advance(ms)
    },
    block(ms) {
      checkMs('block', ms)
      now += Math.round(ms * NS_PER_MS)
    },
    settle,
    get timers() {
      return waiting
    },
  }
}
