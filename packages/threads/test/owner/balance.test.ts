import type { Job } from '@genpool/core'
import fc from 'fast-check'
import { balance, type Loaded } from '../../src/owner/balance'
import { RunTimes } from '../../src/owner/run-times'
import type { Given } from '../../src/protocol/ledger'

/** A thread that holds messages by number. It takes from the queue while it has room, and asks again when it has given one back. */
class Taker implements Loaded {
  readonly holds: number[] = []
  readonly times = new RunTimes(16)

  constructor(
    private readonly queue: number[],
    /** Who else takes what comes back, before this one. */
    private readonly other: () => Taker | undefined,
    private readonly room: number,
  ) {}

  get size(): number {
    return this.holds.length
  }

  /** The first one runs. */
  ahead(): Iterable<Given<Job>> {
    return this.holds
      .slice(1)
      .reverse()
      .map((id) => ({ id }) as Given<Job>)
  }

  giveBack({ id }: Given<Job>): void {
    this.holds.splice(this.holds.indexOf(id), 1)
    this.times.gaveBack(this.size)
    this.queue.unshift(id)
    this.other()?.take()
    this.take()
  }

  take(): void {
    const most = Math.min(this.times.depth, this.room)
    while (this.size < most && this.queue.length > 0) this.holds.push(this.queue.shift() as number)
  }

  /** Runs all that it holds. */
  runAll(): void {
    while (this.holds.shift() !== undefined) this.times.ran(1000)
  }
}

describe('what waits behind a long message', () => {
  it('goes to a thread that is free, however few it takes at once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 16 }), (waiting, room) => {
        const queue = Array.from({ length: waiting + 1 }, (_, n) => n)
        const free: Taker = new Taker(queue, () => undefined, room)
        const held = new Taker(queue, () => free, 16)
        held.take()
        for (let turn = 0; turn < 200 && (held.size > 1 || queue.length > 0); turn++) {
          free.take()
          free.runAll()
          balance([held, free], () => true)
        }
        free.take()
        free.runAll()
        expect({ held: held.holds, queue }).toEqual({ held: [0], queue: [] })
      }),
    )
  })

  it('is not looked for while no thread is free', () => {
    const queue = [0, 1, 2, 3]
    const [one, other] = [new Taker(queue, () => undefined, 2), new Taker(queue, () => undefined, 2)]
    one.take()
    other.take()
    balance([one, other], () => true)
    expect([one.holds, other.holds]).toEqual([
      [0, 1],
      [2, 3],
    ])
  })

  it('is half of what has not begun, but for the first, which the thread begins next', () => {
    const given: string[] = []
    const full: Loaded = {
      size: 3,
      ahead: () => ['c', 'b', 'a'].map((id) => ({ id }) as never),
      giveBack: ({ id }) => void given.push(id as never),
    }
    balance([full, { size: 0, ahead: () => [], giveBack: () => undefined }], () => true)
    expect(given).toEqual(['c'])
  })
})
