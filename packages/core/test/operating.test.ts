import {
  broadcast,
  call,
  cast,
  configure,
  type DeadLetter,
  definePool,
  drain,
  getMembers,
  inspect,
  isGenPoolError,
  OptionsError,
  type PoolChanges,
  type PoolOptions,
  poolOptions,
  reply,
  resize,
  spawnPool,
} from '@genpool/core'
import { scriptedMembers } from '@genpool/core/testing'
import { findActor } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import fc from 'fast-check'
import { dispatch, stop } from 'nact'
import type { z } from 'zod'
import { clock, system } from './virtual-system'

const spawned = (options: PoolOptions = {}) => {
  const infos: string[] = []
  const Work = definePool({
    init: () => 0,
    calls: {
      work: async (msg: { ms: number }) => {
        await clock.wait(msg.ms)
        return reply('done')
      },
    },
    casts: { note: () => undefined },
    handleInfo: (message, _state, ctx) => void infos.push(`${String(message)} to ${ctx.member.name}`),
  })
  return { infos, pool: spawnPool(system, Work, 'pool', { size: 2, clock, ...options }) }
}
type Pool = ReturnType<typeof spawned>['pool']
const work = (pool: Pool, ms: number, timeout = Infinity): Promise<unknown> =>
  call(pool, { type: 'work', ms }, { timeout }).catch((error: { code: string }) => error.code)

describe('drain', () => {
  it('accepts no new requests, finishes the others, stops, and resolves when everything is released', async () => {
    const { pool } = spawned()
    const calls = [1, 2, 3, 4, 5].map(() => work(pool, 100))
    let done = false
    const drained = [drain(pool), drain(pool)].map((promise) => promise.then(() => (done = true)))
    expect(await work(pool, 1)).toBe('ERR_GENPOOL_STOPPED')
    expect(cast(pool, { type: 'note' })).toMatchObject({ ok: false, error: { code: 'ERR_GENPOOL_STOPPED' } })
    expect(() => dispatch(pool, { type: 'note' })).not.toThrow()
    expect(inspect(pool).phase).toBe('draining')
    await clock.advance(250)
    expect(done).toBe(false)
    await clock.advance(100)
    await Promise.all(drained)
    expect(await Promise.all(calls)).toEqual(['done', 'done', 'done', 'done', 'done'])
    expect(findActor(pool as never)).toBeUndefined()
    expect(clock.timers).toBe(0)
  })

  it('stops after `within` with requests left, and tells their callers', async () => {
    const { pool } = spawned()
    const calls = [50, 500, 10].map((ms) => work(pool, ms))
    const drained = drain(pool, { within: 200 })
    await clock.advance(200)
    expect(await Promise.all(calls)).toEqual(['done', 'ERR_GENPOOL_STOPPED', 'done'])
    await clock.advance(400)
    await drained
    expect(() => drain(pool, { within: -1 })).toThrow(OptionsError)
  })
})

describe('resize and configure', () => {
  it('change the number of members under load without losing a request', async () => {
    const { pool } = spawned({ size: 1 })
    const calls = Array.from({ length: 12 }, () => work(pool, 100))
    await clock.advance(50)
    expect(inspect(pool)).toMatchObject({ size: 1, waiting: 11 })
    resize(pool, 4)
    expect(inspect(pool)).toMatchObject({ size: 4, waiting: 8, members: { busy: 4 } })
    resize(pool, 2)
    await clock.advance(1000)
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['done']))
    expect(getMembers(pool).map((member) => member.slot)).toEqual([1, 2])
    expect(() => resize(pool, 0)).toThrow(OptionsError)
  })

  it('keep waiting requests when the queue type changes, and return what changed', async () => {
    const { pool } = spawned({ broker: { client: { type: 'drop', max: 100 } } })
    const calls = Array.from({ length: 10 }, () => work(pool, 10))
    expect(
      configure(pool, { broker: { client: { type: 'fair', by: 'value' } }, timeout: 100 }).map((change) => change.path),
    ).toEqual(expect.arrayContaining(['broker.client.type', 'timeout']))
    expect(configure(pool, { timeout: 100 })).toEqual([])
    expect(configure(pool, { size: 3 })).toEqual([{ path: 'size', from: 2, to: 3 }])
    await clock.advance(100)
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['done']))
  })

  it('refuse wrong or unchangeable options, and then change nothing', () => {
    const { pool } = spawned()
    const wrong: [unknown, RegExp][] = [
      [{ size: 3, timeout: -1 }, /timeout/],
      [{ sise: 3 }, /"sise" \(did you mean "size"\?\)/],
      [{ state: 'isolated' }, /"state.type".*cannot be changed while it runs/],
      [{ clock: virtualClock() }, /"clock".*cannot be changed/],
      [{ broker: { client: { type: 'codel', min: 5, max: 1 } } }, /min/],
    ]
    for (const [changes, message] of wrong) expect(() => configure(pool, changes as never)).toThrow(message)
    expect(inspect(pool).size).toBe(2)
  })
})

