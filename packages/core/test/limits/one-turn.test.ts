import { call, cast, definePool, idle, noReply, type PoolOptions, reply, spawnPool } from '@genpool/core'
import fc from 'fast-check'
import { type ActorSystemRef, start, stop } from 'nact'

/*
 * All that is sent in one turn of the event loop has been sent at the same time. What is held back then must neither overtake those of
 * its key that stand in the queue, nor wait for all the others.
 */

interface Work {
  readonly tenant: number
  readonly n: number
}

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => stop(system))

let pools = 0

interface How {
  readonly isCall: boolean
  readonly isAsync: boolean
  readonly keys: boolean
}

/** The numbers in the order in which their handlers began. */
async function begun(options: PoolOptions, tenants: number, { isCall, isAsync, keys }: How): Promise<number[]> {
  const order: number[] = []
  const soon = <T>(value: T): T | Promise<T> => (isAsync ? Promise.resolve(value) : value)
  const behaviour = definePool({
    calls: {
      ask: ({ n }: Work) => {
        order.push(n)
        return soon(reply(n))
      },
    },
    casts: {
      tell: ({ n }: Work) => {
        order.push(n)
        return soon(noReply())
      },
    },
  })
  const pool = spawnPool(system, behaviour, `pool-${pools++}`, { callerContext: false, ...options })
  const answers = Array.from({ length: 120 }, (_, n) => {
    const work = { tenant: n % tenants, n }
    const how = keys ? { key: n % tenants } : {}
    return isCall ? call(pool, { type: 'ask', ...work }, how) : cast(pool, { type: 'tell', ...work }, how)
  })
  await Promise.all(answers)
  await idle(pool)
  stop(pool)
  return order
}

const hows = fc.record({ isCall: fc.boolean(), isAsync: fc.boolean(), keys: fc.boolean() })
const sizes = fc.integer({ min: 1, max: 9 })
const tenantCounts = fc.constantFrom(1, 2, 3, 7, 40)
const clients = fc.constantFrom(
  { type: 'drop' },
  { type: 'timeout', timeout: 60_000 },
  { type: 'codel' },
) as fc.Arbitrary<never>
const limits = fc.option(
  fc.record({ concurrency: fc.integer({ min: 1, max: 9 }) }).map((rules) => ({ by: 'tenant', ...rules })),
  { nil: undefined },
)

describe('what is sent in one turn, and held back by its key or a limit', () => {
  it('begins in the order in which it was sent, and soon after what was sent before it', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, tenantCounts, clients, limits, hows, async (size, tenants, client, byTenant, how) => {
        const order = await begun({ size, broker: { client }, limits: byTenant as never }, tenants, how)
        expect(order).toHaveLength(120)
        for (let tenant = 0; tenant < tenants; tenant++) {
          const own = order.filter((n) => n % tenants === tenant)
          expect(own).toEqual([...own].sort((a, b) => a - b))
        }
        // A key may be busy meanwhile: others begin before it then, but no more than one row of the others and of the members.
        for (const [place, n] of order.entries()) expect(Math.abs(place - n)).toBeLessThanOrEqual(tenants + size)
      }),
      { numRuns: 60 },
    )
  })
})
