import type { PoolOptions } from '@genpool/core'
import { type Load, type Prediction, simulate, type Trace, traceOf } from '@genpool/dashboard'
import { recorded } from './recorded'

const steady: Load = { seconds: 60, rate: 40, runMs: { p50: 50, p99: 200 }, patience: 2000 }

/** The same figures of what was recorded. */
function figuresOf({ requests }: Trace): { wait: [number, number]; latency: [number, number]; dropped: number } {
  const at = (values: number[], share: number): number =>
    values.sort((a, b) => a - b)[Math.floor(values.length * share)] ?? 0
  const both = (values: number[]): [number, number] => [at(values, 0.5), at(values, 0.99)]
  const replied = requests.filter(({ outcome }) => outcome === 'replied')
  return {
    wait: both(requests.filter(({ ranMs }) => ranMs > 0).map(({ waitedMs }) => waitedMs)),
    latency: both(replied.map(({ waitedMs, ranMs }) => waitedMs + ranMs)),
    dropped: requests.filter(({ outcome }) => outcome === 'dropped').length / requests.length,
  }
}
const predicted = ({ waitMs, latencyMs, dropped }: Prediction) => ({
  wait: [waitMs.p50, waitMs.p99],
  latency: [latencyMs.p50, latencyMs.p99],
  dropped,
})

