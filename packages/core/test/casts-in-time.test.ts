import {
  call,
  cast,
  type CastOptions,
  definePool,
  inspect,
  noReply,
  type PoolOptions,
  reply,
  spawnPool,
} from '@genpool/core'
import { clock, system } from './virtual-system'

const seen: number[] = []
const Work = definePool({
  calls: {
    busy: async () => {
      await clock.wait(100)
      return reply('done')
    },
  },
  casts: {
    note: ({ n }: { n: number }) => {
      seen.push(n)
      return noReply()
    },
    slow: async (_message: object, _state, ctx) => {
      ctx.signal.addEventListener('abort', () => seen.push(-1))
      await clock.wait(100)
      return noReply()
    },
  },
})
const lost: string[] = []
const spawned = (options: PoolOptions = {}) =>
  spawnPool(system, Work, undefined, {
    size: 1,
    clock,
    onDrop: ({ error }) => void lost.push(error.code),
    ...options,
  })
beforeEach(() => {
  seen.length = lost.length = 0
})

describe('the timeout of a cast', () => {
  it('is how long it may wait and run: one that waits for longer is not run, and is a dead letter', async () => {
    const pool = spawned()
    const busy = call(pool, { type: 'busy' })
    expect(cast(pool, { type: 'note', n: 1 }, { timeout: 50 })).toEqual({ ok: true })
    expect(cast(pool, { type: 'note', n: 2 }, { timeout: 500 })).toEqual({ ok: true })
    await clock.advance(100)
    expect(await busy).toBe('done')
    await clock.settle()
    expect({ seen, lost }).toEqual({ seen: [2], lost: ['ERR_GENPOOL_EXPIRED'] })
    expect(inspect(pool).outcomes).toMatchObject({ expired: 1, replied: 2 })
  })

  it('fires the signal of a handler that runs for longer', async () => {
    const pool = spawned()
    cast(pool, { type: 'slow' }, { timeout: 30 })
    await clock.advance(25)
    expect(seen).toEqual([])
    await clock.advance(20)
    expect({ seen, lost }).toEqual({ seen: [-1], lost: ['ERR_GENPOOL_EXPIRED'] })
    await clock.advance(100)
  })

  it('is not that of the pool if it is left out: it waits as long as it takes', async () => {
    const pool = spawned({ timeout: 10 })
    void call(pool, { type: 'busy' }, { timeout: 200 })
    cast(pool, { type: 'note', n: 1 })
    await clock.advance(100)
    expect({ seen, lost }).toEqual({ seen: [1], lost: [] })
  })

  it('holds beside "latest" and "priority", and has to be a time', async () => {
    const pool = spawned()
    void call(pool, { type: 'busy' })
    const options: CastOptions = { timeout: 20, latest: 'x', priority: 1 }
    expect(cast(pool, { type: 'note', n: 1 }, options)).toEqual({ ok: true })
    await clock.advance(100)
    expect({ seen, lost }).toEqual({ seen: [], lost: ['ERR_GENPOOL_EXPIRED'] })
    expect(cast(pool, { type: 'note', n: 1 }, { timeout: -1 })).toMatchObject({
      ok: false,
      error: { code: 'ERR_GENPOOL_OPTIONS', message: expect.stringContaining('The option "timeout"') },
    })
  })

  it('is among the options that an unknown one is told with', () => {
    expect(cast(spawned(), { type: 'note', n: 1 }, { banana: 1 } as never)).toMatchObject({
      error: { message: expect.stringContaining('there are timeout, priority, key and latest') },
    })
  })
})
