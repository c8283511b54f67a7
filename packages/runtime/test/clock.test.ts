import { type Clock, NS_PER_MS, systemClock } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'

const waitFor = (clock: Clock, ms: number): Promise<number> => {
  const at = clock.now() + ms * NS_PER_MS
  return new Promise((resolve) => clock.setTimer(at, () => resolve(clock.now() - at)))
}

describe('systemClock', () => {
  it('never fires a timer early', async () => {
    const late = await Promise.all(Array.from({ length: 50 }, (_, i) => waitFor(systemClock, (i % 7) + 0.3)))
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0)
  })

  it('takes a delay that setTimeout cannot, without firing at once', async () => {
    let fired = false
    const timer = systemClock.setTimer(systemClock.now() + 2 ** 33 * NS_PER_MS, () => (fired = true))
    await waitFor(systemClock, 5)
    timer.cancel()
    timer.cancel()
    expect(fired).toBe(false)
  })

  it('never shows a time that V8 takes for a small integer, also right after the start of the process', () => {
    expect(systemClock.now() - performance.now() * NS_PER_MS).toBeGreaterThan(2 ** 31)
  })

  it('counts whole nanoseconds and never runs backwards', () => {
    let last = systemClock.now()
    for (let i = 0; i < 1000; i++) {
      const now = systemClock.now()
      expect(Number.isInteger(now)).toBe(true)
      expect(now).toBeGreaterThanOrEqual(last)
      last = now
    }
  })

  describe("with Jest's fake timers", () => {
    afterEach(() => jest.useRealTimers())

    it('goes on where it was when they begin, moves with them, and goes on where it was when they end', () => {
      const before = systemClock.now()
      jest.useFakeTimers()
      const frozen = systemClock.now()
      expect(frozen).toBeGreaterThanOrEqual(before)
      expect(frozen - before).toBeLessThan(1_000 * NS_PER_MS)
      jest.advanceTimersByTime(3_600_000)
      expect(systemClock.now()).toBe(frozen + 3_600_000 * NS_PER_MS)
      jest.useRealTimers()
      expect(systemClock.now()).toBeGreaterThanOrEqual(frozen + 3_600_000 * NS_PER_MS)
      expect(systemClock.now()).toBeLessThan(frozen + 3_700_000 * NS_PER_MS)
    })

    it('follows performance if nothing else is replaced, from the next turn on', async () => {
      const before = systemClock.now()
      const real = performance
      try {
        let shown = 5
        globalThis.performance = { now: () => shown } as typeof performance
        await new Promise<void>((resolve) => systemClock.defer(resolve))
        const frozen = systemClock.now()
        expect(frozen).toBeGreaterThanOrEqual(before)
        shown += 3
        expect(systemClock.now()).toBe(frozen + 3 * NS_PER_MS)
      } finally {
        globalThis.performance = real
        await new Promise<void>((resolve) => systemClock.defer(resolve))
      }
    })

    it('goes on when they are replaced by others, and fires its timers by them', () => {
      jest.useFakeTimers()
      jest.advanceTimersByTime(1_000)
      const before = systemClock.now()
      jest.useRealTimers()
      jest.useFakeTimers()
      expect(systemClock.now()).toBeGreaterThanOrEqual(before)
      const fired = jest.fn()
      systemClock.setTimer(systemClock.now() + 20 * NS_PER_MS, fired)
      jest.advanceTimersByTime(19)
      expect(fired).not.toHaveBeenCalled()
      jest.advanceTimersByTime(1)
      expect(fired).toHaveBeenCalledTimes(1)
    })
  })
})

