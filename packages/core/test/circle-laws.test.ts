import { call, definePool, explain, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/core/testing'
import fc from 'fast-check'
import { start, stop } from 'nact'

const POOLS = 3
const MOST_PLANS = 5
/** All that a program does takes less, if it is not for ever. */
const LONG_MS = 2000
/** When it is looked at on the way, in ms from the last look. */
const STEPS = [10, 10, 10, 10, 20, 20, 20, 40]
const OUTER_MS = 10_000
const INNER_MS = 50_000

/** One message, and what its handler calls before its first `await`. */
interface Plan {
  readonly pool: number
  readonly type: 'single' | 'batch'
  readonly key: string | null
  readonly share: string | null
  readonly tenant: number
  /** How long its handler works besides. */
  readonly ms: number
  readonly crashes: boolean
  readonly then: readonly Plan[]
}
interface Message extends Plan {
  readonly id: number
}

const plan = (depth: number): fc.Arbitrary<Plan> =>
  fc.record({
    pool: fc.nat(POOLS - 1),
    type: fc.constantFrom('single', 'single', 'batch'),
    key: fc.constantFrom(null, null, 'k', 'l'),
    share: fc.constantFrom(null, null, null, 's'),
    tenant: fc.nat(2),
    ms: fc.constantFrom(0, 0, 10, 20),
    crashes: fc.constantFrom(false, false, false, true),
    then: depth === 0 ? fc.constant([]) : fc.array(plan(depth - 1), { maxLength: 2 }),
  })

const settings: fc.Arbitrary<PoolOptions> = fc
  .record({
    size: fc.constantFrom(1, 2, 3, 1, 2, 3, { min: 1, max: 3 }),
    concurrency: fc.constantFrom(0, 0, 0, 1, 2),
    limit: fc.constantFrom(0, 0, 1, 2),
    exclusive: fc.constantFrom(false, false, false, true),
  })
  .map(({ size, concurrency, limit, exclusive }) => ({
    size,
    ...(concurrency > 0 && { concurrency }),
    ...(limit > 0 && { limits: { by: 'tenant', concurrency: limit } }),
    ...(exclusive && { state: { type: 'shared', commit: 'exclusive' } }),
  }))

interface World {
  /** Whether a pool says now that it waits for itself. */
  claims(): readonly boolean[]
  /** How many calls have no answer. */
  readonly open: () => number
  readonly errors: readonly Error[]
  readonly clock: ReturnType<typeof virtualClock>
  readonly close: () => void
}

function run(options: readonly PoolOptions[], plans: readonly Plan[]): World {
  const clock = virtualClock()
  const system = start()
  const pools: ReturnType<typeof spawnOne>[] = []
  const errors: Error[] = []
  let [sent, open] = [0, 0]

  const send = ({ key, share, ...more }: Plan, timeout: number): Promise<unknown> => {
    open++
    const message = { key, share, ...more, id: sent++ }
    const how = { timeout, ...(key === null ? share !== null && { share } : { key }) }
    return call(pools[message.pool] as never, message as never, how).finally(() => open--)
  }
  const handle = async ({ then, ms, crashes, type }: Message, attempt: number): Promise<void> => {
    if (crashes && attempt === 1 && type === 'single') throw new Error('the first time')
    await Promise.all([...then.map((each) => send(each, INNER_MS)), ...(ms > 0 ? [clock.wait(ms)] : [])])
  }
  function spawnOne(of: PoolOptions, index: number) {
    const behaviour = definePool({
      init: () => ({ n: 0 }),
      calls: {
        single: async (message: Message, _state, ctx) => {
          await handle(message, ctx.attempt)
          return reply(message.id, (draft) => void draft.n++)
        },
        batch: {
          batch: 3,
          handle: async (messages: readonly Message[]) => {
            await Promise.all(messages.map((message) => handle(message, 1)))
            return reply(messages.map(({ id }) => id))
          },
        },
      },
    })
    const name = `pool${index}`
    return spawnPool(system, behaviour, name, {
      clock,
      broker: { budget: false },
      retryOnCrash: { single: 1 },
      ...of,
    } as never)
  }
  pools.push(...options.map(spawnOne))
  // One after the other: what only waited for one that expired has its turn then.
  plans.forEach((each, i) => send(each, OUTER_MS + 2 * i * LONG_MS).catch((error: Error) => errors.push(error)))
  const finds = (pool: never): boolean => explain(pool).findings.some(({ finding }) => finding === 'waits-for-itself')
  return {
    claims: () => pools.map((pool) => finds(pool as never)),
    open: () => open,
    errors,
    clock,
    close: () => stop(system),
  }
}

/** A handler calls what shares its own run: random programs seldom have that. */
const calledInIt: Plan = { pool: 0, type: 'single', key: null, share: 's', tenant: 0, ms: 0, crashes: false, then: [] }
const planOfOwnRun: Plan = { ...calledInIt, then: [calledInIt] }
const settingsOfOwnRun: PoolOptions[] = [{ size: 2 }, { size: 1 }, { size: 1 }]

/** What an error says, and what it comes from. */
const whole = (error: unknown): string => (error instanceof Error ? `${error.message} ${whole(error.cause)}` : '')

describe('the laws of circles', () => {
  it('a circle is told if and only if calls are open although nothing moves any more', async () => {
    const reached = new Set<string>()
    await fc.assert(
      fc.asyncProperty(
        fc.array(settings, { minLength: POOLS, maxLength: POOLS }),
        fc.array(plan(3), { minLength: 1, maxLength: MOST_PLANS }),
        async (options, plans) => {
          const world = run(options, plans)
          const { clock } = world
          let claimed = world.claims()
          const look = (): void => {
            const now = world.claims()
            // Nothing but a deadline ends a circle.
            now.forEach((claims, pool) => expect(claimed[pool] === true && !claims).toBe(false))
            claimed = now
          }
          for (let i = 0; i < 12; i++) {
            await Promise.resolve()
            look()
          }
          for (const ms of [...STEPS, LONG_MS]) {
            await clock.settle()
            look()
            await clock.advance(ms)
          }
          await clock.settle()
          look()
          const [isStill, tells] = [world.open() > 0, claimed.includes(true)]
          expect({ tells }).toEqual({ tells: isStill })
          await clock.advance(2 * MOST_PLANS * LONG_MS + OUTER_MS)
          for (const error of world.errors) expect(whole(error)).toMatch(/waits for itself/)
          if (!isStill) expect(world.errors).toEqual([])
          await clock.advance(4 * INNER_MS)
          expect(world.open()).toBe(0)
          for (const error of world.errors) for (const by of WAYS) if (by.test(whole(error))) reached.add(by.source)
          reached.add(isStill ? 'circle' : 'no circle')
          world.close()
          await clock.settle()
        },
      ),
      { numRuns: Number(process.env['GENPOOL_LAW_RUNS'] ?? 250), examples: [[settingsOfOwnRun, [planOfOwnRun]]] },
    )
    expect([...reached].sort()).toEqual([...WAYS.map(({ source }) => source), 'circle', 'no circle'].sort())
  })
})

/** How the errors say what the last call waits for. */
const WAYS = [/All its members wait/, /has the key of/, /needs the state/, /shares the run/, /limit of its key/]
