import { call, cast, ready, spawnPool } from '@genpool/core'
import { deliver } from '@genpool/core/elsewhere'
import { threads } from '@genpool/threads'
import { start, stop } from 'nact'
import { join } from 'node:path'
import type Counter from './fixtures/counter'

it('a handler in a thread sees how a message that is kept was delivered, and is done when it has ended', async () => {
  const system = start()
  const file = join(__dirname, 'fixtures', 'counter.ts')
  const pool = spawnPool(system, threads<typeof Counter>(file), 'counter', { size: 1, timeout: 30_000 })
  await ready(pool)
  const delivery = { id: 'a', attempt: 2, storedAt: new Date(1000), seq: 7, key: undefined }
  const end = await new Promise((resolve) =>
    deliver(pool as never, { type: 'keep' }, { delivery, timeout: 30_000 }, (error, runs) => resolve([error, runs])),
  )
  expect(end).toEqual([undefined, 1])
  expect(await call(pool, { type: 'add', value: 0 })).toBe(1002)
  cast(pool, { type: 'keep' })
  expect(await call(pool, { type: 'add', value: 0 })).toBe(-1)
  stop(system)
})
