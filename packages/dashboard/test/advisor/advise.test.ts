import { definePool, inspect, reply, spawnPool } from '@genpool/core'
import { advise, type Advice, type Goal, type Load, simulate, type Trace, traceOf } from '@genpool/dashboard'
import fc from 'fast-check'
import { start, stop } from 'nact'
import { recorded } from './recorded'

const calm: Load = { seconds: 30, rate: 40, runMs: { p50: 50, p99: 200 }, patience: 2000 }
const bursts: Load = { ...calm, rate: 10, bursts: { every: 15, seconds: 3, rate: 90 } }
/** Enough for what does not depend on figures that seldom occur. */
const short: Load = { ...calm, seconds: 10 }
/** In this thread, as the tests of other files run beside it. */
const search = (traffic: Trace | Load, goal: Goal): Promise<Advice> => advise(traffic, { threads: 0, ...goal })

/** Advice that several tests look at. */
const known = new Map<Load, Promise<Advice>>()
function advised(load: Load, goal: Goal): Promise<Advice> {
  const advice = known.get(load) ?? search(load, goal)
  known.set(load, advice)
  return advice
}

/** Requests at random and run times at random, both exponential: what queueing theory knows everything about. */
function markovian({ seconds, rate, meanMs }: { seconds: number; rate: number; meanMs: number }): Trace {
  const { requests } = traceOf({ seconds, rate, runMs: { p50: 1, p99: 1 } })
  // Every quantile once, in the order of other requests at random.
  const shuffled = traceOf({ seconds: requests.length, rate: 2, runMs: { p50: 1, p99: 5 }, seed: 9 }).requests
  const order = shuffled.slice(0, requests.length).map(({ ranMs }) => ranMs)
  const ranks = [...order.keys()].sort((a, b) => order[a]! - order[b]!)
  const share = new Array<number>(requests.length)
  ranks.forEach((index, rank) => (share[index] = (rank + 0.5) / requests.length))
  return {
    pool: 'm/m/c',
    timeoutMs: 1e6,
    lost: 0,
    broken: 0,
    requests: requests.map((r, i) => ({ ...r, ranMs: -Math.log(share[i]!) * meanMs })),
  }
}

/** The share of answers that take longer than `ms` with `c` members (M/M/c, Erlang's C). */
function tail(c: number, { rate, meanMs }: { rate: number; meanMs: number }, ms: number): number {
  const load = (rate * meanMs) / 1000
  if (load >= c) return 1
  let term = 1
  let sum = 0
  for (let k = 0; k < c; k++) {
    sum += term
    term *= load / (k + 1)
  }
  const last = (term * c) / (c - load)
  const waits = last / (sum + last)
  const [runs, spare] = [Math.exp(-ms / meanMs), c - 1 - load]
  const x = ms / meanMs
  return runs * (1 + (Math.abs(spare) < 1e-9 ? waits * x : (waits * (1 - Math.exp(-x * spare))) / spare))
}

