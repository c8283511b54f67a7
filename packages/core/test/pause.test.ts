import {
  call,
  cast,
  configure,
  definePool,
  drain,
  explain,
  getMembers,
  inspect,
  pause,
  type PoolOptions,
  reply,
  resize,
  resume,
  spawnPool,
} from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import fc from 'fast-check'
import { type ActorSystemRef, dispatch, query, start, stop } from 'nact'

let system: ActorSystemRef
let clock: ReturnType<typeof virtualClock>
beforeEach(() => {
  system = start()
  clock = virtualClock()
})
afterEach(() => {
  stop(system)
})

const spawned = (options: PoolOptions = {}) => {
  const begun: number[] = []
  const Work = definePool({
    init: () => 0,
    calls: {
      work: async (msg: { n: number }) => {
        begun.push(msg.n)
        await clock.wait(10)
        return reply(msg.n)
      },
    },
    casts: { note: (msg: { n: number }) => void begun.push(msg.n) },
    handleInfo: (message) => void begun.push(message as number),
  })
  return { begun, pool: spawnPool(system, Work, 'pool', { size: 2, clock, timeout: Infinity, ...options }) }
}

describe('a paused pool', () => {
  it('begins nothing, ends what runs, and goes on in order after resume', async () => {
    const { pool, begun } = spawned()
    const calls = [1, 2, 3].map((n) => call(pool, { type: 'work', n }))
    await clock.advance(5)
    pause(pool)
    calls.push(call(pool, { type: 'work', n: 4 }))
    cast(pool, { type: 'note', n: 5 })
    await clock.advance(100)
    expect(begun).toEqual([1, 2])
    expect(inspect(pool)).toMatchObject({ paused: true, waiting: 3, members: { idle: 2, busy: 0 } })
    resume(pool)
    await clock.advance(30)
    expect(await Promise.all(calls)).toEqual([1, 2, 3, 4])
    expect(begun).toEqual([1, 2, 3, 4, 5])
    expect(inspect(pool).paused).toBe(false)
  })

  it.each(['pause', 'concurrency'] as const)('begins nothing of what was sent in the same turn: %s', async (way) => {
    const { pool, begun } = spawned()
    await clock.advance(1)
    const calls = [call(pool, { type: 'work', n: 1 }), query(pool, { type: 'work', n: 2 }, 1000)]
    calls.push(call(pool, { type: 'work', n: 3 }, { key: 'a' }))
    cast(pool, { type: 'note', n: 4 })
    dispatch(pool, { type: 'note', n: 5 })
    if (way === 'pause') pause(pool)
    else configure(pool, { concurrency: 0 })
    await clock.advance(50)
    expect([begun, inspect(pool).waiting]).toEqual([[], 5])
    if (way === 'pause') resume(pool)
    else configure(pool, { concurrency: 2 })
    await clock.advance(50)
    expect(await Promise.all(calls)).toEqual([1, 2, 3])
    expect(begun).toEqual([1, 2, 3, 4, 5])
  })

  it('can be spawned paused, and says so in explain and in the error of a caller', async () => {
    const { pool } = spawned({ paused: true })
    const asked = call(pool, { type: 'work', n: 1 }, { timeout: 50 })
    const refused = expect(asked).rejects.toMatchObject({
      code: 'ERR_GENPOOL_EXPIRED',
      started: false,
      message: expect.stringMatching(/The pool is paused: 1 request waits, .* Call resume\(pool\)\./) as unknown,
    })
    await clock.advance(20)
    expect(explain(pool).findings[0]).toMatchObject({ finding: 'paused', figures: { waiting: 1, oldestMs: 20 } })
    expect(explain(pool).text).toContain('the pool is paused: 1 request waits, the oldest for 20 ms')
    await clock.advance(50)
    await refused
  })

  it('still tells one member what is meant for it alone', async () => {
    const { pool, begun } = spawned({ paused: true, size: 1, state: 'isolated' })
    dispatch(getMembers(pool)[0]?.ref as never, 7 as never)
    void call(pool, { type: 'work', n: 1 })
    await clock.advance(10)
    expect(begun).toEqual([7])
    resume(pool)
    await clock.advance(10)
    expect(begun).toEqual([7, 1])
  })

  it('finishes what it has when it drains', async () => {
    const { pool } = spawned({ paused: true })
    const calls = [1, 2, 3].map((n) => call(pool, { type: 'work', n }))
    const drained = drain(pool)
    pause(pool)
    await clock.advance(100)
    expect(await Promise.all(calls)).toEqual([1, 2, 3])
    await drained
    expect(() => pause(pool)).toThrow(expect.objectContaining({ code: 'ERR_GENPOOL_STOPPED' }) as Error)
  })

  it('keeps its other limits: a concurrency limit holds after resume, and an elastic size grows no further', async () => {
    const { pool, begun } = spawned({ size: 4, concurrency: 2, paused: true })
    for (let n = 0; n < 6; n++) void call(pool, { type: 'work', n })
    await clock.advance(10)
    resize(pool, 6)
    resume(pool)
    await clock.advance(1)
    expect(begun).toHaveLength(2)
    configure(pool, { concurrency: Infinity })
    await clock.advance(1)
    expect(begun).toHaveLength(6)
    const elastic = spawnPool(system, definePool({ init: () => 0, calls: { work: () => reply('done') } }), 'elastic', {
      size: { min: 0, max: 4 },
      clock,
      paused: true,
    })
    const asked = call(elastic, { type: 'work' }, { timeout: Infinity })
    await clock.advance(1000)
    expect(inspect(elastic)).toMatchObject({ size: 1, waiting: 1, members: { idle: 1 } })
    resume(elastic)
    await clock.advance(100)
    expect(await asked).toBe('done')
  })

  it('loses and repeats nothing, and begins nothing while paused, however it is paused and resumed', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.record({ do: fc.constant('call' as const) }),
            fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const) }),
            fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 25 }) }),
            fc.record({ do: fc.constant('limit' as const), to: fc.integer({ min: 1, max: 3 }) }),
            fc.record({ do: fc.constant('resize' as const), to: fc.integer({ min: 1, max: 4 }) }),
          ),
          { maxLength: 40 },
        ),
        async (steps) => {
          const own = start()
          clock = virtualClock()
          const begun: number[] = []
          const Work = definePool({
            init: () => 0,
            calls: {
              work: async (msg: { n: number }) => {
                begun.push(msg.n)
                await clock.wait(10)
                return reply(msg.n)
              },
            },
          })
          const pool = spawnPool(own, Work, 'pool', { size: 2, clock, timeout: Infinity })
          const calls: Promise<number>[] = []
          let paused = false
          for (const step of steps) {
            if (step.do === 'call') calls.push(call(pool, { type: 'work', n: calls.length }))
            else if (step.do === 'pause') pause(pool)
            else if (step.do === 'resume') resume(pool)
            else if (step.do === 'limit') configure(pool, { concurrency: step.to })
            else if (step.do === 'resize') resize(pool, step.to)
            else if (step.do === 'wait') {
              // What was matched in the turn of the pause has begun for the pool.
              await clock.advance(0)
              const before = begun.length
              await clock.advance(step.ms)
              if (paused) expect(begun).toHaveLength(before)
            }
            if (step.do === 'pause' || step.do === 'resume') paused = step.do === 'pause'
          }
          resume(pool)
          await clock.advance(1000)
          expect(await Promise.all(calls)).toEqual(calls.map((_, n) => n))
          expect([...begun].sort((a, b) => a - b)).toEqual(calls.map((_, n) => n))
          stop(own)
        },
      ),
      { numRuns: 100 },
    ))
})
