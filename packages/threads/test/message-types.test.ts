import { call, configure, type PoolRef, ready, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { join } from 'node:path'
import type Counter from './fixtures/counter'
import { system } from './fixtures/quiet-system'

const counterOf = () => threads<typeof Counter>(join(__dirname, 'fixtures', 'counter.ts'))
const wrong = 'retryOnCrash.ad: the behaviour has no handler "ad", so it has no effect (did you mean "add"?). Expected '
const known = '"add", "where", "die", "fail", "keep", "handleInfo" or "handleContinue"'

describe('the message types that options of a pool of threads name', () => {
  it.each(['isolated', 'shared'] as const)('are looked at when the module is loaded: %s', async (state) => {
    const options = { size: 2, state, retryOnCrash: { ad: 1 } } as object
    const pool = spawnPool(system, counterOf(), undefined, options)
    const error: unknown = await ready(pool as PoolRef).catch((stopped: unknown) => stopped)
    expect(error).toMatchObject({
      code: 'ERR_GENPOOL_STOPPED',
      message: expect.stringContaining(`gave up: its options do not fit its behaviour: The options of pool "`),
      cause: { cause: { code: 'ERR_GENPOOL_OPTIONS', message: expect.stringContaining(`at ${wrong}${known}`) } },
    })
    await expect(call(pool, { type: 'add', value: 1 })).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
  })

  it('are looked at at once after that', async () => {
    const counter = counterOf()
    const pool = spawnPool(system, counter, 'known', { size: 1, retryOnCrash: { add: 1, keep: 2, handleInfo: 0 } })
    expect(await call(pool, { type: 'add', value: 2 })).toBe(2)
    expect(() => configure(pool, { retryOnCrash: { ad: 1 } })).toThrow(
      `The changes to pool "known" are wrong; nothing was changed.\n  at ${wrong}`,
    )
    // @ts-expect-error there is no such message
    expect(() => spawnPool(system, counter, 'next', { size: 1, retryOnCrash: { ad: 3 } })).toThrow(`at ${wrong}`)
  })
})