describe('advise', () => {
  it.each([
    { rate: 30, meanMs: 100, p99Ms: 540 },
    { rate: 70, meanMs: 100, p99Ms: 520 },
    { rate: 8, meanMs: 100, p99Ms: 700 },
  ])('finds as many members as queueing theory: $rate requests a second', async ({ p99Ms, ...load }) => {
    let members = 1
    while (tail(members, load, p99Ms) > 0.01) members++
    const { candidates } = await search(markovian({ seconds: 60, ...load }), {
      p99Ms,
      maxDrops: 0,
      resamples: 2,
      confidence: 0.6,
      options: { broker: { client: { order: 'fifo' } } },
    })
    const fixed = candidates.filter(({ meets, options }) => meets && typeof options.size === 'number')
    expect(Math.min(...fixed.map(({ options }) => options.size as number))).toBe(members)
  })

  it('recommends an elastic size for bursts, where that costs less than any fixed one', async () => {
    const { recommended, candidates } = await advised(bursts, { p99Ms: 500, resamples: 1 })
    expect(recommended?.options.size).toMatchObject({ min: expect.any(Number), max: expect.any(Number) })
    const fixed = candidates.filter(({ options, meets }) => meets && typeof options.size === 'number')
    expect(fixed.length).toBeGreaterThan(0)
    for (const { prediction } of fixed)
      expect(prediction.memberSeconds).toBeGreaterThan(recommended!.prediction.memberSeconds)
  })

  it.each([
    ['calm', calm, { p99Ms: 300 }],
    ['in bursts', bursts, { p99Ms: 500 }],
    ['that may drop', { ...calm, seconds: 20, rate: 60 }, { p99Ms: 250, maxDrops: 0.05 }],
  ] as const)('recommends what does it on the real pool: traffic %s', async (_, load, goal) => {
    const trace = traceOf(load)
    const { recommended } = await advised(load, { ...goal, resamples: 1 })
    const { requests } = await recorded(trace, recommended!.options)
    const answers = requests.filter(({ outcome }) => outcome === 'replied')
    const late = answers.filter(({ waitedMs, ranMs }) => waitedMs + ranMs > goal.p99Ms * 1.03)
    expect(late.length / answers.length).toBeLessThan(0.0125)
    const { maxDrops = 0.01 } = goal as { maxDrops?: number }
    expect(1 - answers.length / requests.length).toBeLessThanOrEqual(maxDrops * 1.15)
  })

  it('returns options that spawnPool takes as they are', async () => {
    const { recommended } = await search(short, { p99Ms: 300, resamples: 0, options: { timeout: 700, breaker: true } })
    const system = start()
    const Work = definePool({ calls: { work: () => reply('done') } })
    const pool = spawnPool(system, Work, 'db', recommended!.options)
    expect(inspect(pool).size).toBe(recommended!.options.size)
    expect(recommended!.options).toMatchObject({ timeout: 700, breaker: true })
    stop(system)
  })

  it('says what would do if no setting does: more members, or faster handlers', async () => {
    const trace = traceOf({ ...calm, seconds: 5, rate: 80 })
    const goal = { p99Ms: 300, maxDrops: 0.01, maxSize: 3, resamples: 1 }
    const { recommended, instead, candidates, says } = await search(trace, goal)
    expect([recommended, candidates.some(({ meets }) => meets)]).toEqual([null, false])
    const { members, speed } = instead!
    expect(says).toContain(`It takes ${members} members, or handlers ${speed} times as fast, with 3 members.`)
    const faster = (times: number): Trace => ({
      ...trace,
      requests: trace.requests.map((request) => ({ ...request, ranMs: request.ranMs / times })),
    })
    expect((await search(trace, { ...goal, maxSize: members! })).recommended).toMatchObject({ meets: true })
    expect((await search(faster(speed!), goal)).recommended).toMatchObject({ meets: true })
    const less = [await search(trace, { ...goal, maxSize: members! - 1 }), await search(faster(speed! * 0.9), goal)]
    expect(less.map(({ recommended }) => recommended)).toEqual([null, null])
  })

  it('says what the trace lacks', async () => {
    const trace = traceOf({ ...short, seconds: 1 })
    const goal = { p99Ms: 300, resamples: 0 }
    const { says } = await search(trace, goal)
    const lacks = async (lost: number, broken: number): Promise<string> => {
      const advice = await search({ ...trace, lost, broken }, goal)
      expect(advice.says.startsWith(says)).toBe(true)
      return advice.says.slice(says.length)
    }
    expect(await lacks(0, 0)).toBe('')
    expect(await lacks(3, 0)).toBe(' The trace is not whole: 3 requests were lost when it was recorded.')
    expect(await lacks(0, 1)).toBe(' The trace is not whole: 1 line is broken.')
    expect(await lacks(1, 2)).toBe(
      ' The trace is not whole: 1 request was lost when it was recorded, and 2 lines are broken.',
    )
  })

  it('says that members do not help where the time goes by in one slow key', async () => {
    const request = { priority: 0, waitedMs: 0, outcome: 'replied', type: 'sync' }
    const others = traceOf({ ...calm, seconds: 20, rate: 10 }).requests
    // One message of this key at a time: 5 a second of 300 ms each are half as many again as there is time for.
    const slow = Array.from({ length: 100 }, (_, i) => ({ ...request, key: 'slow', at: i * 200, ranMs: 300 }))
    const requests = [...others, ...slow].sort((a, b) => a.at - b.at)
    const trace = { pool: 'db', timeoutMs: 5000, lost: 0, broken: 0, requests }
    const { recommended, instead, says } = await search(trace, { p99Ms: 500, maxSize: 16, resamples: 3 })
    expect([recommended, instead?.members]).toEqual([null, null])
    expect(instead?.speed).toBeGreaterThan(1)
    expect(instead?.speed).toBeLessThan(2)
    expect(says).toContain('More members do not help')
  })

  it('says that nothing helps against a goal shorter than any run could be', async () => {
    const { instead, says } = await search(short, { p99Ms: 5, maxSize: 4, resamples: 1 })
    expect(instead).toEqual({ members: null, speed: null })
    expect(says).toContain('Nor do handlers that are 16 times as fast')
  })

  it('tries the same queues with options of a class as with plain ones', async () => {
    class Broker {
      readonly member = { type: 'drop', order: 'lifo' } as const
    }
    const tried = async (broker: Broker) =>
      (await search(short, { p99Ms: 500, maxSize: 4, resamples: 1, options: { broker } })).candidates
    expect(await tried(new Broker())).toEqual(await tried({ ...new Broker() }))
  })

  it('does not recommend what meets the goal by luck: it must do so on resampled traces, too', async () => {
    const trace = traceOf({ ...calm, seconds: 15 })
    const options = { broker: { client: {} } }
    const { latencyMs } = await simulate(trace, { ...options, size: 3 })
    const goal = { p99Ms: latencyMs.p99 + 0.001, maxDrops: 0, maxSize: 12, options }
    const lucky = await search(trace, { ...goal, resamples: 0 })
    const sure = await search(trace, { ...goal, resamples: 10, confidence: 1 })
    expect(lucky.recommended!.prediction.memberSeconds).toBeLessThan(sure.recommended!.prediction.memberSeconds)
    expect(sure.recommended).toMatchObject({ confidence: 1, meets: true })
    const risky = sure.candidates.filter(
      ({
        prediction: {
          latencyMs: { p99 },
        },
        meets,
      }) => !meets && p99 <= goal.p99Ms,
    )
    expect(risky.length).toBeGreaterThan(0)
    for (const { confidence } of risky) expect(confidence).toBeLessThan(1)
  })

  it('recommends what meets the goal when it is simulated again, and nothing cheaper does', async () => {
    const cases = fc.record({
      rate: fc.integer({ min: 5, max: 60 }),
      p50: fc.integer({ min: 5, max: 60 }),
      spread: fc.integer({ min: 1, max: 6 }),
      p99Ms: fc.integer({ min: 50, max: 600 }),
      maxDrops: fc.constantFrom(0, 0.01, 0.1),
      seed: fc.integer({ min: 1, max: 1000 }),
    })
    const law = async ({
      rate,
      p50,
      spread,
      p99Ms,
      maxDrops,
      seed,
    }: typeof cases extends fc.Arbitrary<infer T> ? T : never) => {
      const trace = traceOf({ seconds: 10, rate, runMs: { p50, p99: p50 * spread }, patience: 1000, seed })
      const { recommended, candidates } = await search(trace, { p99Ms, maxDrops, maxSize: 12, resamples: 3, seed })
      for (const { options, prediction } of candidates) expect(await simulate(trace, options)).toEqual(prediction)
      if (recommended === null) return expect(candidates.filter(({ meets }) => meets)).toEqual([])
      const { latencyMs, drops, errors } = recommended.prediction
      const lost = [...Object.values(drops), ...Object.values(errors)].reduce((sum, n) => sum + n, 0)
      expect(latencyMs.p99).toBeLessThanOrEqual(p99Ms)
      expect(lost).toBeLessThanOrEqual(maxDrops * trace.requests.length)
      const cost = recommended.prediction.memberSeconds
      const cheaper = candidates.filter(({ prediction: { memberSeconds } }) => memberSeconds < cost * 0.98)
      expect(cheaper.filter(({ meets }) => meets)).toEqual([])
    }
    await fc.assert(fc.asyncProperty(cases, law), { numRuns: 2, seed: 7 })
  })

  it('gives the same advice in threads, and each time, and tells how far it is', async () => {
    const told: number[] = []
    const goal: Goal = { p99Ms: 300, resamples: 1, onProgress: ({ done, expected }) => told.push(done / expected) }
    const here = await search(short, goal)
    expect(await advise(short, { ...goal, threads: 2 })).toEqual(here)
    expect(told).toHaveLength(here.simulations * 2)
    expect(Math.max(...told)).toBeLessThanOrEqual(1)
    expect(told.at(-1)).toBeGreaterThan(0.5)
  })

  it('keeps the queue that its user has chosen', async () => {
    const broker = { client: { type: 'codel' as const, target: 7 } }
    const { candidates } = await search(short, { p99Ms: 300, resamples: 0, options: { broker } })
    for (const { options } of candidates) expect(options.broker).toEqual(broker)
  })

  it.each([0, 1])('ends when it is aborted (%d threads)', async (threads) => {
    const controller = new AbortController()
    const onProgress = (): void => controller.abort(new Error('enough'))
    const answer = advise(calm, { p99Ms: 300, threads, signal: controller.signal, onProgress })
    await expect(answer).rejects.toMatchObject({ code: 'ERR_GENPOOL_CANCELLED', cause: new Error('enough') })
    await expect(advise(calm, { p99Ms: 300, signal: controller.signal })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_CANCELLED',
    })
  })

  it('needs a goal, requests, and right options', async () => {
    const wrong = (answer: Promise<unknown>) => expect(answer).rejects.toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
    await wrong(search(calm, {} as never))
    await wrong(search(calm, { p99Ms: 0 }))
    await wrong(search(calm, { p99Ms: 100, options: { siz: 4 } as never }))
    await wrong(search({ pool: 'db', timeoutMs: 5, requests: [], lost: 0, broken: 0 }, { p99Ms: 100 }))
  })
})
