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
