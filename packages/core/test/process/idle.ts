import { call, definePool, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { start } from 'nact'

/*
 * For the test beside it: a process with a pool for each of the options in its argument, a list in JSON. Each pool works, and
 * has nothing left to do then. The process must end by itself, after a caller that waits has its outcome.
 */
const Work = definePool({
  init: () => 0,
  calls: {
    work: () => reply('done'),
    fail: () => {
      throw new Error('it failed')
    },
  },
})
const system = start()

async function work(options: PoolOptions): Promise<void> {
  const pool = spawnPool(system, Work, undefined, options)
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => call(pool, { type: 'work' })))
  // This opens a breaker.
  if (options.breaker !== undefined) await call(pool, { type: 'fail' }).catch(() => undefined)
  const [first] = outcomes
  console.log(first?.status === 'fulfilled' ? first.value : (first?.reason as { code: string }).code)
}

for (const options of JSON.parse(process.argv[2] ?? '[]') as PoolOptions[]) void work(options)
