import { call, cast, configure, definePool, noReply, type PoolOptions, reply, resume, spawnPool } from '@genpool/core'
import { clock, system } from './virtual-system'

const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => value,
    (error: { code?: string }) => error.code ?? String(error),
  )

/** A pool whose init takes so long. */
function spawned(options: PoolOptions, initMs: number) {
  const Work = definePool({
    init: async () => {
      if (initMs > 0) await clock.wait(initMs)
      return { count: 0 }
    },
    casts: { add: () => noReply((draft) => void draft.count++) },
  })
  return { pool: spawnPool(system, Work, 'pool', { size: 2, clock, ...options }) }
}

describe('configure', () => {
  it('merges state options with their short form', async () => {
    const { pool } = spawned({ state: 'isolated' }, 0)
    await clock.settle()
    expect(configure(pool, { state: { commit: 'exclusive' } } as never)).toEqual([
      { path: 'state.commit', from: 'retry', to: 'exclusive' },
    ])
    const plain = spawnPool(system, (state: number) => state, 'plain', { initialState: 1, clock })
    expect(configure(plain, { state: { retries: 5 } } as never)).toEqual([{ path: 'state.retries', from: 3, to: 5 }])
  })

  it.each([
    ['a smaller "limits.max"', { limits: { by: 'of', max: 2 } }, [1, 2, 3, 4, 5], 'max'],
    ['a smaller "max"', { broker: { client: { max: 2 } } }, [1, 2, 'max', 'max', 'max'], 'max'],
    [
      'a smaller "max" that drops the oldest',
      { broker: { client: { type: 'drop', dropFrom: 'head', max: 2 } } },
      ['max', 'max', 'max', 'max', 5],
      6,
    ],
    [
      'a smaller "max" of a fair queue',
      { broker: { client: { type: 'fair', by: { property: 'of' }, queue: { max: 2 } } } },
      [1, 2, 'max', 'max', 'max'],
      'max',
    ],
  ] as const)('keeps or drops what waits, as the options say: %s', async (_, changes, kept, next) => {
    const Work = definePool({ calls: { work: ({ id }: { id: number; of: string }) => reply(id) } })
    const pool = spawnPool(system, Work, 'pool', { size: 1, clock, paused: true })
    const send = (id: number) =>
      call(pool, { type: 'work', id, of: 'one' }).catch(({ reason }: { reason: string }) => reason)
    const waiting = [1, 2, 3, 4, 5].map(send)
    configure(pool, changes as never)
    const another = send(6)
    resume(pool)
    await clock.advance(10)
    expect([await Promise.all(waiting), await another]).toEqual([kept, next])
  })

  it('changes limits for later messages: timeout, stuckAfter, retryOnCrash, restart', async () => {
    let crashes = 0
    const Work = definePool({
      init: () => 0,
      calls: {
        crash: () => {
          if (crashes-- > 0) throw new Error('boom')
          return reply('done')
        },
        hang: () => new Promise<never>(() => undefined),
      },
    })
    const pool = spawnPool(system, Work, 'pool', { size: 1, clock })
    crashes = 1
    expect(await outcome(call(pool, { type: 'crash' }))).toBe('ERR_GENPOOL_CRASHED')
    configure(pool, { retryOnCrash: { crash: 1 } })
    crashes = 1
    expect(await outcome(call(pool, { type: 'crash' }))).toBe('done')
    configure(pool, { timeout: 20, stuckAfter: 100 })
    const hanging = outcome(call(pool, { type: 'hang' }))
    await clock.advance(50)
    expect(await hanging).toBe('ERR_GENPOOL_EXPIRED')
    await clock.advance(60)
    expect(await outcome(call(pool, { type: 'crash' }))).toBe('done')
    configure(pool, { timeout: 5000, restart: { intensity: 2, within: 1000 } })
    const quiet = jest.spyOn(console, 'log').mockImplementation(() => undefined)
    crashes = 9
    expect(await outcome(call(pool, { type: 'crash' }))).toBe('ERR_GENPOOL_CRASHED')
    expect(await outcome(call(pool, { type: 'crash' }))).toBe('ERR_GENPOOL_STOPPED')
    quiet.mockRestore()
  })

  it('adds and replaces callbacks', async () => {
    const { pool } = spawned({ broker: { client: { type: 'drop', max: 0 } } }, 1000)
    const lost: unknown[] = []
    cast(pool, { type: 'add' })
    configure(pool, { onDrop: ({ message }) => lost.push(message) })
    cast(pool, { type: 'add' })
    configure(pool, { onDrop: () => undefined })
    cast(pool, { type: 'add' })
    await clock.settle()
    expect(lost).toEqual([{ type: 'add' }])
  })
})
