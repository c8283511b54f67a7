import { call, definePool, ready, reply, spawnPool } from '@genpool/core'
import { start } from 'nact'

/*
 * For the test beside it: a process with a pool whose `init` never answers, and which holds nothing open. Who waits is in its
 * argument.
 */
const Never = definePool({ init: () => new Promise<number>(() => undefined), calls: { work: () => reply('done') } })
const restart = { startTimeout: 300, attempts: 1 }
const wait = (pool: ReturnType<typeof spawned>): Promise<unknown> | undefined => {
  if (process.argv[2] === 'ready') return ready(pool)
  if (process.argv[2] === 'call') return call(pool, { type: 'work' }, { timeout: Infinity })
  return undefined
}
const spawned = () => spawnPool(start(), Never, 'never', { size: 1, restart })

wait(spawned())?.catch((error: { code: string }) => console.log(error.code))
process.on('exit', () => console.log('end'))
