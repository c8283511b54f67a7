import {
  call,
  configure,
  definePool,
  inspect,
  type PoolChanges,
  type PoolOptions,
  type PoolRef,
  poolOptions,
  relearn,
  reply,
  spawnPool,
} from '@genpool/core'
import { NS_PER_MS } from '@genpool/runtime'
import { type VirtualClock, virtualClock } from '@genpool/runtime/testing'
import { start, stop } from 'nact'

/** Requests that keep coming, in virtual time, while a pool is changed. */
class Flow {
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
interface Case {
  readonly given: PoolOptions
  /** What comes, and how the backend is. */
  readonly under?: Partial<Pick<Flow, 'gap' | 'capacity' | 'crashEvery'>>
  /** Before anything is looked at. */
  readonly first?: (flow: Flow) => Promise<void>
  readonly change: PoolChanges
  readonly seen: (flow: Flow) => Promise<boolean>
}

/** Ten members would be busy, and more come than any limit below can serve. */
const heavy = { gap: 2 }
const grows =
  (ms: number, atLeast = 1) =>
  async (flow: Flow): Promise<boolean> => {
    const before = flow.size
    await flow.run(ms)
    return flow.size >= before + atLeast
  }
const drops =
  (ms: number) =>
  async (flow: Flow): Promise<boolean> =>
    (await flow.dropsIn(ms)) > 0
const opens =
  (ms: number) =>
  async (flow: Flow): Promise<boolean> => {
    await flow.run(ms)
    return flow.breaker !== 'closed'
  }

const sizeOf = (size: object): PoolOptions => ({ size: { min: 1, max: 12, ...size } })
/** Members that are idle for some milliseconds between two requests, while nobody waits. */
const spare = { gap: 15 }

const SIZES: Record<string, Case> = {
  'size.min': { given: sizeOf({}), change: { size: { min: 6 } }, seen: async (flow) => flow.size >= 6 },
  'size.max': {
    given: sizeOf({ max: 2 }),
    under: heavy,
    first: (flow) => flow.run(2000),
    change: { size: { max: 6 } },
    seen: async (flow) => {
      await flow.run(1000)
      return flow.size === 6
    },
  },
  'size.idle': {
    given: sizeOf({ idle: 1e6 }),
    under: heavy,
    first: async (flow) => {
      await flow.run(1500)
      flow.gap = 50
      await flow.run(1000)
    },
    change: { size: { idle: 100 } },
    seen: async (flow) => {
      await flow.run(1000)
      return flow.size < 6
    },
  },
  'size.update': {
    given: sizeOf({ valve: 'open', update: 5000 }),
    under: heavy,
    change: { size: { update: 10 } },
    seen: grows(300, 5),
  },
  'size.valve(codel).target': {
    given: sizeOf({ min: 2, valve: { type: 'codel', target: 0 } }),
    under: spare,
    first: (flow) => flow.run(500),
    change: { size: { valve: { target: 200 } } },
    seen: grows(2000),
  },
  'size.valve(codel).interval': {
    given: sizeOf({ valve: { type: 'codel', interval: 1e6 } }),
    under: heavy,
    change: { size: { valve: { interval: 50 } } },
    seen: grows(1000, 5),
  },
  'size.valve(relative).target': {
    given: sizeOf({ min: 2, valve: { type: 'relative', target: 0 } }),
    under: spare,
    first: (flow) => flow.run(500),
    change: { size: { valve: { target: 200 } } },
    seen: grows(1000),
  },
  'size.valve(rate).limit': {
    given: sizeOf({ valve: { type: 'rate', limit: 1, interval: 400 } }),
    under: heavy,
    change: { size: { valve: { limit: 8 } } },
    seen: grows(1000, 5),
  },
  'size.valve(rate).interval': {
    given: sizeOf({ valve: { type: 'rate', limit: 1, interval: 1e6 } }),
    under: heavy,
    change: { size: { valve: { interval: 50 } } },
    seen: grows(1000, 5),
  },
}

/** The numbers of a limit that learns, wherever it is asked for. */
const learning = (at: string, place: (numbers: object) => object): Record<string, Case> => {
  const given = (numbers: object): PoolOptions => place({ type: 'gradient', ...numbers })
  const change = (numbers: object): PoolChanges => place(numbers)
  return {
    [`${at}.initial`]: {
      given: given({ initial: 6 }),
      change: change({ initial: 3 }),
      seen: async (flow) => {
        relearn(flow.pool)
        return flow.limit === 3
      },
    },
    [`${at}.tolerance`]: {
      given: given({ tolerance: 1 }),
      under: { ...heavy, capacity: 4 },
      first: (flow) => flow.run(4000),
      change: change({ tolerance: 4 }),
      seen: async (flow) => {
        const before = flow.limit
        await flow.run(2000)
        return flow.limit > before + 2
      },
    },
    [`${at}.smoothing`]: {
      given: given({ smoothing: 0.001 }),
      under: heavy,
      first: (flow) => flow.run(1000),
      change: change({ smoothing: 1 }),
      seen: async (flow) => {
        await flow.run(800)
        return flow.limit > 11
      },
    },
    [`${at}.window`]: {
      given: given({ window: 1e6 }),
      under: heavy,
      change: change({ window: 50 }),
      seen: async (flow) => {
        await flow.run(2000)
        return flow.limit > 10
      },
    },
    [`${at}.probe`]: {
      given: given({ probe: 1e6 }),
      under: heavy,
      first: (flow) => flow.run(2000),
      change: change({ probe: 300 }),
      seen: async (flow) => {
        const { limit } = flow
        for (let i = 0; i < 300; i++) {
          await flow.run(10)
          if (flow.limit <= limit / 2) return true
        }
        return false
      },
    },
  }
}

const LIMITS: Record<string, Case> = {
  ...learning('size.valve(gradient)', (numbers) => ({ size: { min: 1, max: 20, valve: numbers } })),
  ...learning('concurrency(gradient)', (numbers) => ({ size: 20, concurrency: numbers })),
  'concurrency(gradient).min': {
    given: { size: 20, concurrency: 'gradient' },
    under: { ...heavy, capacity: 2 },
    first: (flow) => flow.run(5000),
    change: { concurrency: { min: 12 } },
    seen: async (flow) => flow.limit >= 12,
  },
  'concurrency(gradient).max': {
    given: { size: 20, concurrency: 'gradient' },
    under: heavy,
    first: (flow) => flow.run(2000),
    change: { concurrency: { max: 4 } },
    seen: async (flow) => {
      await flow.run(100)
      return inspect(flow.pool).members.busy === 4
    },
  },
}

const crashing = { gap: 10, crashEvery: 1 }
const breakerOf = (breaker: object): PoolOptions => ({ size: 4, breaker: { failures: 3, ...breaker } })
const halfOpen = async (flow: Flow): Promise<number> => {
  // The first moment after a trial has failed.
  for (let before = 'closed'; ; await flow.run(1)) {
    if (before === 'half-open' && flow.breaker === 'open') return inspect(flow.pool).breaker!.retryAfterMs
    before = flow.breaker
  }
}

const DOORS: Record<string, Case> = {
  'breaker.failures': {
    given: breakerOf({ failures: 1e6 }),
    under: crashing,
    change: { breaker: { failures: 3 } },
    seen: opens(200),
  },
  'breaker.within': {
    given: breakerOf({ within: 10 }),
    under: crashing,
    change: { breaker: { within: 10_000 } },
    seen: opens(200),
  },
  'breaker.share': {
    given: breakerOf({ share: 1 }),
    under: { gap: 10, crashEvery: 2 },
    first: (flow) => flow.run(500),
    change: { breaker: { share: 0.1 } },
    seen: opens(200),
  },
  'breaker.wait': {
    given: breakerOf({ wait: 50, maxWait: 1e5 }),
    under: crashing,
    change: { breaker: { wait: 3000 } },
    seen: async (flow) => (await halfOpen(flow)) > 5000,
  },
  'breaker.maxWait': {
    given: breakerOf({ wait: 50, maxWait: 50 }),
    under: crashing,
    first: async (flow) => void (await halfOpen(flow)),
    change: { breaker: { maxWait: 1000 } },
    seen: async (flow) => (await halfOpen(flow)) > 50,
  },
  'breaker.probes': {
    given: breakerOf({ wait: 100, maxWait: 100, probes: 1 }),
    under: { gap: 2, crashEvery: 1 },
    first: (flow) => flow.run(500),
    change: { breaker: { probes: 4 } },
    seen: async (flow) => {
      await halfOpen(flow)
      const before = flow.served
      await halfOpen(flow)
      return flow.served - before >= 4
    },
  },
  'breaker.counts': {
    given: breakerOf({ counts: () => false }),
    under: crashing,
    change: { breaker: { counts: () => true } },
    seen: opens(200),
  },
}

const narrow = (throttle: object): PoolOptions => ({ size: 1, broker: { client: { type: 'drop', max: 1 } }, throttle })
const throttles =
  (wanted: boolean) =>
  async (flow: Flow): Promise<boolean> => {
    const before = inspect(flow.pool).drops.throttled ?? 0
    await flow.run(500)
    return (inspect(flow.pool).drops.throttled ?? 0) > before === wanted
  }
const THROTTLES: Record<string, Case> = {
  'throttle.factor': {
    given: narrow({ factor: 1e6 }),
    under: heavy,
    change: { throttle: { factor: 1 } },
    seen: throttles(true),
  },
  'throttle.min': {
    given: narrow({ min: 1e6 }),
    under: heavy,
    change: { throttle: { min: 1 } },
    seen: throttles(true),
  },
  'throttle.within': {
    given: narrow({ within: 1e6 }),
    under: heavy,
    first: async (flow) => {
      await flow.run(2000)
      flow.gap = 30
    },
    change: { throttle: { within: 200 } },
    seen: throttles(false),
  },
}

const admitted = (admission: object): PoolOptions => ({
  size: 2,
  broker: { client: { type: 'drop', order: 'fifo' }, admission: admission as never },
})
const never = 1e6
const forecast = (numbers: object): PoolOptions => admitted({ type: 'forecast', ...numbers })
const pie = (numbers: object): PoolOptions => admitted({ type: 'pie', target: 1, interval: 1, update: 5, ...numbers })
const admission = (numbers: object): PoolChanges => ({ broker: { admission: numbers as never } })
const under = { gap: 5 }
const ADMISSIONS: Record<string, Case> = {
  'broker.admission(forecast).target': {
    given: forecast({ target: never, interval: 10 }),
    under,
    change: admission({ target: 20 }),
    seen: drops(500),
  },
  'broker.admission(forecast).interval': {
    given: forecast({ target: 10, interval: never, bound: never }),
    under,
    change: admission({ interval: 10 }),
    seen: drops(500),
  },
  'broker.admission(forecast).bound': {
    given: forecast({ target: 10, interval: never, bound: never }),
    under,
    change: admission({ bound: 50 }),
    seen: drops(500),
  },
  'broker.admission(pie).target': {
    given: pie({ target: never }),
    under,
    change: admission({ target: 1 }),
    seen: drops(3000),
  },
  'broker.admission(pie).interval': {
    given: pie({ interval: never }),
    under,
    change: admission({ interval: 1 }),
    seen: drops(3000),
  },
  'broker.admission(pie).update': {
    given: pie({ update: never }),
    under,
    change: admission({ update: 5 }),
    seen: drops(3000),
  },
  'broker.admission(pie).min': {
    given: pie({ min: never, max: Infinity }),
    under,
    change: admission({ min: 0 }),
    seen: drops(3000),
  },
  'broker.admission(pie).max': {
    given: pie({ target: never }),
    under,
    change: admission({ max: 3 }),
    seen: drops(500),
  },
}

const CASES: Record<string, Case> = { ...SIZES, ...LIMITS, ...DOORS, ...THROTTLES, ...ADMISSIONS }

interface Schema {
  readonly def: {
    readonly type: string
    readonly innerType?: Schema
    readonly in?: Schema
    readonly options?: readonly Schema[]
    readonly shape?: Readonly<Record<string, Schema>>
    readonly values?: readonly unknown[]
  }
}

/** The numbers and functions in options, as `size.valve(codel).target`. */
function numbersIn({ def }: Schema, path: string): string[] {
  const inner = def.innerType ?? def.in
  if (inner !== undefined) return numbersIn(inner, path)
  if (def.options !== undefined) return def.options.flatMap((option) => numbersIn(option, path))
  if (def.shape === undefined) return def.type === 'number' || def.type === 'custom' ? [path] : []
  const kind = def.shape['type']?.def
  const type = (kind?.innerType?.def ?? kind)?.values?.[0]
  const place = type === undefined ? path : `${path}(${String(type)})`
  return Object.entries(def.shape).flatMap(([key, schema]) => numbersIn(schema, `${place}.${key}`))
}

describe('every number of protection and size, changed while requests flow', () => {
  it.each(Object.entries(CASES))('%s', async (_number, { given, under = {}, first, change, seen }) => {
    const flow = new Flow(given)
    Object.assign(flow, under)
    await flow.run(20)
    await first?.(flow)
    expect(await seen(flow)).toBe(false)
    const changed = configure(flow.pool, change)
    expect(changed.length).toBeGreaterThan(0)
    expect(await seen(flow)).toBe(true)
    await flow.finish()
  })

  it('is in this list', () => {
    const { size, concurrency, breaker, throttle, broker } = (poolOptions as unknown as Schema).def.shape!
    const admission = broker!.def.innerType!.def.options![0]!.def.shape!['admission']!
    const all = [
      ...numbersIn(size!, 'size'),
      ...numbersIn(concurrency!, 'concurrency'),
      ...numbersIn(breaker!, 'breaker'),
      ...numbersIn(throttle!, 'throttle'),
      ...numbersIn(admission, 'broker.admission'),
    ]
    // The short forms, a number each, have tests of their own.
    const long = [...new Set(all)].filter((path) => path !== 'size' && path !== 'concurrency')
    expect(Object.keys(CASES).sort()).toEqual(long.sort())
  })
})
