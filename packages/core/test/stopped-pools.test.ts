import {
  broadcast,
  call,
  cast,
  configure,
  definePool,
  drain,
  explain,
  getMembers,
  getOptions,
  getState,
  getWaiting,
  idle,
  inspect,
  load,
  map,
  onEvent,
  pause,
  previewChanges,
  ready,
  relearn,
  reply,
  resize,
  resume,
  spawnPool,
  watchDeadLetters,
  when,
} from '@genpool/core'
import { stop } from 'nact'
import { clock, system } from './virtual-system'

const Work = definePool({ init: () => 3, calls: { work: () => reply(1) }, casts: { work: () => undefined } })
const stoppedPool = async () => {
  const pool = spawnPool(system, Work, 'pool', { size: 1, clock })
  await clock.settle()
  stop(pool)
  await clock.settle()
  return pool
}
type Stopped = Awaited<ReturnType<typeof stoppedPool>>

const notRun = '"pool" has stopped, so a request to it was not run. Spawn a new pool.'
const nothingChanged = '"pool" has stopped, so nothing was changed. Spawn a new pool.'
const nothingToWaitFor = '"pool" has stopped, so there is nothing more to wait for.'

describe('a pool that has stopped', () => {
  it.each<[string, (pool: Stopped) => unknown, string]>([
    ['call', (pool) => call(pool, { type: 'work' }), notRun],
    ['map', (pool) => map(pool, [{ type: 'work' }]).toArray(), notRun],
    ['configure', (pool) => configure(pool, { timeout: 1 }), nothingChanged],
    ['previewChanges', (pool) => previewChanges(pool, { timeout: 1 }), nothingChanged],
    ['resize', (pool) => resize(pool, 2), nothingChanged],
    ['pause', (pool) => pause(pool), nothingChanged],
    ['resume', (pool) => resume(pool), nothingChanged],
    ['ready', (pool) => ready(pool), '"pool" has stopped, so it will not be ready. Spawn a new pool.'],
    ['idle', (pool) => idle(pool), nothingToWaitFor],
    ['when', (pool) => when(pool, { waitingBelow: 1 }), nothingToWaitFor],
  ])('says so, and what follows: %s', async (_name, run, message) => {
    const pool = await stoppedPool()
    const error = await (async () => run(pool))().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_STOPPED', message })
  })

  it('can be looked at, and drained again', async () => {
    const pool = await stoppedPool()
    expect(cast(pool, { type: 'work' })).toMatchObject({
      ok: false,
      error: { code: 'ERR_GENPOOL_STOPPED', message: notRun },
    })
    expect(broadcast(pool, 'message')).toBe(0)
    expect(inspect(pool)).toMatchObject({ phase: 'stopped', waiting: 0 })
    expect(load(pool)).toMatchObject({ phase: 'stopped', idle: 0, busy: 0 })
    expect(explain(pool).text).toContain('the pool was stopped')
    expect([getState(pool), getMembers(pool), getOptions(pool).size]).toEqual([3, [], 1])
    expect(getWaiting(pool)).toMatchObject({ count: 0 })
    watchDeadLetters(pool, () => undefined)()
    onEvent('genpool:drop', () => undefined, { pool })()
    relearn(pool)
    await drain(pool)
  })

  it('says why a callback of its own "configure" could change nothing: it has stopped the pool', async () => {
    const Typed = definePool({ calls: { work: () => clock.wait(10).then(() => reply(1)) } })
    const pool = spawnPool(system, Typed, 'pool', { size: 1, clock })
    const asked = [1, 2].map(() => call(pool, { type: 'work' }).catch((error: unknown) => error))
    await clock.settle()
    const by = (): string => {
      stop(pool)
      return 'key'
    }
    expect(() => configure(pool, { limits: { by, concurrency: 1 } })).toThrow('"pool" has stopped')
    await clock.settle()
    expect(await Promise.all(asked)).toMatchObject([{ code: 'ERR_GENPOOL_STOPPED' }, { code: 'ERR_GENPOOL_STOPPED' }])
  })

  it('is not ready any more while it drains', async () => {
    const pool = spawnPool(system, Work, 'pool', { size: 1, clock, paused: true })
    const asked = call(pool, { type: 'work' })
    const drained = drain(pool)
    await expect(ready(pool)).rejects.toMatchObject({
      message: expect.stringContaining('"pool" is draining, so it will not be ready.'),
    })
    configure(pool, { timeout: 5 })
    await clock.advance(10)
    expect(await asked).toBe(1)
    await drained
  })
})
