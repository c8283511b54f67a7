import { call, type CallOptions, inspect, ready, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { join } from 'node:path'
import { system } from './fixtures/quiet-system'
import type Sharing from './fixtures/sharing'
import { until } from './fixtures/until'

const file = join(__dirname, 'fixtures', 'sharing.ts')

const open = async () => {
  const pool = spawnPool(system, threads<typeof Sharing>(file), 'sharing', { size: 1, timeout: 50_000 })
  await ready(pool)
  return pool
}
/** What a call is told, and until when it has heard something. */
const hearing = () => {
  const heard: unknown[] = []
  const options = (more: CallOptions): CallOptions => ({ ...more, onProgress: (value) => heard.push(value) })
  return { options, heard: (value: string) => until(() => heard.includes(value)) }
}
const codeOf = (error: { code: string; started?: boolean }) => [error.code, error.started]

describe('a run in a thread that calls share', () => {
  it('knows in a loop that it has more time, since another caller has come', async () => {
    const pool = await open()
    const { options, heard } = hearing()
    const first = call(pool, { type: 'watch', less: false }, options({ share: 'x', timeout: 4_000 }))
    await heard('begun')
    const second = call(pool, { type: 'watch', less: false }, { share: 'x' })
    expect(await Promise.all([first, second])).toEqual([
      [true, false],
      [true, false],
    ])
  })

  it('knows in a loop that it has less time, since the caller with the latest deadline has left', async () => {
    const pool = await open()
    const { options, heard } = hearing()
    const first = call(pool, { type: 'watch', less: true }, options({ share: 'x', timeout: 9_000 }))
    await heard('begun')
    const controller = new AbortController()
    const second = call(pool, { type: 'watch', less: true }, { share: 'x', signal: controller.signal }).catch(codeOf)
    await heard('more')
    controller.abort()
    expect(await Promise.all([first, second])).toEqual([
      [true, false],
      ['ERR_GENPOOL_CANCELLED', true],
    ])
  })

  it('knows in a loop that the last deadline has passed', async () => {
    const pool = await open()
    const { options, heard } = hearing()
    const first = call(pool, { type: 'obey' }, options({ share: 'x', timeout: 1_000 })).catch(codeOf)
    await heard('begun')
    const second = call(pool, { type: 'obey' }, { share: 'x', timeout: 1_200 }).catch(codeOf)
    expect(await Promise.all([first, second])).toEqual([
      ['ERR_GENPOOL_EXPIRED', true],
      ['ERR_GENPOOL_EXPIRED', true],
    ])
    expect(await call(pool, { type: 'told' })).toEqual(['ERR_GENPOOL_EXPIRED', 0])
  })
})

describe('a call that waits in a thread', () => {
  it('expires there while the thread of the pool is held up, and has one outcome', async () => {
    const pool = await open()
    for (let i = 0; i < 20; i++) await call(pool, { type: 'tiny' })
    const { options, heard } = hearing()
    const busy = call(pool, { type: 'busy', ms: 100 }, options({}))
    await heard('begun')
    const late = ['x', undefined].map((share) =>
      call(pool, { type: 'tiny' }, { timeout: 40, ...(share === undefined ? {} : { share }) }).catch(codeOf),
    )
    // They are sent.
    await new Promise((resolve) => setImmediate(resolve))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
    expect(await Promise.all(late)).toEqual([
      ['ERR_GENPOOL_EXPIRED', false],
      ['ERR_GENPOOL_EXPIRED', false],
    ])
    await busy
    expect(await call(pool, { type: 'tiny' }, { share: 'x' })).toBe('tiny')
    expect(inspect(pool)).toMatchObject({ waiting: 0, members: { busy: 0 } })
  })
})