describe('a prediction', () => {
  const codel = { client: { type: 'codel' as const, target: 50 } }
  const loads: readonly [string, Load, PoolOptions][] = [
    ['a calm pool', { ...steady, rate: 20 }, { size: 8 }],
    ['a busy pool', { ...steady, rate: 75 }, { size: 5 }],
    ['a flood, with codel', { ...steady, rate: 90 }, { size: 4, broker: codel }],
    ['a flood, with a short queue', { ...steady, rate: 90 }, { size: 4, broker: { client: { max: 10 } } }],
    ['bursts', { ...steady, rate: 20, bursts: { every: 10, seconds: 2, rate: 150 } }, { size: 6, broker: codel }],
    [
      'an elastic size',
      { ...steady, rate: 60, bursts: { every: 20, seconds: 5, rate: 120 } },
      { size: { min: 1, max: 10 } },
    ],
  ]
  it.each(loads)('of %s agrees with the pool that was recorded', async (_, load, options) => {
    const trace = await recorded(traceOf(load), options)
    const [was, would] = [figuresOf(trace), predicted(await simulate(trace, options as never))]
    const near = (a: number, b: number, least: number): boolean => Math.abs(a - b) <= Math.max(0.15 * a, least)
    const pairs = [
      ['wait p50', was.wait[0], would.wait[0]!, 2],
      ['wait p99', was.wait[1], would.wait[1]!, 2],
      ['latency p50', was.latency[0], would.latency[0]!, 2],
      ['latency p99', was.latency[1], would.latency[1]!, 2],
      ['dropped', was.dropped, would.dropped, 0.005],
    ] as const
    expect(pairs.filter(([, a, b, least]) => !near(a, b, least))).toEqual([])
  })

  it('is the same each time', async () => {
    const options = { size: { min: 1, max: 8 }, broker: codel }
    const [first, second] = [await simulate(steady, options), await simulate(steady, options)]
    expect(second).toEqual(first)
    const bare: typeof options = Object.assign(Object.create(null) as object, options)
    expect(await simulate(steady, bare)).toEqual(first)
    expect(first.sizes.length).toBeGreaterThan(1)
  })

  it('lets the rest of the process go on, whose errors keep their stacks', async () => {
    const stacks: boolean[] = []
    let isOver = false
    const other = (): void => {
      stacks.push(/simulate\.test/.test(new Error('of the rest').stack ?? ''))
      if (!isOver) setImmediate(other)
    }
    setImmediate(other)
    await simulate({ ...steady, rate: 120, patience: 300 }, { size: 4 })
    isOver = true
    expect(stacks.length).toBeGreaterThan(20)
    expect(stacks).not.toContain(false)
  })

  it('counts each request once, and says what it cost', async () => {
    const { requests, replied, drops, errors, dropped, utilisation, wasted } = await simulate(
      { ...steady, rate: 120, patience: 300 },
      { size: 4 },
    )
    const sum = (counts: object): number => Object.values(counts as Record<string, number>).reduce((a, b) => a + b, 0)
    expect(replied + sum(drops) + sum(errors)).toBe(requests)
    expect(dropped).toBeCloseTo(sum(drops) / requests)
    expect(utilisation).toBeGreaterThan(0.95)
    expect(wasted).toBeLessThan(0.2)
  })

  it('of more members is no worse', async () => {
    const p99 = []
    for (const size of [3, 4, 6, 10]) p99.push((await simulate({ ...steady, rate: 50 }, { size })).latencyMs.p99)
    expect(p99).toEqual([...p99].sort((a, b) => b - a))
  })

  it('repeats crashes, priorities and keys', async () => {
    const request = { priority: 0, key: '', waitedMs: 0, ranMs: 10, outcome: 'replied' }
    const requests = [
      { ...request, at: 0, type: 'a', outcome: 'crashed' },
      { ...request, at: 100, type: 'a', key: 'k' },
      { ...request, at: 100, type: 'a', key: 'k' },
      { ...request, at: 200, type: 'a', ranMs: 0, outcome: 'dropped' },
    ]
    const { errors, replied, latencyMs } = await simulate(
      { pool: 'x', timeoutMs: 1000, lost: 0, broken: 0, requests },
      { size: 4 },
    )
    expect([errors, replied]).toEqual([{ ERR_GENPOOL_CRASHED: 1 }, 3])
    // The second of one key waits for the first; the dropped one runs as long as others of its type.
    expect(latencyMs).toEqual({ p50: 10, p90: 20, p99: 20, max: 20 })
  })

  it('runs what crashed again, as often as options say of its type', async () => {
    const crash = { at: 0, type: 'a', priority: 0, key: '', waitedMs: 0, ranMs: 10, outcome: 'crashed' }
    const last = { ...crash, type: 'b', outcome: 'replied' }
    const trace = { pool: 'x', timeoutMs: 1000, lost: 0, broken: 0, requests: [crash, last] }
    const latencyOf = async (retryOnCrash: PoolOptions['retryOnCrash']): Promise<number> =>
      (await simulate(trace, { size: 1, retryOnCrash })).latencyMs.max
    expect(await latencyOf({})).toBe(20)
    expect(await latencyOf({ a: 1, 'not in the trace': 1 })).toBe(30)
  })

  it('needs right options', async () => {
    await expect(simulate(steady, { size: 0 })).rejects.toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
    await expect(simulate({ ...steady, rate: -1 })).rejects.toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
    await expect(simulate({ ...steady, rat: 1 } as never)).rejects.toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
  })

  it.each([
    ['null', null],
    ['a time that is none', { at: NaN }],
    ['a run that is none', { ranMs: NaN }],
    ['a priority that is none', { priority: '1' }],
    ['a key that is none', { key: {} }],
  ])('needs requests: not %s', async (_, wrong) => {
    const right = { at: 0, type: 'a', priority: 0, key: '', waitedMs: 0, ranMs: 1, outcome: 'replied' }
    const requests = [right, wrong === null ? null : { ...right, ...wrong }]
    const answer = simulate({ pool: 'p', timeoutMs: 5, lost: 0, broken: 0, requests } as never)
    await expect(answer).rejects.toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
    await expect(answer).rejects.toThrow('request 1 of the trace')
  })

  it('refuses a load that would not fit into memory', async () => {
    for (const huge of [{ rate: 1e9 }, { seconds: 1e12 }, { bursts: { every: 10, seconds: 1, rate: 1e9 } }]) {
      const answer = simulate({ ...steady, ...huge })
      await expect(answer).rejects.toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
      await expect(answer).rejects.toThrow('5000000 requests at most')
    }
  })
})

describe('a load', () => {
  it('has the rate, the bursts and the run times that it describes', () => {
    const { requests } = traceOf({ ...steady, seconds: 1000, bursts: { every: 100, seconds: 10, rate: 200 } })
    const inBurst = requests.filter(({ at }) => at % 100_000 < 10_000).length
    expect(inBurst / 100).toBeCloseTo(200, -1)
    expect((requests.length - inBurst) / 900).toBeCloseTo(40, -1)
    const times = requests.map(({ ranMs }) => ranMs).sort((a, b) => a - b)
    expect(times[Math.floor(times.length / 2)]).toBeCloseTo(50, -1)
    expect(times[Math.floor(times.length * 0.99)]! / 200).toBeCloseTo(1, 0)
  })
})
