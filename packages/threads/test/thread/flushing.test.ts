import fc from 'fast-check'
import { NS_PER_MS } from '@genpool/runtime'
import { Flushing } from '../../src/thread/flushing'

/** A message: how long it runs and how long that was said to take, and how long its answer may wait. In microseconds. */
interface Message {
  readonly us: number
  readonly expected?: number
  readonly patience?: number
}

/** A thread whose clock moves only with what it runs. */
class Running {
  now = 0
  /** When the answers that are held were ready, and until when they may wait. In microseconds. */
  held: { at: number; until: number }[] = []
  /** When something was posted, and how many answers. */
  readonly posts: (readonly [us: number, answers: number])[] = []
  #left = 0
  readonly flushing: Flushing

  constructor() {
    const isEmpty = (): boolean => this.held.length === 0
    const flush = (): void => {
      if (!isEmpty()) this.posts.push([this.now, this.held.length])
      this.held = []
    }
    const outbox = {
      get isEmpty() {
        return isEmpty()
      },
      flush,
    }
    this.flushing = new Flushing(
      outbox,
      () => undefined,
      () => this.#left,
    )
  }

  /** @param began is told of each message that begins */
  run(messages: readonly Message[], began: (message: Message) => void = () => undefined): void {
    this.flushing.hold(this.now * 1000)
    this.#left = messages.length
    for (const message of messages) {
      this.#left--
      this.flushing.begins(this.now * 1000, (message.expected ?? message.us) * 1000)
      began(message)
      this.now += message.us
      const until = this.now + (message.patience ?? 0)
      this.held.push({ at: this.now, until })
      this.flushing.ended(this.now * 1000, until * 1000)
    }
    this.flushing.release()
  }
}

/** What is posted when, if so many messages take `us` each and their answers may wait for `patience`. */
function posts(us: number, count: number, patience = 0): number[] {
  const thread = new Running()
  thread.run(Array.from({ length: count }, () => ({ us, patience })))
  return thread.posts.map(([at]) => at)
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('the results of a thread', () => {
  it('go together as long as their callers can wait for the next one', () => {
    expect(posts(900, 20, 3000)).toEqual([3600, 7200, 10_800, 14_400, 18_000])
  })

  it('go while about as many messages are ahead, so that more of them come in time', () => {
    expect(posts(900, 9, 20_000)).toEqual([4500])
  })

  it('go at once if their callers have waited for nothing', () => {
    expect(posts(900, 3)).toEqual([900, 1800, 2700])
  })

  it('go before a message begins that took long the last time, or has not run yet', () => {
    for (const expected of [Infinity, 3000]) {
      const thread = new Running()
      thread.run([
        { us: 900, patience: 20_000 },
        { us: 5, expected, patience: 20_000 },
      ])
      expect(thread.posts[0]).toEqual([900, 1])
    }
  })

  it('are waited for no longer than their callers can, whatever runs', () => {
    const us = fc.integer({ min: 1, max: 5000 })
    const message = fc.record({ us, expected: us, patience: fc.integer({ min: 0, max: 20_000 }) })
    fc.assert(
      fc.property(fc.array(message, { maxLength: 40 }), (messages) => {
        const thread = new Running()
        let last = 0
        thread.run(messages, ({ expected = 0 }) => {
          const { now, held } = thread
          last = thread.posts.at(-1)?.[0] ?? 0
          if (held.length > 0) expect(expected).toBeLessThanOrEqual(2000)
          // Those that wait for nobody are few, and wait for a few others only.
          const few = now - last < 20 || (now - last < 300 && held.length < 4)
          if (!few) for (const { until } of held) expect(now + expected).toBeLessThanOrEqual(until)
        })
      }),
    )
  })

  it('of patient callers go with those of messages that have come meanwhile', async () => {
    const thread = new Running()
    thread.run([{ us: 900, patience: 5000 }])
    thread.run([{ us: 900, patience: 5000 }])
    expect(thread.posts).toEqual([])
    await nextTurn()
    expect(thread.posts).toEqual([[1800, 2]])
    thread.run([])
    expect(thread.posts).toHaveLength(1)
  })

  it('of patient callers wait for no others if nothing has come', async () => {
    const thread = new Running()
    thread.run([{ us: 900, patience: 5000 }])
    await nextTurn()
    thread.run([{ us: 900, patience: 5000 }])
    await nextTurn()
    expect(thread.posts.map(([, answers]) => answers)).toEqual([1, 1])
  })

  it('go many at once if its messages are tiny', () => {
    expect(posts(2, 30)).toEqual([20, 40, 60])
  })

  it('go a few at once if it has more of them to do than it has done', () => {
    expect(posts(100, 10)).toEqual([300, 600, 700, 800, 900, 1000])
  })

  it('do not wait for each other if messages are long, or the last ones', () => {
    expect(posts(400, 3)).toEqual([400, 800, 1200])
    expect(posts(100, 4)).toEqual([100, 200, 300, 400])
  })

  it('of one that ends later go at the end of that turn', async () => {
    let flushed = 0
    const flushing = new Flushing(
      { isEmpty: false, flush: () => flushed++ },
      () => undefined,
      () => 0,
    )
    flushing.soon(NS_PER_MS)
    flushing.soon(NS_PER_MS)
    expect(flushed).toBe(0)
    await new Promise((resolve) => process.nextTick(resolve))
    expect(flushed).toBe(1)
  })
})
