import {
  call,
  cast,
  configure,
  definePool,
  explain,
  getWaiting,
  inspect,
  pause,
  reply,
  resume,
  spawnPool,
} from '@genpool/core'
import fc from 'fast-check'
import { clock, system } from './virtual-system'

const slow = async () => {
  await clock.wait(5)
  return reply(1)
}
const Work = definePool({
  init: () => 0,
  calls: {
    a: slow,
    b: {
      batch: 3,
      handle: async (many: readonly { crash?: boolean | undefined }[]) => (await slow(), reply(many.map(() => 1))),
    },
  },
  casts: {
    c: async ({ crash }: { crash?: boolean | undefined }) => {
      await clock.wait(5)
      if (crash === true) throw new Error('crash')
      return undefined
    },
  },
})

/** What waits, counted one by one: `oldest` has all of them, if there are not more than ten. */
function oneByOne(pool: Parameters<typeof getWaiting>[0]): unknown {
  const [type, priority]: [Record<string, number>, Record<string, number>] = [{}, {}]
  for (const one of getWaiting(pool).oldest) {
    type[one.type] = (type[one.type] ?? 0) + 1
    priority[one.priority] = (priority[one.priority] ?? 0) + 1
  }
  return { type, priority }
}

const command = fc.record({
  op: fc.constantFrom('call', 'call', 'cast', 'cast', 'abort', 'advance', 'configure', 'pause', 'resume'),
  type: fc.constantFrom('a' as const, 'b' as const),
  priority: fc.constantFrom(undefined, undefined, -1, 3),
  key: fc.constantFrom(undefined, 'x', 'y'),
  share: fc.constantFrom(undefined, undefined, 's'),
  latest: fc.constantFrom(undefined, undefined, 'l'),
  timeout: fc.constantFrom(undefined, 3, 12),
  crash: fc.boolean(),
  ms: fc.nat(12),
  max: fc.constantFrom(2, 5, 9),
})
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never

const set = (options: object): object =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))

describe('the counts of what waits', () => {
  it.each([
    ['alone', {}],
    ['under limits', { limits: { by: 'type' as const, concurrency: 1 }, rate: { limit: 2, interval: 10 } }],
  ])('are those of the requests that wait, whatever happens (%s)', async (_name, options) => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 10, maxLength: 60 }), async (commands) => {
        const client = { type: 'drop' as const, max: 9 }
        const pool = spawnPool(system, Work, undefined, {
          ...options,
          size: 2,
          clock,
          retryOnCrash: { c: 2 },
          restart: { intensity: Infinity },
          onDrop: () => undefined,
          broker: { client },
        })
        const aborts: AbortController[] = []
        const perform = ({ op, type, ms, max, ...given }: Command): Promise<void> | void => {
          const { priority, key, share, latest, timeout, crash } = given
          if (op === 'call') {
            const controller = new AbortController()
            aborts.push(controller)
            const options = set({ priority, key, share, timeout, signal: controller.signal })
            void call(pool, { type, crash }, options).catch(() => undefined)
          } else if (op === 'cast')
            cast(pool, { type: 'c', crash }, set({ priority, ...(latest === undefined ? { key } : { latest }) }))
          else if (op === 'abort') aborts.pop()?.abort()
          else if (op === 'configure') configure(pool, { broker: { client: { ...client, max } } })
          else if (op === 'pause') pause(pool)
          else if (op === 'resume') resume(pool)
          else return clock.advance(ms)
        }
        for (const one of commands) {
          await perform(one)
          expect(inspect(pool).waitingBy).toEqual(oneByOne(pool))
        }
        resume(pool)
        for (let i = 0; i < 50 && inspect(pool).waiting > 0; i++) await clock.advance(100)
        expect(inspect(pool).waitingBy).toEqual({ type: {}, priority: {} })
      }),
      { numRuns: 30 },
    )
  })
})

describe('a look at very many that wait', () => {
  const MANY = 30_000

  it('counts what came first and what came last by type and priority, and says about how many there are', async () => {
    const pool = spawnPool(system, Work, 'looked-at', { size: 1, clock, paused: true })
    await clock.settle()
    // With a priority, nothing is packed.
    for (let i = 0; i < MANY; i++) {
      if (i < MANY / 2) void call(pool, { type: 'a' }, { priority: 1, timeout: Infinity }).catch(() => undefined)
      else cast(pool, { type: 'c' }, { priority: 1 })
    }
    for (let i = 0; i < MANY; i++) cast(pool, { type: 'c' })
    expect(inspect(pool)).toMatchObject({
      waiting: 2 * MANY,
      waitingBy: { type: { a: MANY / 2, c: (3 * MANY) / 2 }, priority: { 0: MANY, 1: MANY } },
    })
  })

  it('looks at some of each key and tenant, in proportion', async () => {
    let calls = 0
    const by = (message: { tenant: number }): number => {
      calls++
      return message.tenant
    }
    const Tenants = definePool({ init: () => 0, casts: { c: (_msg: { tenant: number }) => undefined } })
    const pool = spawnPool(system, Tenants, 'tenants', {
      size: 1,
      clock,
      paused: true,
      broker: { client: { type: 'fair', by } },
    })
    await clock.settle()
    // The first tenant has half of what waits, and is not the first that came.
    for (let i = 0; i < MANY; i++)
      cast(pool, { type: 'c', tenant: i < 100 ? i : i % 2 === 0 ? 50 : i % 100 }, { key: i % 7 })
    calls = 0
    const { count, looked, by: counted } = getWaiting(pool)
    expect(count).toBe(MANY)
    expect(looked).toBeLessThan(11_000)
    expect(looked).toBeGreaterThanOrEqual(10_000)
    expect(calls).toBeLessThanOrEqual(looked)
    expect([counted.tenant?.names, counted.tenant?.most[0]?.name]).toEqual([100, '50'])
    expect((counted.tenant?.most[0]?.count ?? 0) / looked).toBeCloseTo(1 / 2, 1)
    expect(counted.key.names).toBe(7)
    expect(counted.type.most).toEqual([{ name: 'c', count: looked }])
    calls = 0
    resume(pool)
    pause(pool)
    const { findings } = explain(pool)
    expect(calls).toBeLessThan(11_000)
    expect(findings.length).toBeGreaterThan(0)
  })
})
