import { call, configure, drain, type PoolOptions, type PoolRef, ready, spawnPool } from '@genpool/core'
import { type ThreadOptions, threads } from '@genpool/threads'
import { type ActorSystemRef, start, stop } from 'nact'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type Endless from './fixtures/endless'
import { until } from './fixtures/until'

const file = join(__dirname, 'fixtures', 'endless.ts')

let system: ActorSystemRef
let counts: Int32Array
beforeEach(() => {
  system = start()
  counts = new Int32Array(new SharedArrayBuffer(12))
  jest.spyOn(console, 'log').mockImplementation(() => undefined)
})
afterEach(() => {
  stop(system)
  jest.restoreAllMocks()
})

function open(where: string, options: PoolOptions = {}, of: ThreadOptions = {}) {
  const behaviour = threads<typeof Endless>(file, { workerData: { memory: counts.buffer, where }, ...of })
  return spawnPool(system, behaviour, 'endless', { size: 1, timeout: 60_000, ...options })
}

/** Waits until a loop is on its way. */
async function looping(): Promise<void> {
  await until(() => Atomics.load(counts, 0) !== 0)
}

/** Waits until no thread goes round any more. Returns how long that took, in milliseconds. */
async function silence(): Promise<number> {
  const begun = performance.now()
  for (let seen = -1; seen !== Atomics.load(counts, 0);) {
    seen = Atomics.load(counts, 0)
    await wait(200)
  }
  return performance.now() - begun
}

const states = [['isolated'], ['shared']] as const
/** Its init is under way: from now on it has taken too long. */
async function giveUp(pool: PoolRef<never>): Promise<void> {
  configure(pool, { restart: { startTimeout: 100, attempts: 2, backoff: { min: 1, max: 2 } } })
  await expect(ready(pool)).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
}

describe.each(states)('an init that loops in a thread, with an %s state', (state) => {
  it('leaves no thread when its pool has given up', async () => {
    const pool = open('init', { state } as PoolOptions, { spare: 1 })
    await looping()
    await giveUp(pool as never)
    await silence()
  })

  it.each(['stop', 'drain'])('leaves no thread after %s', async (how) => {
    const pool = open('init', { state } as PoolOptions)
    await looping()
    if (how === 'drain') await drain(pool)
    else stop(pool as never)
    await silence()
  })
})

describe.each(states)('a module that loops while a thread loads it, with an %s state', (state) => {
  it('leaves no thread when its pool has stopped', async () => {
    const pool = open('import', { state } as PoolOptions)
    await looping()
    await drain(pool)
    await silence()
  })
})

describe('a spare thread whose module loops when it loads once more', () => {
  it('is ended after a while, and the pool goes on', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const pool = open('second import', {}, { spare: 1 })
    await ready(pool)
    await looping()
    expect(await call(pool, { type: 'work' })).toBe('done')
    while (warn.mock.calls.length === 0) await wait(100)
    expect(warn.mock.calls).toEqual([
      [
        'A spare thread was ended: its module has not loaded, though it did in another thread. Does it wait, or loop, when ' +
          'it loads once more?',
        'GenPoolWarning',
      ],
    ])
    await silence()
    expect(await call(pool, { type: 'work' })).toBe('done')
  }, 60_000)

  it('leaves no thread when its pool has stopped', async () => {
    const pool = open('second import', {}, { spare: 1 })
    await ready(pool)
    await looping()
    await drain(pool)
    await silence()
  }, 30_000)

  it('does not hold up a drain with a time limit, and leaves no thread', async () => {
    const pool = open('second import', {}, { spare: 1 })
    await ready(pool)
    await looping()
    const working = call(pool, { type: 'wait' }).catch(() => undefined)
    await drain(pool, { within: 1 })
    const seen = Atomics.load(counts, 0)
    await until(() => Atomics.load(counts, 0) > seen)
    await working
    await silence()
  }, 30_000)
})

describe('an init that never answers, and does not loop', () => {
  it('leaves no thread when its pool has given up', async () => {
    const pool = open('never')
    await looping()
    await giveUp(pool as never)
    await silence()
  })
})

describe('an init that answers too late', () => {
  it('has its terminate called in its thread', async () => {
    const pool = open('late')
    await looping()
    await giveUp(pool as never)
    await until(() => Atomics.load(counts, 1) !== 0)
  })
})

describe('drain with a time limit', () => {
  it.each(['handler', 'terminate'])('ends a thread at once that loops in its %s', async (where) => {
    const pool = open(where, { onCallbackError: () => undefined })
    await ready(pool)
    const working = call(pool, { type: 'work' }).catch(() => undefined)
    if (where === 'handler') await looping()
    else await working
    await drain(pool, { within: 100 })
    expect(Atomics.load(counts, 0)).toBeGreaterThan(0)
    expect(await silence()).toBeLessThan(4_000)
  })

  it('lets a thread that answers come to its end, with its terminate', async () => {
    const pool = open('nowhere')
    await ready(pool)
    const working = call(pool, { type: 'wait' }).catch(() => undefined)
    await looping()
    await drain(pool, { within: 1 })
    await working
    await until(() => Atomics.load(counts, 1) !== 0)
  })
})
