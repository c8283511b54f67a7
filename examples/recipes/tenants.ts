/*
 * One tenant sends far more than the others. Without limits, all wait behind it. With them, the others notice nothing.
 *
 *     node -r ts-node/register examples/recipes/tenants.ts
 */
// #region pool
import {
  call,
  configure,
  definePool,
  drain,
  getOptions,
  inspect,
  reply,
  spawnPool,
} from '@genpool/core'
import { start, stop } from 'nact'
import { setTimeout as wait } from 'node:timers/promises'

const Exports = definePool({
  calls: {
    // Stands for a database: each export takes 10 ms.
    make: async (msg: { tenant: string; rows: number }, _state, ctx) => {
      await wait(10, undefined, { signal: ctx.signal })
      return reply(`${msg.rows} rows for ${msg.tenant}`)
    },
  },
})

const plan = (tenant: unknown): 'gold' | 'free' => (String(tenant).startsWith('gold') ? 'gold' : 'free')

const spawnExports = (system: ReturnType<typeof start>) =>
  spawnPool(system, Exports, 'exports', {
    size: 8,
    timeout: 30_000,
    limits: {
      by: 'tenant', // the property of the message that names the tenant
      concurrency: 4, // so many of one tenant run at once: it never has all 8 members
      weight: (tenant) => (plan(tenant) === 'gold' ? 3 : 1), // turns while all are busy
      max: 500, // so many of one tenant may wait; only its own requests are dropped beyond that
    },
  })
// #endregion pool

// #region use
/** One tenant sends 800 exports; after that, two others ask for 10 each, one after the other. */
async function run(pool: ReturnType<typeof spawnExports>): Promise<void> {
  const make = (tenant: string) => call(pool, { type: 'make', tenant, rows: 100 })
  const loud = Promise.allSettled(Array.from({ length: 800 }, () => make('loud')))
  const others = ['acme', 'gold-zeta'].map(async (tenant) => {
    console.log(`  ${tenant}: up to ${await longest(() => make(tenant), 10)} ms`)
  })
  await Promise.all(others)
  const served = (await loud).filter(({ status }) => status === 'fulfilled').length
  console.log(`  loud: ${served} of 800 served`)
}

/** How long the longest of many took, one after the other. */
async function longest(work: () => Promise<unknown>, times: number): Promise<number> {
  let most = 0
  for (let n = 0; n < times; n++) {
    const begun = performance.now()
    await work()
    most = Math.max(most, performance.now() - begun)
  }
  return Math.round(most)
}
// #endregion use

async function main(): Promise<void> {
  // #region main
  const system = start()
  const pool = spawnExports(system)
  const { limits } = getOptions(pool)

  console.log('without limits, an export of 10 ms takes')
  configure(pool, { limits: false })
  await run(pool)

  console.log('with limits')
  configure(pool, { limits })
  const running = run(pool)
  await wait(5)
  console.log(`  held back: ${inspect(pool).limits?.waiting} of "${String(inspect(pool).limits?.key)}"`)
  await running

  await drain(pool)
  stop(system)
  // #endregion main
}

main().catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
