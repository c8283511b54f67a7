import { call, inspect, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { BlockList } from 'node:net'
import { join } from 'node:path'
import { system } from './fixtures/quiet-system'
import type Unreadable from './fixtures/unreadable'

const open = (options: object = {}) =>
  spawnPool(system, threads<typeof Unreadable>(join(__dirname, 'fixtures', 'unreadable.ts'), { prefetch: 8 }), 'pool', {
    size: 1,
    timeout: 30_000,
    ...options,
  })
const refused = {
  code: 'ERR_GENPOOL_INVALID',
  message: expect.stringMatching(
    /message "read" to pool "pool" .*its thread cannot read it, and nothing that is wrong was found in it/s,
  ) as string,
}

describe('a message that its thread cannot read, with nothing in it that is wrong here', () => {
  it('is refused, and ends neither its thread nor what runs there', async () => {
    const pool = open()
    const words = new SharedArrayBuffer(4)
    const waits = call(pool, { type: 'waits', words })
    await expect(call(pool, { type: 'read', n: 1, list: new BlockList() })).rejects.toMatchObject(refused)
    Atomics.store(new Int32Array(words), 0, 1)
    expect(await waits).toBe('waited')
    expect(await call(pool, { type: 'read', n: 2 })).toBe(2)
    expect(inspect(pool)).toMatchObject({ restarts: 0 })
  })

  it('costs those nothing that are sent together with it', async () => {
    const pool = open({ state: 'shared' })
    for (let round = 0; round < 3; round++) {
      const all = await Promise.allSettled(
        Array.from({ length: 20 }, (_, n) =>
          call(pool, { type: 'read', n, ...(n % 3 === 1 ? { list: new BlockList() } : {}) }),
        ),
      )
      all.forEach((each, n) => {
        if (n % 3 === 1) expect(each).toMatchObject({ status: 'rejected', reason: refused })
        else expect(each).toEqual({ status: 'fulfilled', value: n })
      })
    }
    expect(inspect(pool)).toMatchObject({ restarts: 0 })
  })

  it('is refused with its batch', async () => {
    const pool = open()
    const all = await Promise.allSettled(
      [1, 2, 3].map((n) => call(pool, { type: 'together', n, ...(n === 2 ? { list: new BlockList() } : {}) })),
    )
    expect(all[1]).toMatchObject({ status: 'rejected', reason: { code: 'ERR_GENPOOL_INVALID' } })
    for (const each of all)
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    expect(await call(pool, { type: 'read', n: 2 })).toBe(2)
    expect(inspect(pool)).toMatchObject({ restarts: 0 })
  })
})
