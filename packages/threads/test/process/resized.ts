import { call, ready, resize, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { start } from 'nact'
import { join } from 'node:path'
import type Counter from '../fixtures/counter'
import { until } from '../fixtures/until'

const TIMES = 6
const gc = (globalThis as unknown as { gc(): void }).gc

/** Shrinks a pool while its last thread starts, again and again. Prints how many of the threads that have ended are still in memory. */
async function main(): Promise<void> {
  const ended: WeakRef<object>[] = []
  let alive = 0
  process.on('worker', (worker) => {
    alive++
    const ref = new WeakRef(worker)
    worker.once('exit', () => {
      alive--
      ended.push(ref)
    })
  })
  const behaviour = threads<typeof Counter>(join(__dirname, '..', 'fixtures', 'counter.ts'))
  const pool = spawnPool(start(), behaviour, 'counter', { size: 1, state: 'shared' })
  await ready(pool)
  for (let i = 0; i < TIMES; i++) {
    resize(pool, 2)
    await call(pool, { type: 'add', value: 1 })
    resize(pool, 1)
    await until(() => alive === 1)
  }
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve))
    gc()
  }
  console.log(`${ended.length} ended, ${ended.filter((ref) => ref.deref() !== undefined).length} in memory`)
  process.exit(0)
}

void main()