describe('virtualClock', () => {
  it('fires timers at their own times, in order, letting promises settle in between', async () => {
    const clock = virtualClock(10)
    const seen: string[] = []
    const at = (ms: number, then?: () => void): void => {
      clock.setTimer(ms * NS_PER_MS, () => {
        seen.push(`${ms} at ${clock.now() / NS_PER_MS}`)
        void Promise.resolve().then(() => seen.push(`settled ${ms}`))
        then?.()
      })
    }
    at(30)
    at(20, () => at(25))
    at(5)
    at(50)
    await clock.advance(25)
    expect(seen).toEqual([
      '5 at 10',
      'settled 5',
      '20 at 20',
      'settled 20',
      '25 at 25',
      'settled 25',
      '30 at 30',
      'settled 30',
    ])
    expect(clock.now()).toBe(35 * NS_PER_MS)
    expect(clock.timers).toBe(1)
  })

  it('shows whole nanoseconds, as the real one does, also when a timer fires between two of them', async () => {
    const clock = virtualClock()
    const seen: number[] = []
    for (const at of [1.5, 2, 0.000_000_1]) clock.setTimer(at, () => void seen.push(clock.now()))
    void clock.wait(1e-6 / 3).then(() => seen.push(clock.now()))
    await clock.advance(1)
    expect(seen).toEqual([1, 1, 2, 2])
  })

  it('runs deferred work without moving the time', async () => {
    const clock = virtualClock()
    const seen: number[] = []
    clock.defer(() => {
      seen.push(1)
      clock.defer(() => seen.push(2))
    })
    await clock.settle()
    expect(seen).toEqual([1, 2])
    expect(clock.now()).toBe(0)
  })

  it('fires no timer that was cancelled, also among others of its time', async () => {
    const clock = virtualClock()
    const seen: number[] = []
    const timers = [0, 1, 2, 3].map((n) => clock.setTimer(5, () => seen.push(n)))
    timers[0]?.cancel()
    timers[2]?.cancel()
    timers[2]?.cancel()
    expect(clock.timers).toBe(2)
    await clock.advance(1)
    timers[1]?.cancel()
    expect(clock.timers).toBe(0)
    clock.setTimer(5, () => seen.push(4))
    await clock.advance(1)
    expect(seen).toEqual([1, 3, 4])
  })

  it('fires more timers than an endless loop may, if they were armed before', async () => {
    const clock = virtualClock()
    let fired = 0
    for (let i = 0; i < 100_001; i++) clock.setTimer(i % 7, () => fired++)
    await clock.advance(1)
    expect(fired).toBe(100_001)
  })

  it('ends a loop of timers that arm themselves again', async () => {
    const clock = virtualClock()
    const again = (): void => void clock.setTimer(clock.now(), again)
    again()
    await expect(clock.advance(1)).rejects.toThrow('one arms itself again without end')
  })

  describe.each(['advance', 'wait', 'block'] as const)('%s', (name) => {
    it.each([undefined, null, NaN, -5, -Infinity, '5', 5n, {}])('refuses %p, and the time stays', async (given) => {
      const clock = virtualClock(7)
      expect(() => clock[name](given as never)).toThrow(
        `The time given to ${name} is wrong: expected a finite number of milliseconds >= 0, got `,
      )
      expect([clock.now(), clock.timers]).toEqual([7 * NS_PER_MS, 0])
      await clock.advance(1)
      expect(clock.now()).toBe(8 * NS_PER_MS)
    })
  })

  it('does not move to the end of time, and waits for it without end', async () => {
    const clock = virtualClock()
    expect(() => clock.advance(Infinity)).toThrow('expected a finite number of milliseconds >= 0, got Infinity')
    expect(() => clock.block(Infinity)).toThrow('expected a finite number of milliseconds >= 0, got Infinity')
    let hasEnded = false
    void clock.wait(Infinity).then(() => (hasEnded = true))
    await clock.advance(1e9)
    expect([hasEnded, clock.now()]).toEqual([false, 1e9 * NS_PER_MS])
  })

  it.each([undefined, NaN, '5'])('refuses a timer for %p', (at) => {
    const clock = virtualClock()
    expect(() => clock.setTimer(at as never, () => undefined)).toThrow('expected a time in nanoseconds')
    expect(clock.timers).toBe(0)
  })
})
