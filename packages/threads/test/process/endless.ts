import { call, drain, ready, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { start } from 'nact'
import { join } from 'node:path'
import type Endless from '../fixtures/endless'

/** Has a thread loop where the argument says, and gives it up. The process has to end by itself. */
async function main(where: string): Promise<void> {
  const workerData = { memory: new SharedArrayBuffer(12), where }
  const behaviour = threads<typeof Endless>(join(__dirname, '..', 'fixtures', 'endless.ts'), { workerData })
  const restart = { startTimeout: where === 'handler' ? 60_000 : 500, attempts: 1 }
  const pool = spawnPool(start(), behaviour, 'endless', { size: 1, restart })
  await ready(pool).catch((error: { code: string }) => console.log(error.code))
  if (where === 'handler') call(pool, { type: 'work' }).catch((error: { code: string }) => console.log(error.code))
  await drain(pool, { within: 100 })
  console.log('drained')
}

void main(process.argv[2] ?? 'init')
