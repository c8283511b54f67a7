import { type Clock, type Nanos, NS_PER_MS, type Timer } from '../clock'
import { wrongArgument } from '../options/wrong-argument'

interface Scheduled extends Timer {
  readonly at: Nanos
  readonly order: number
  readonly fn: () => void
}

/** More timers than this in one `advance` mean an endless loop. */
const MAX_TIMERS = 100_000

/** A clock that moves only when the test moves it. */
export interface VirtualClock extends Clock {
  /** Moves forward by `ms`. Fires each timer at its own time and lets all promises settle in between. */
  advance(ms: number): Promise<void>
  /** Resolves when `ms` have passed on this clock. For handlers and callers in a test that take time. */
  wait(ms: number): Promise<void>
  /** Moves the time without firing a timer, like a handler that blocks the event loop. */
  block(ms: number): void
  /** Runs everything that needs no time: promises and deferred work. */
  settle(): Promise<void>
  /** How many timers are armed. */
  readonly timers: number
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
          throw new Error(`${MAX_TIMERS} timers fired within ${ms} ms: a timer arms itself again without end.`)
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
