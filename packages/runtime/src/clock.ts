import { withoutContext } from './caller-context'
import { deferInHost, HostTimer, HostTimers, type Time, timeOfTimers, type TimeSource } from './host-timers'
import { type Nanos, NS_PER_MS } from './nanos'

export { type Nanos, NS_PER_MS }

/** A timer that can be cancelled. Cancelling it again, or after it has fired, does nothing. */
export interface Timer {
  cancel(): void
}

/**
 * The source of time. Everything that waits takes a clock, so that tests run in virtual time.
 *
 * `systemClock` is the real one. A test moves `virtualClock()` of `@genpool/runtime/testing` by hand.
 */
export interface Clock {
  /** The current time. Never less than an earlier reading. */
  now(): Nanos
  /**
   * Runs `fn` once, as soon as `now() >= at`, in its own macrotask. Any distance works, also more than 2^31 ms.
   *
   * @param holds whether the process waits for it instead of ending. Default: yes
   */
  setTimer(at: Nanos, fn: () => void, holds?: boolean): Timer
  /** Runs `fn` after the event loop has handled the input and output of this turn. */
  defer(fn: () => void): void
}

/**
 * Where the time of a process begins. V8 compiles what handles times for small integers, as long as all have been below 2^31, and
 * once more for larger ones: from 0, each process would do so 2.1 seconds after its start, and each thread.
 */
const BEGIN: Nanos = 2 ** 32

/**
 * `performance.now` in nanoseconds, which goes on where it is when that function is replaced: the fake timers of a test begin at 0,
 * and the true ones are elsewhere when they come back.
 *
 * Fast path: fake timers replace `setTimeout`, too, which V8 knows to be the same as before without reading it. `performance` has a
 * getter, and is read only then and once in each turn. Saves 7 % of a call, one at a time.
 */
class MonotonicTime implements Time {
  private host: TimeSource = performance
  private source = this.host.now
  private timeout = setTimeout
  private ahead = BEGIN
  readonly timers = new HostTimers(this)

  now(): Nanos {
    if (setTimeout !== this.timeout || this.host.now !== this.source) this.follow()
    return Math.round(this.host.now() * NS_PER_MS) + this.ahead
  }

  skipTo(now: Nanos): void {
    this.ahead += now - this.now()
  }

  /** Goes on with what there is now. What was replaced still tells its time. */
  follow(): void {
    const host = timeOfTimers()
    if (host !== this.host || host.now !== this.source) this.goOn(host)
    if (setTimeout === this.timeout) return
    this.timeout = setTimeout
    this.timers.moveAll()
  }

  private goOn(host: TimeSource): void {
    const last = Math.round(this.source.call(this.host) * NS_PER_MS) + this.ahead
    this.host = host
    this.source = host.now
    this.ahead = last - Math.round(host.now() * NS_PER_MS)
  }
}

const time = new MonotonicTime()

/** The monotonic clock of this process. Its timers keep the process alive until they fire or are cancelled, unless they are set with `holds: false`. */
export const systemClock: Clock = {
  now: () => time.now(),
  // A timer is seldom of one caller only, and would keep what the context holds in memory.
  setTimer: (at, fn, holds = true) => withoutContext(() => new HostTimer(time.timers, at, { fn, holds })),
  defer: (fn) => {
    time.follow()
    deferInHost(fn)
  },
}

/** What all threads share, also where a test has replaced it. */
const hrtime = process.hrtime.bigint

/**
 * The clock of another thread of this process: a deadline of the one is one of the other.
 *
 * @param offset what `clockOffset` returned there
 */
export function clockOfThread(offset: bigint): Clock {
  const ahead = Number(hrtime() - offset) - systemClock.now()
  return {
    now: () => systemClock.now() + ahead,
    setTimer: (at, fn, holds) => systemClock.setTimer(at - ahead, fn, holds),
    defer: (fn) => systemClock.defer(fn),
  }
}

/** By how much the time of all threads is ahead of a clock that shows `now`. */
export function clockOffset(now: Nanos): bigint {
  return hrtime() - BigInt(now)
}
