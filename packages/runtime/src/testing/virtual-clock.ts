import { type Clock, type Nanos, NS_PER_MS, type Timer } from '../clock'

interface Scheduled extends Timer {
  readonly at: Nanos
  readonly order: number
  readonly fn: () => void
}

/** More timers than this in one step are an endless loop. */
const MAX_TIMERS = 100_000

/** A clock that only moves when it is told to. */
export interface VirtualClock extends Clock {
  /** Moves on by `ms`, firing each timer at its own time and letting all promises settle in between. */
  advance(ms: number): Promise<void>
  /** Settles when `ms` have passed on this clock: what a handler or a caller of a test waits for. */
  wait(ms: number): Promise<void>
  /** Moves the time without firing anything, as a handler does that blocks the event loop. */
  block(ms: number): void
  /** Lets everything happen that needs no time: promises and deferred work. */
  settle(): Promise<void>
  /** How many timers are armed. */
  readonly timers: number
}

/**
 * Virtual time for tests: no test has to sleep.
 *
 * @param startMs where time starts, in milliseconds
 */
export function virtualClock(startMs = 0): VirtualClock {
  let now: Nanos = Math.round(startMs * NS_PER_MS)
  let order = 0
  const timers = new Set<Scheduled>()
  let deferred: (() => void)[] = []

  const next = (until: Nanos): Scheduled | undefined => {
    let first: Scheduled | undefined
    for (const timer of timers) {
      if (timer.at > until) continue
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order))
        first = timer
    }
    return first
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
    const timer: Scheduled = { at, fn, order: order++, cancel: () => void timers.delete(timer) }
    timers.add(timer)
    return timer
  }

  return {
    now: () => now,
    setTimer,
    wait: (ms) => new Promise((resolve) => setTimer(now + ms * NS_PER_MS, resolve)),
    defer: (fn) => void deferred.push(fn),
    async advance(ms) {
      const until = now + Math.round(ms * NS_PER_MS)
      await settle()
      let fired = 0
      for (let timer = next(until); timer !== undefined; timer = next(until)) {
        if (++fired > MAX_TIMERS)
          throw new Error(`${MAX_TIMERS} timers fired within ${ms} ms: one arms itself again and again`)
        timers.delete(timer)
        now = Math.max(now, timer.at)
        timer.fn()
        await settle()
      }
      now = Math.max(now, until)
      await settle()
    },
    block(ms) {
      now += Math.round(ms * NS_PER_MS)
    },
    settle,
    get timers() {
      return timers.size
    },
  }
}