describe('broadcast', () => {
  it('reaches each member once, and later ones if asked to', async () => {
    const { pool, infos } = spawned()
    expect(broadcast(pool, 'now')).toBe(2)
    expect(broadcast(pool, 'always', { lateJoiners: true })).toBe(2)
    resize(pool, 3)
    await clock.settle()
    expect(infos.sort()).toEqual([
      'always to member-1.1',
      'always to member-2.1',
      'always to member-3.1',
      'now to member-1.1',
      'now to member-2.1',
    ])
  })
})

describe('inspect', () => {
  it('counts waiting requests by type and by priority', async () => {
    const { pool } = spawned({ size: 1 })
    const busy = work(pool, 10)
    const urgent = call(pool, { type: 'work', ms: 1 }, { priority: 5 })
    cast(pool, { type: 'note' })
    cast(pool, { type: 'note' }, { priority: 5 })
    expect(inspect(pool)).toMatchObject({
      waiting: 3,
      waitingBy: { type: { work: 1, note: 2 }, priority: { 0: 1, 5: 2 } },
    })
    await clock.advance(50)
    await Promise.all([busy, urgent])
    expect(inspect(pool).waitingBy).toEqual({ type: {}, priority: {} })
  })

  it('shows the figures of a scripted run', async () => {
    const members = scriptedMembers()
    const pool = spawnPool(system, members.behaviour, 'pool', {
      size: 2,
      clock,
      broker: { client: { type: 'drop', max: 2 } },
    })
    const calls = [1, 2, 3, 4, 5].map((n) => call(pool, n).catch((error: { code: string }) => error.code))
    const [a, b] = [await members.next(), await members.next()]
    await clock.advance(100)
    a.reply('a')
    b.crash()
    const [c, d] = [await members.next(), await members.next()]
    await clock.advance(300)
    c.reply('c')
    d.reply('d')
    await clock.settle()
    expect(await Promise.all(calls)).toEqual(['a', 'ERR_GENPOOL_CRASHED', 'c', 'd', 'ERR_GENPOOL_DROPPED'])
    const view = inspect(pool)
    expect(view).toMatchObject({
      name: 'pool',
      phase: 'running',
      members: { idle: 2, busy: 0, starting: 0 },
      accepted: 5,
      outcomes: { replied: 3, crashed: 1, dropped: 1 },
      drops: { max: 1 },
      restarts: 1,
      stateVersion: 0,
      sojourn: { count: 4, p50: 0 },
      run: { count: 4 },
      utilisation: 1,
    })
    expect(view.sojourn.max).toBeCloseTo(100, 0)
    expect(view.run.max).toBeCloseTo(300, 0)
    expect(view.run.p50).toBeGreaterThanOrEqual(100)
    expect(view.run.p50).toBeLessThan(107)
  })
})

describe('a message without a waiting caller', () => {
  it('goes to onDrop when it is lost; a callback that throws goes to onCallbackError and stops nothing', async () => {
    const lost: DeadLetter[] = []
    const failed: unknown[] = []
    const { pool } = spawned({
      size: 1,
      broker: { client: { type: 'drop', max: 1 } },
      onDrop: (letter) => {
        lost.push(letter)
        throw new Error('my own')
      },
      onCallbackError: (error) => failed.push((error as Error).message),
    })
    const running = work(pool, 100)
    for (let i = 0; i < 3; i++) dispatch(pool, { type: 'note' })
    await clock.advance(200)
    expect(await running).toBe('done')
    expect(lost.map(({ pool: name, error }) => [name, error.code])).toEqual([
      ['pool', 'ERR_GENPOOL_DROPPED'],
      ['pool', 'ERR_GENPOOL_DROPPED'],
    ])
    expect(failed).toEqual(['my own', 'my own'])
    expect(inspect(pool).deadLetters).toBe(2)
  })
})

