import {
  call,
  configure,
  definePool,
  inspect,
  type PoolChanges,
  type PoolOptions,
  type PoolRef,
  reply,
  spawnPool,
} from '@genpool/core'
import { NS_PER_MS } from '@genpool/runtime'
import { type VirtualClock, virtualClock } from '@genpool/runtime/testing'
import { start, stop } from 'nact'

/** Requests that keep coming, in virtual time, while a pool is changed. */
export class Flow {
  readonly clock: VirtualClock = virtualClock()
  readonly #system = start()
  readonly pool: PoolRef
  /** The time between two requests, in milliseconds. */
  gap = 10
  /** How many the backend can serve at once; more slow down all. */
  capacity = Infinity
  /** Every so many requests crash. */
  crashEvery = Infinity
  /** How many have reached the backend. */
  served = 0
  sent = 0
  settled = 0
  #inside = 0
  #nextAt = 0

  constructor(options: PoolOptions) {
    const Worker = definePool({
      calls: {
        work: async () => {
          const slow = Math.max(1, ++this.#inside / this.capacity)
          this.served++
          const crashes = this.served % this.crashEvery === 0
          await new Promise<void>((resolve) =>
            this.clock.setTimer(this.clock.now() + 20 * slow * NS_PER_MS, () => resolve()),
          )
          this.#inside--
          if (crashes) throw new Error('no connection')
          return reply(true)
        },
      },
    })
    const base: PoolOptions = { clock: this.clock, random: () => 0.5, timeout: Infinity, state: 'isolated' }
    this.pool = spawnPool(this.#system, Worker, 'pool', { ...base, ...options })
  }

  get size(): number {
    return inspect(this.pool).size
  }

  get limit(): number {
    return inspect(this.pool).concurrency!.limit
  }

  get drops(): number {
    return inspect(this.pool).outcomes.dropped
  }

  get breaker(): string {
    return inspect(this.pool).breaker!.state
  }

  /** Lets requests come for so long. */
  async run(ms: number): Promise<void> {
    const end = this.clock.now() / NS_PER_MS + ms
    for (let now = end - ms; now < end; now = this.clock.now() / NS_PER_MS) {
      for (; this.#nextAt <= now; this.#nextAt += this.gap) this.#send()
      await this.clock.advance(Math.min(this.#nextAt, end) - now)
    }
  }

  /** How many were dropped within so long. */
  async dropsIn(ms: number): Promise<number> {
    const before = this.drops
    await this.run(ms)
    return this.drops - before
  }

  /** Lets what is there be finished. Every request has one outcome, and its caller knows it. */
  async finish(): Promise<void> {
    this.capacity = Infinity
    configure(this.pool, { size: 50, concurrency: Infinity, breaker: false })
    await this.clock.advance(20_000)
    const { accepted, outcomes, waiting } = inspect(this.pool)
    expect([this.settled, accepted, waiting]).toEqual([this.sent, this.sent, 0])
    expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(this.sent)
    stop(this.#system)
  }

  #send(): void {
    this.sent++
    void call(this.pool, { type: 'work' } as never).then(
      () => this.settled++,
      () => this.settled++,
    )
  }
}

/** One number: what can be seen after the change, while requests come, and not before it. */
export interface Case {
  readonly given: PoolOptions
  /** What comes, and how the backend is. */
  readonly under?: Partial<Pick<Flow, 'gap' | 'capacity' | 'crashEvery'>>
  /** Before anything is looked at. */
  readonly first?: (flow: Flow) => Promise<void>
  readonly change: PoolChanges
  readonly seen: (flow: Flow) => Promise<boolean>
}

/** Ten members would be busy, and more come than any limit below can serve. */
export const heavy = { gap: 2 }
export const grows =
  (ms: number, atLeast = 1) =>
  async (flow: Flow): Promise<boolean> => {
    const before = flow.size
    await flow.run(ms)
    return flow.size >= before + atLeast
  }
export const drops =
  (ms: number) =>
  async (flow: Flow): Promise<boolean> =>
    (await flow.dropsIn(ms)) > 0
export const opens =
  (ms: number) =>
  async (flow: Flow): Promise<boolean> => {
    await flow.run(ms)
    return flow.breaker !== 'closed'
  }
