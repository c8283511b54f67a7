import { RunMeter, Turn } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'

const setUp = () => {
  const clock = virtualClock(1)
  let readings = 0
  const turn = Turn.of({ ...clock, now: () => (readings++, clock.now()) })
  turn.refresh()
  const meter = new RunMeter(turn)
  meter.begin()
  /** What the end of a piece says. */
  const ended = (): [number, number][] => {
    const mean = meter.tick()
    return mean < 0 ? [] : [[mean, meter.measured]]
  }
  const single = (ms: number, gap = 0): [number, number][] => {
    clock.block(gap)
    meter.beginOne()
    clock.block(ms)
    return ended()
  }
  return { clock, turn, meter, ended, single, readings: () => readings }
}
const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i))

describe('the meter of runs', () => {
  it('measures short work in strides of up to sixteen pieces, and long work piece by piece', () => {
    const { clock, ended } = setUp()
    const work = (ms: number) => {
      clock.block(ms)
      return ended()
    }
    expect(times(47, () => work(0.001)).flat()).toEqual([
      [1000, 1],
      [1000, 2],
      [1000, 4],
      [1000, 8],
      [1000, 16],
      [1000, 16],
    ])
    expect(times(19, () => work(2)).flat()).toEqual([
      [2e6, 16],
      [2e6, 1],
      [2e6, 1],
      [2e6, 1],
    ])
  })

  it('measures the rest of a stride when the pieces come to an end', () => {
    const { clock, meter } = setUp()
    const counted = times(10, (round) => {
      meter.begin()
      const ends = times(round, () => {
        clock.block(0.001)
        return meter.tick() < 0 ? 0 : meter.measured
      })
      return ends.reduce((sum, n) => sum + n, 0) + (meter.flush() < 0 ? 0 : meter.measured)
    })
    expect(counted).toEqual(times(10, (round) => round))
    expect(meter.flush()).toBe(-1)
  })

  it('counts single pieces, though it measures one of 64: each measurement stands for those before it', () => {
    const { single, readings } = setUp()
    times(500, () => single(0.001))
    const before = readings()
    const measured = times(1000, () => single(0.001)).flat()
    expect(new Set(measured.map(([mean]) => mean))).toEqual(new Set([1000]))
    const count = measured.reduce((sum, [, stands]) => sum + stands, 0)
    expect(count).toBeGreaterThan(1000 - 64)
    expect(count).toBeLessThan(1000 + 64)
    expect(readings() - before).toBeLessThan(2 * (1000 / 64) + 20)
  })

  it.each([0.0005, 0.001, 0.002, 0.004])('lets single pieces of %p ms share a reading for 80 µs', (ms) => {
    const { clock, turn, single } = setUp()
    times(500, () => single(ms))
    const ages = times(500, () => {
      single(ms)
      return clock.now() - turn.last
    })
    expect(Math.max(...ages)).toBeLessThanOrEqual(80_000)
    expect(Math.max(...ages)).toBeGreaterThan(25_000)
  })

  it('reads the clock after at most sixteen pieces that run in a row, also after single ones', () => {
    const readingsIn = (singles: number): number[] => {
      const { clock, turn, meter, single, ended } = setUp()
      times(singles, () => single(0.001))
      turn.refresh()
      meter.begin()
      const row = (): number[] => (clock.block(0.001), ended().map(([, stands]) => stands))
      return times(3, () => times(16, row).flat().length)
    }
    expect(times(64, (i) => readingsIn(500 + i))).toEqual(times(64, () => [1, 1, 1]))
  })

  it('does not count what ran between single pieces as a part of them', () => {
    const { single } = setUp()
    const measured = times(100, () => single(0.5, 3)).flat()
    expect(measured).toEqual(times(100, () => [500_000, 1]))
  })

  it('measures each single piece while some take long, wherever they are', () => {
    const { single } = setUp()
    const long = (i: number): boolean => i % 10 === 3
    times(100, () => single(0.001))
    const measured = times(100, (i) => single(long(i) ? 5 : 0.001)).flat()
    const of = (ns: number): number => measured.reduce((sum, [mean, stands]) => sum + (mean === ns ? stands : 0), 0)
    // Those of the first stride may stand for others.
    expect(of(5e6)).toBeGreaterThanOrEqual(8)
    expect(of(5e6)).toBeLessThanOrEqual(12)
  })

  it('measures fewer single pieces after each break between them, until one of them is long again', () => {
    const { single } = setUp()
    /** How many are measured after a break. */
    const measured = (): number => {
      single(0.001, 3)
      return times(300, () => single(0.001))
        .flat()
        .filter(([, stands]) => stands === 1).length
    }
    times(500, () => single(0.001))
    const counts = times(8, measured)
    expect(counts[0]).toBeGreaterThan(100)
    expect(counts.at(-1)).toBeLessThan(20)
    times(20, () => single(5))
    expect(measured()).toBeGreaterThan(200)
  })

  it('measures few pieces one by one after one that was held up, and many if another one is long meanwhile', () => {
    const { clock, ended } = setUp()
    const work = (ms: number) => {
      clock.block(ms)
      return ended()
    }
    const oneByOne = (): number =>
      times(300, () => work(0.001))
        .flat()
        .filter(([, stands]) => stands === 1).length
    /** Until a stride ends. */
    const untilMeasured = (ms: number): void => {
      while (work(ms).length === 0);
    }
    oneByOne()
    untilMeasured(1)
    expect(oneByOne()).toBeLessThan(20)
    untilMeasured(1)
    work(1)
    expect(oneByOne()).toBeGreaterThan(200)
  })
})
