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
  // A deadline would hold the process by itself.
  const timeout = leave === 'crash' || leave === 'death' ? Infinity : 60_000
  const pool = spawnPool(system, behaviour, 'counter', { size: 1, timeout })
  await ready(pool)
  const counts = await Promise.all([1, 1, 1, 1].map((value) => call(pool, { type: 'add', value })))
  console.log('sum', Math.max(...counts) >= 2 ? 'ok' : counts)
  if (leave === 'crash' || leave === 'death') {
    for (let i = 0; i < 5; i++) {
      const message =
        leave === 'crash' ? ({ type: 'fail', text: 'ends its member' } as const) : ({ type: 'die' } as const)
      const failed = call(pool, message).catch(() => undefined)
      await Promise.all([failed, call(pool, { type: 'add', value: 1 })])
    }
    console.log('all answered')
  }
  if (leave === 'stop') stop(system)
  if (leave === 'drain') {
    await drain(pool)
    console.log('drained')
  }
}

void main(process.argv[2] ?? 'idle')
