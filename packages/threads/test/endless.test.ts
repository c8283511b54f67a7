import { call, configure, drain, type PoolOptions, type PoolRef, ready, spawnPool } from '@genpool/core'
import { type ThreadOptions, threads } from '@genpool/threads'
import { start, stop } from 'nact'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type Loops from './fixtures/endless'
import { until } from './fixtures/until'

const file = join(__dirname, 'fixtures', 'endless.ts')

/** Pools whose threads loop somewhere, in a system of their own: what waits for seconds is tried at the same time. */
class Endless {
  readonly #system = start()
  readonly counts = new Int32Array(new SharedArrayBuffer(12))

  open(where: string, options: PoolOptions = {}, of: ThreadOptions = {}) {
    const behaviour = threads<typeof Loops>(file, { workerData: { memory: this.counts.buffer, where }, ...of })
    return spawnPool(this.#system, behaviour, 'endless', { size: 1, timeout: 60_000, ...options })
  }

  /** Waits until a loop is on its way. */
  async looping(): Promise<void> {
    await until(() => Atomics.load(this.counts, 0) !== 0)
  }

  /** Waits until `terminate` was called. */
  async terminated(): Promise<void> {
    await until(() => Atomics.load(this.counts, 1) !== 0)
  }

  /** Waits until no thread goes round any more. Returns how long that took, in milliseconds. */
  async silence(): Promise<number> {
    const begun = performance.now()
    for (let seen = -1; seen !== Atomics.load(this.counts, 0);) {
      seen = Atomics.load(this.counts, 0)
      await wait(200)
    }
    return performance.now() - begun
  }

  end(): void {
    stop(this.#system)
  }
}

const worlds: Endless[] = []
function world(): Endless {
  const one = new Endless()
  worlds.push(one)
  return one
}
let warn: jest.SpyInstance
beforeAll(() => {
  jest.spyOn(console, 'log').mockImplementation(() => undefined)
  warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
})
afterAll(() => {
  for (const one of worlds) one.end()
  jest.restoreAllMocks()
})

const states = ['isolated', 'shared'] as const
/** Its init is under way: from now on it has taken too long. */
async function giveUp(pool: PoolRef<never>): Promise<void> {
  configure(pool, { restart: { startTimeout: 100, attempts: 2, backoff: { min: 1, max: 2 } } })
  await expect(ready(pool)).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
}

describe('a thread', () => {
  it.concurrent.each(states)(
    'that loops while it loads its module, with an %s state, is gone when its pool has stopped',
    async (state) => {
      const one = world()
      const pool = one.open('import', { state } as PoolOptions)
      await one.looping()
      await drain(pool)
      await one.silence()
    },
  )

  it.concurrent('that is a spare and loops when it loads once more is gone when its pool has stopped', async () => {
    const one = world()
    const pool = one.open('second import', {}, { spare: 1 })
    await ready(pool)
    await one.looping()
    await drain(pool)
    await one.silence()
  })

  it.concurrent(
    'that is a spare and loops when it loads once more does not hold up a drain with a time limit, and is gone then',
    async () => {
      const one = world()
      const pool = one.open('second import', {}, { spare: 1 })
      await ready(pool)
      await one.looping()
      const working = call(pool, { type: 'wait' }).catch(() => undefined)
      await drain(pool, { within: 1 })
      const seen = Atomics.load(one.counts, 0)
      await until(() => Atomics.load(one.counts, 0) > seen)
      await working
      await one.silence()
    },
  )

  it.concurrent('whose init never answers, and does not loop, is gone when its pool has given up', async () => {
    const one = world()
    const pool = one.open('never')
    await one.looping()
    await giveUp(pool as never)
    await one.silence()
  })

  it.concurrent('whose init answers too late calls its terminate', async () => {
    const one = world()
    const pool = one.open('late')
    await one.looping()
    await giveUp(pool as never)
    await one.terminated()
  })

  it.concurrent.each(states)('whose init answers too late, with an %s state, is gone then', async (state) => {
    const one = world()
    const pool = one.open('late, and beats', { state } as PoolOptions)
    await one.looping()
    await giveUp(pool as never)
    // Sooner than a thread ends that is kept for another member.
    expect(await one.silence()).toBeLessThan(4_000)
  })

  it.concurrent.each(states)(
    'whose init loops, with an %s state, is gone when its pool has given up',
    async (state) => {
      const one = world()
      const pool = one.open('init', { state } as PoolOptions, { spare: 1 })
      await one.looping()
      await giveUp(pool as never)
      await one.silence()
    },
  )

  it.concurrent.each(states.flatMap((state) => [[state, 'stop'] as const, [state, 'drain'] as const]))(
    'whose init loops, with an %s state, is gone after %s',
    async (state, how) => {
      const one = world()
      const pool = one.open('init', { state } as PoolOptions)
      await one.looping()
      if (how === 'drain') await drain(pool)
      else stop(pool as never)
      await one.silence()
    },
  )
})

describe('a spare thread whose module loops when it loads once more', () => {
  it('is ended after a while, and the pool goes on', async () => {
    const one = world()
    warn.mockClear()
    const pool = one.open('second import', {}, { spare: 1 })
    await ready(pool)
    await one.looping()
    expect(await call(pool, { type: 'work' })).toBe('done')
    while (warn.mock.calls.length === 0) await wait(100)
    expect(warn.mock.calls).toEqual([
      [
        'A spare thread was ended: its module has not loaded, though it did in another thread. Does it wait, or loop, when ' +
          'it loads once more?',
        'GenPoolWarning',
      ],
    ])
    await one.silence()
    expect(await call(pool, { type: 'work' })).toBe('done')
  })
})

describe('stop', () => {
  it('ends a thread soon that loops in its handler', async () => {
    const one = world()
    const pool = one.open('handler')
    await ready(pool)
    const working = call(pool, { type: 'work' }).catch((error: unknown) => error)
    await one.looping()
    stop(pool)
    expect(await working).toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
    expect(await one.silence()).toBeLessThan(4_000)
  })

  it('ends it also if the caller has given up before', async () => {
    const one = world()
    const pool = one.open('handler')
    await ready(pool)
    const giving = new AbortController()
    const working = call(pool, { type: 'work' }, { signal: giving.signal }).catch((error: unknown) => error)
    await one.looping()
    giving.abort()
    expect(await working).toMatchObject({ code: 'ERR_GENPOOL_CANCELLED' })
    stop(pool)
    expect(await one.silence()).toBeLessThan(4_000)
  })
})

describe('drain with a time limit', () => {
  it.each(['handler', 'terminate'])('ends a thread at once that loops in its %s', async (where) => {
    const one = world()
    const pool = one.open(where, { onCallbackError: () => undefined })
    await ready(pool)
    const working = call(pool, { type: 'work' }).catch(() => undefined)
    if (where === 'handler') await one.looping()
    else await working
    await drain(pool, { within: 100 })
    expect(Atomics.load(one.counts, 0)).toBeGreaterThan(0)
    expect(await one.silence()).toBeLessThan(4_000)
  })

  it('lets a thread that answers come to its end, with its terminate', async () => {
    const one = world()
    const pool = one.open('nowhere')
    await ready(pool)
    const working = call(pool, { type: 'wait' }).catch(() => undefined)
    await one.looping()
    await drain(pool, { within: 1 })
    await working
    await one.terminated()
  })
})
