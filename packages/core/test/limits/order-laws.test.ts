import { call, definePool, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { spawnBroker } from '@genpool/broker'
import { virtualClock } from '@genpool/runtime/testing'
import fc from 'fast-check'
import { start, stop } from 'nact'

interface Task {
  readonly tenant: number
  readonly ms: number
  readonly cost: number
  readonly priority: number
}

const tasks = fc.array(
  fc.record<Task>({
    tenant: fc.nat(1),
    ms: fc.nat(6),
    cost: fc.integer({ min: 1, max: 3 }),
    priority: fc.constantFrom(0, 0, 0, 1),
  }),
  { minLength: 3, maxLength: 40 },
)

const rates = fc.record({ limit: fc.integer({ min: 3, max: 5 }), interval: fc.integer({ min: 3, max: 10 }) })
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined })
/** The rates and limits, and which of the properties of a message are keys of them. */
const rules = fc
  .record({
    rate: maybe(rates),
    rateBy: maybe(fc.constant('tenant' as const)),
    cost: maybe(fc.constant('cost' as const)),
    limits: maybe(fc.record({ concurrency: fc.integer({ min: 1, max: 3 }) })),
    keyRate: maybe(rates),
  })
  .map(({ rate, rateBy, cost, limits, keyRate }) => ({
    ...(rate !== undefined && {
      rate: { ...rate, ...(rateBy !== undefined && { by: rateBy }), ...(cost !== undefined && { cost }) },
    }),
    ...((limits ?? keyRate) !== undefined && {
      limits: { by: 'tenant', ...limits, ...(keyRate !== undefined && { rate: keyRate }) },
    }),
  }))

const RUNS = Number(process.env['GENPOOL_LAW_RUNS'] ?? 60)

/** The tasks in the order in which their handlers are called. All are sent at once. */
async function begun(all: readonly Task[], size: number, options: PoolOptions, isShared: boolean): Promise<Task[]> {
  const clock = virtualClock()
  const system = start()
  const order: Task[] = []
  const Worker = definePool({
    calls: {
      work: async ({ task }: { task: Task }) => {
        order.push(task)
        await clock.wait(task.ms)
        return reply(1)
      },
    },
  })
  const client = { type: 'drop', order: 'fifo' } as const
  const queue = isShared
    ? { broker: spawnBroker(system, { clock, client, budget: false, ...options } as never) }
    : { broker: { client, budget: false }, ...options }
  const pool = spawnPool(system, Worker, 'pool', { size, clock, timeout: Infinity, ...queue } as never)
  const calls = all.map((task) => call(pool, { type: 'work', task, ...task } as never, { priority: task.priority }))
  for (let i = 0; i < 2000 && order.length < all.length; i++) await clock.advance(1)
  await clock.advance(10)
  await Promise.all(calls)
  stop(system)
  return order
}

describe('the order of what begins', () => {
  it('is that in which it was sent: when a place and a rate are free at the same time', async () => {
    const sent = [5, 4, 3, 3].map((ms): Task => ({ tenant: 0, ms, cost: 1, priority: 0 }))
    const limits = { by: 'tenant', concurrency: 2, rate: { limit: 2, interval: 5 } }
    expect(await begun(sent, 3, { limits } as never, false)).toEqual(sent)
    expect(await begun(sent, 3, { limits } as never, true)).toEqual(sent)
  })

  it('is that in which it was sent within each key and priority, whatever rates and limits there are', async () => {
    const size = fc.integer({ min: 1, max: 4 })
    await fc.assert(
      fc.asyncProperty(tasks, size, rules, fc.boolean(), async (all, members, options, isShared) => {
        const order = await begun(all, members, options as never, isShared)
        for (const tenant of [0, 1]) {
          for (const priority of [0, 1]) {
            const isOne = (task: Task): boolean => task.tenant === tenant && task.priority === priority
            expect(order.filter(isOne).map((task) => all.indexOf(task))).toEqual(
              all.filter(isOne).map((task) => all.indexOf(task)),
            )
          }
        }
      }),
      { numRuns: RUNS },
    )
  })
})
