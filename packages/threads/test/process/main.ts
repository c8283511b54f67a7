import { call, drain, ready, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { start, stop } from 'nact'
import { join } from 'node:path'
import type Counter from '../fixtures/counter'

/** Uses a pool of threads, and leaves it as the argument says. The process has to end by itself. */
async function main(leave: string): Promise<void> {
  const system = start()
  const behaviour = threads<typeof Counter>(join(__dirname, '..', 'fixtures', 'counter.ts'), {
    spare: leave === 'idle' ? 0 : 1,
  })
  const pool = spawnPool(system, behaviour, 'counter', { size: 1, timeout: 60_000 })
  await ready(pool)
  const counts = await Promise.all([1, 1, 1, 1].map((value) => call(pool, { type: 'add', value })))
  console.log('sum', Math.max(...counts) >= 2 ? 'ok' : counts)
  if (leave === 'stop') stop(system)
  if (leave === 'drain') {
    await drain(pool)
    console.log('drained')
  }
}

void main(process.argv[2] ?? 'idle')
