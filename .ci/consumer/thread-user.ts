// A pool in threads whose module is in TypeScript: read by ts-node, tsx and jest, in a package of CommonJS.
import { call, drain, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { start } from 'nact'
import { join } from 'node:path'
import type Module from './thread-module'

/** Adds twice in one thread, and returns the sum. */
export async function addTwice(): Promise<number> {
  const behaviour = threads<typeof Module>(join(__dirname, 'thread-module.ts'))
  const pool = spawnPool(start(), behaviour, 'typescript', { size: 1, timeout: 60_000 })
  await call(pool, { type: 'add', value: 5 })
  const sum = await call(pool, { type: 'add', value: 5 })
  await drain(pool)
  return sum
}
