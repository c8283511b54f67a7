import {
  call,
  cast,
  configure,
  definePool,
  getMembers,
  inspect,
  pause,
  type PoolOptions,
  reply,
  resume,
  spawnPool,
  withWorkers,
} from '@genpool/core'
import { type ScriptedJob, scriptedWorkers, virtualClock } from '@genpool/core/testing'
import fc from 'fast-check'
import { type ActorSystemRef, dispatch, start, stop } from 'nact'

const Work = definePool({
  init: () => 0,
  calls: { one: (_: { id: number }) => reply(0) },
  casts: { note: (_: { id: number }) => undefined },
  handleInfo: () => undefined,
})

let system: ActorSystemRef
let pools = 0
beforeEach(() => {
  system = start()
})
afterEach(() => stop(system))

function bench(options: PoolOptions = {}) {
  const clock = virtualClock()
  const workers = scriptedWorkers({ depth: 4, now: () => clock.now() })
  const pool = spawnPool(system, withWorkers(Work, workers), `pool-${++pools}`, {
    size: 1,
    clock,
    timeout: Infinity,
    ...options,
  })
  const send = (ids: readonly number[]) => ids.map((id) => call(pool, { type: 'one', id }))
  const note = (ids: readonly number[]) => {
    for (const id of ids) cast(pool, { type: 'note', id, tenant: 'a' } as never)
  }
  const ids = () => workers.jobs.map(({ message }) => (message as { id?: number }).id ?? message)
  const run = (job: ScriptedJob | undefined) => {
    if (job?.begin() === true) job.finish(0)
  }
  return { clock, workers, pool, send, note, ids, run }
}

describe('a pause of a pool whose workers take messages ahead', () => {
  it('takes back what has not begun, and gives it out again in order', async () => {
    const { clock, workers, pool, send, ids, run } = bench()
    const calls = send([0, 1, 2, 3, 4, 5])
    await clock.settle()
    workers.jobs[0]?.begin()
    expect(ids()).toEqual([0, 1, 2, 3])
    pause(pool)
    expect(ids()).toEqual([0])
    expect(inspect(pool)).toMatchObject({ paused: true, waiting: 5, members: { busy: 1 } })
    workers.jobs[0]?.finish(0)
    await clock.settle()
    expect(ids()).toEqual([])
    expect(inspect(pool)).toMatchObject({ waiting: 5, members: { idle: 1, busy: 0 } })
    resume(pool)
    await clock.settle()
    expect(ids()).toEqual([1, 2, 3, 4])
    while (workers.jobs.length > 0) {
      run(workers.jobs[0])
      await clock.settle()
    }
    expect(await Promise.all(calls)).toEqual([0, 0, 0, 0, 0, 0])
  })

  it('goes on with more while a message still runs', async () => {
    const { clock, workers, pool, note, ids } = bench()
    note([0, 1, 2])
    await clock.settle()
    workers.jobs[0]?.begin()
    pause(pool)
    await clock.settle()
    expect(ids()).toEqual([0])
    resume(pool)
    await clock.settle()
    expect(ids()).toEqual([0, 1, 2])
  })

  it('leaves messages to one member alone', async () => {
    const { clock, workers, pool, note, ids } = bench()
    note([0])
    await clock.settle()
    workers.jobs[0]?.begin()
    dispatch(getMembers(pool)[0]?.ref as never, 'alone' as never)
    await clock.settle()
    pause(pool)
    await clock.settle()
    expect(ids()).toEqual([0, 'alone'])
  })
})

describe('a rate of a pool whose workers take messages ahead', () => {
  const rate = { limit: 2, interval: 10 }
  const ways: readonly (readonly [string, Pick<PoolOptions, 'rate' | 'limits'>])[] = [
    ['of all', { rate }],
    ['by key, as a rate', { rate: { ...rate, by: 'tenant' } }],
    ['by key, as limits', { limits: { by: 'tenant', rate } }],
  ]

  it.each(ways)('gives out nothing that cannot begin at once: %s', async (_, options) => {
    const { clock, workers, note, ids, run } = bench(options)
    note([0, 1, 2, 3])
    await clock.settle()
    expect(ids()).toEqual([0])
    workers.jobs[0]?.begin()
    await clock.advance(25)
    expect(ids()).toEqual([0])
    workers.jobs[0]?.finish()
    for (const id of [1, 2]) {
      await clock.settle()
      expect(ids()).toEqual([id])
      run(workers.jobs[0])
    }
    await clock.settle()
    expect(ids()).toEqual([])
    await clock.advance(10)
    expect(ids()).toEqual([3])
  })

  it.each(ways)('takes back what has not begun when it is set later: %s', async (_, options) => {
    const { clock, workers, pool, note, ids } = bench()
    note([0, 1, 2, 3])
    await clock.settle()
    workers.jobs[0]?.begin()
    configure(pool, options)
    await clock.settle()
    expect(ids()).toEqual([0])
    expect(inspect(pool).waiting).toBe(3)
  })

  it('is kept in every window of what begins in the workers, however long runs take, also when it changes', async () => {
    const step = fc.record({ sent: fc.nat(4), waited: fc.nat(12), ended: fc.nat(4) })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 20 }), fc.boolean(), async (steps, isSetLater) => {
        const { clock, workers, pool, note } = bench(isSetLater ? {} : { rate })
        const begun: number[] = []
        /** A worker begins as soon as it has nothing else. */
        const begin = async () => {
          await clock.settle()
          if (workers.jobs[0]?.begin() === true) begun.push(clock.now() / 1e6)
        }
        let since = isSetLater ? Infinity : 0
        for (const [place, each] of steps.entries()) {
          if (isSetLater && place === steps.length >> 1) {
            configure(pool, { rate })
            since = begun.length
          }
          note(Array.from({ length: each.sent }, (_, id) => id))
          await begin()
          for (let ms = 0; ms < each.waited; ms++) {
            await clock.advance(1)
            await begin()
          }
          for (let ended = 0; ended < each.ended; ended++) {
            if (workers.jobs[0]?.hasBegun === true) workers.jobs[0].finish()
            await begin()
          }
        }
        const counted = begun.slice(since)
        for (const from of counted) {
          expect(counted.filter((at) => at >= from && at < from + rate.interval).length).toBeLessThanOrEqual(rate.limit)
        }
        stop(pool as never)
      }),
    )
  })
})