/** A message without the property that `cost` names is invalid. */
const OUTCOMES = ['done', ...['DROPPED', 'EXPIRED', 'CRASHED', 'INVALID'].map((code) => `ERR_GENPOOL_${code}`)]

describe('options', () => {
  /** What no option, or only a few, would take. */
  const noise = fc.oneof(
    fc.constantFrom<unknown>(
      -1,
      0,
      1,
      2.5,
      NaN,
      Infinity,
      '',
      'shared',
      null,
      [],
      {},
      { type: 'codel' },
      { max: 1 },
      true,
    ),
    fc.anything({ maxDepth: 1 }),
  )
  const numbers = fc.oneof(fc.constantFrom(0, 1, 2, 8, 0.5, Infinity), fc.integer({ min: 1, max: 50 }))

  /** Values of the form that a schema asks for, with keys left out, unknown ones put in, and some noise in any place. */
  function like(schema: z.core.$ZodType): fc.Arbitrary<unknown> {
    const { def } = (schema as z.core.$ZodTypes)._zod
    const form = (): fc.Arbitrary<unknown> => {
      switch (def.type) {
        case 'object': {
          const shape = Object.entries<z.core.$ZodType>(def.shape).filter(([key]) => key !== 'clock')
          const parts: Record<string, fc.Arbitrary<unknown>> = { sise: noise }
          for (const [key, part] of shape) parts[key] = like(part)
          return fc.record(parts, { requiredKeys: 'type' in parts ? ['type'] : [] })
        }
        case 'union':
          return fc.oneof(...def.options.map(like))
        case 'enum':
          return fc.constantFrom(...Object.values(def.entries))
        case 'literal':
          return fc.constantFrom(...def.values)
        case 'number':
          return numbers
        case 'boolean':
          return fc.boolean()
        case 'record':
          return fc.dictionary(fc.string({ maxLength: 3 }), like(def.valueType), { maxKeys: 2 })
        case 'default':
        case 'optional':
        case 'prefault':
          return like(def.innerType)
        default:
          return noise
      }
    }
    return fc.oneof({ weight: 15, arbitrary: form() }, { weight: 1, arbitrary: noise })
  }
  /** Few at a time, so that often all of them are right. */
  const known = poolOptions.shape
  const one = fc.constantFrom(...Object.keys(known).filter((key) => key !== 'clock'))
  const input = fc
    .uniqueArray(one, { maxLength: 3 })
    .chain((keys) => fc.record(Object.fromEntries(keys.map((key) => [key, like(known[key as keyof typeof known])]))))

  it('are accepted, and the pool works; or refused with the path, and nothing is spawned', async () => {
    let taken = 0
    await fc.assert(
      fc.asyncProperty(input, async (options) => {
        const before = findActor(system as never)?.children.size
        let pool: Pool
        try {
          pool = spawned(options as PoolOptions).pool
        } catch (error) {
          if (!isGenPoolError(error, 'ERR_GENPOOL_OPTIONS')) throw error
          expect(findActor(system as never)?.children.size).toBe(before)
          return
        }
        taken++
        const answer = work(pool, 0, 1000)
        await clock.advance(1100)
        expect(OUTCOMES).toContain(await answer)
        stop(pool)
        await clock.settle()
      }),
      { numRuns: 600 },
    )
    // Otherwise it would only try what is refused.
    expect(taken).toBeGreaterThan(200)
  })

  it('are changed while the pool works, or refused, and nothing changes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(input, { minLength: 1, maxLength: 3 }), async (changes) => {
        const { pool } = spawned()
        try {
          for (const change of changes) {
            const running = work(pool, 5, 1000)
            try {
              configure(pool, change as PoolChanges)
            } catch (error) {
              if (!isGenPoolError(error, 'ERR_GENPOOL_OPTIONS')) throw error
              // The options are still those of the last change: changing nothing changes nothing.
              expect(configure(pool, {})).toEqual([])
            }
            await clock.advance(1100)
            expect(OUTCOMES).toContain(await running)
          }
        } finally {
          // The name is free for the next case, also if this one fails.
          stop(pool)
        }
        await clock.settle()
        expect(clock.timers).toBe(0)
      }),
      { numRuns: 300 },
    )
  })
})
