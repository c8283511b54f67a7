/*
 * One tenant sends far more than the others. Without limits, all wait behind it. With them, the others notice nothing.
 *
 *     node -r ts-node/register examples/recipes/tenants.ts
 */
// #region pool
import { call, configure, definePool, drain, explain, inspect, reply, spawnPool } from '@genpool/core'
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

const plan = (tenant: string): 'gold' | 'free' => (tenant.startsWith('gold') ? 'gold' : 'free')

/** What keeps tenants apart. */
const limits = {
  by: 'tenant', // the property of the message that names the tenant
  concurrency: 4, // so many of one tenant run at once: it never has all 8 members
  weight: (tenant: unknown) => (plan(String(tenant)) === 'gold' ? 3 : 1), // while all are busy, gold has three turns in a row
  max: 500, // so many of one tenant may wait; only its own requests are dropped beyond that
}
// #endregion pool

async function main(): Promise<void> {
  const system = start()
  const pool = spawnPool(system, Exports, 'exports', { size: 8 })
  const ask = async (tenant: string): Promise<number> => {
    const begun = performance.now()
    await call(pool, { type: 'make', tenant, rows: 100 })
    return performance.now() - begun
  }
  /** One tenant sends 800 exports; after that, two others ask for 10 each, one after the other. */
  const run = async (): Promise<void> => {
    const loud = Promise.allSettled(Array.from({ length: 800 }, () => ask('loud')))
    const others = await Promise.all(['acme', 'gold-zeta'].map((tenant) => inTurn(() => ask(tenant), 10)))
    for (const [index, tenant] of ['acme', 'gold-zeta'].entries())
      console.log(`  ${tenant}: up to ${Math.round(Math.max(...others[index]!))} ms`)
    const served = (await loud).filter(({ status }) => status === 'fulfilled').length
    console.log(`  loud: ${served} of 800 served`)
  }

  console.log('without limits, an export of 10 ms takes')
  await run()

  // #region use
  configure(pool, { limits })
  console.log('with limits')
  const running = run()
  await wait(50)
  console.log(`  held back: ${inspect(pool).limits?.waiting} of "${String(inspect(pool).limits?.key)}"`)
  console.log(`  explain: ${explain(pool).findings[0]?.finding}`)
  await running
  // #endregion use

  await drain(pool)
  stop(system)
}

async function inTurn(ask: () => Promise<number>, times: number): Promise<number[]> {
  const took: number[] = []
  for (let n = 0; n < times; n++) took.push(await ask())
  return took
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
