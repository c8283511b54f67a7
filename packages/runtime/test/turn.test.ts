import { type Runnable, Turn } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'

/** Works `items` items that take `ms` each. */
class Worker implements Runnable {
  done = 0
  rests = 0
  runs = 0
  constructor(
    private readonly clock: ReturnType<typeof virtualClock>,
    private items: number,
    private readonly ms: number,
  ) {}
  run(turn: Turn): void {
    this.runs++
    while (this.items > 0) {
      if (turn.exhausted) return turn.schedule(this)
      this.items--
      this.clock.block(this.ms)
      this.done++
      turn.refresh()
    }
  }
  rest(): void {
    this.rests++
  }
}

describe('Turn', () => {
  it('is one for each clock', () => {
    const clock = virtualClock()
    expect(Turn.of(clock)).toBe(Turn.of(clock))
    expect(Turn.of(clock)).not.toBe(Turn.of(virtualClock()))
  })

  it('does work in a microtask of the turn in which it came', async () => {
    const clock = virtualClock()
    const worker = new Worker(clock, 3, 0)
    Turn.of(clock).schedule(worker)
    expect(worker.done).toBe(0)
    await Promise.resolve()
    expect(worker.done).toBe(3)
  })

  it('lets input and output have their share when the budget of a turn is used up, and goes on then', async () => {
    const clock = virtualClock()
    const worker = new Worker(clock, 10, 1)
    Turn.of(clock).schedule(worker)
    for (let i = 0; i < 20; i++) await Promise.resolve()
    expect(worker.done).toBe(2)
    await clock.settle()
    expect(worker.done).toBe(10)
    expect(worker.runs).toBeGreaterThan(4)
  })

  it('gives each part its turn while all of them have more work than fits', async () => {
    const clock = virtualClock()
    const order: string[] = []
    class Logged extends Worker {
      constructor(private readonly name: string) {
        super(clock, 50, 1)
      }
      override run(turn: Turn): void {
        const before = this.done
        super.run(turn)
        for (let i = before; i < this.done; i++) order.push(this.name)
      }
    }
    for (const name of ['a', 'b', 'c']) Turn.of(clock).schedule(new Logged(name))
    await clock.settle()
    const firstThird = order.slice(0, 50)
    for (const name of ['a', 'b', 'c']) {
      expect(firstThird.filter((each) => each === name).length).toBeGreaterThanOrEqual(14)
    }
  })

  it('reads the clock once per turn, and anew in the next', async () => {
    const clock = virtualClock(5)
    const turn = Turn.of(clock)
    const first = turn.now()
    clock.block(1)
    expect(turn.now()).toBe(first)
    expect(turn.refresh()).toBe(first + 1e6)
    clock.block(1)
    await clock.settle()
    expect(turn.now()).toBe(first + 2e6)
  })

  it('measures short work in strides of up to sixteen pieces, and long work piece by piece', () => {
    const clock = virtualClock()
    const turn = Turn.of(clock)
    turn.refresh()
    const work = (ms: number): [number, number] | undefined => {
      clock.block(ms)
      const mean = turn.tick()
      return mean < 0 ? undefined : [mean, turn.measured]
    }
    const short = Array.from({ length: 47 }, () => work(0.001))
    expect(short.filter((measure) => measure !== undefined)).toEqual([
      [1000, 1],
      [1000, 2],
      [1000, 4],
      [1000, 8],
      [1000, 16],
      [1000, 16],
    ])
    const long = Array.from({ length: 19 }, () => work(2))
    expect(long.filter((measure) => measure !== undefined)).toEqual([
      [2e6, 16],
      [2e6, 1],
      [2e6, 1],
      [2e6, 1],
    ])
  })

  it('reads the clock for a single piece of work, and once for up to sixteen short ones that follow one another', () => {
    const clock = virtualClock(1)
    let readings = 0
    const turn = Turn.of({ ...clock, now: () => (readings++, clock.now()) })
    turn.refresh()
    turn.tick()
    /** At which pieces the clock was read. */
    const readAt = (pieces: number, ms: number): number[] =>
      Array.from({ length: pieces }, (_, i) => {
        const before = readings
        turn.glance()
        clock.block(ms)
        return readings > before ? [i] : []
      }).flat()
    const first = readAt(64, 0.001)
    expect(first.slice(-4).map((at, i, all) => at - (all[i - 1] ?? at))).toEqual([0, 16, 16, 16])
    expect(first[0]).toBe(0)
    const long = readAt(20, 1)
    expect(long.slice(0, 2)).toEqual([15 - (63 - first.at(-1)!), 16 - (63 - first.at(-1)!)])
    expect(long).toHaveLength(20 - long[0]!)
  })

  it('lets rest whoever was touched, once, at the end of the turn', async () => {
    const clock = virtualClock()
    const worker = new Worker(clock, 0, 0)
    Turn.of(clock).touch(worker)
    await Promise.resolve()
    expect(worker.rests).toBe(0)
    await clock.settle()
    await clock.settle()
    expect(worker.rests).toBe(1)
  })
})
