import { spawnBroker } from '@genpool/broker'
import {
  call,
  cast,
  type CastOptions,
  configure,
  definePool,
  explain,
  drain,
  inspect,
  noReply,
  onEvent,
  type PoolOptions,
  reply,
  spawnPool,
  watchDeadLetters,
  type Key,
} from '@genpool/core'
import { virtualClock } from '@genpool/core/testing'
import fc from 'fast-check'
import { type ActorSystemRef, start, stop } from 'nact'

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => {
  stop(system)
})

/** A pool whose runs take 100 ms, and are written down. */
const indexing = (options: PoolOptions = {}) => {
  const clock = virtualClock()
  const runs: string[] = []
  let crashes = 0
  const Index = definePool({
    calls: { look: () => reply(1) },
    casts: {
      index: async (msg: { doc: string }) => {
        runs.push(msg.doc)
        await clock.wait(100)
        if (crashes-- > 0) throw new Error('no luck')
        return noReply()
      },
      other: async (msg: { doc: string }) => {
        runs.push(`other ${msg.doc}`)
        await clock.wait(100)
        return noReply()
      },
    },
  })
  const pool = spawnPool(system, Index, 'pool', { size: 2, state: 'isolated', clock, ...options })
  const index = (doc: string, latest: Key = doc[0], more: Omit<CastOptions, 'key' | 'latest'> = {}) =>
    cast(pool, { type: 'index', doc }, { latest, ...more })
  return { clock, runs, pool, index, crash: (n: number) => void (crashes = n) }
}

describe('casts with the same "latest"', () => {
  it('run one at a time, and only the newest waits', async () => {
    const { clock, runs, pool, index } = indexing()
    await clock.settle()
    const lost: unknown[] = []
    watchDeadLetters(pool, (letter) => lost.push(letter))
    const told: string[] = []
    const off = onEvent('genpool:request:settled', ({ outcome }) => told.push(outcome), { pool })
    index('a1')
    await clock.settle()
    for (const doc of ['a2', 'a3', 'a4']) expect(index(doc)).toEqual({ ok: true })
    await clock.settle()
    expect(inspect(pool)).toMatchObject({ waiting: 1, members: { busy: 1, idle: 1 }, outcomes: { replaced: 2 } })
    await clock.advance(200)
    expect(runs).toEqual(['a1', 'a4'])
    expect(inspect(pool)).toMatchObject({
      accepted: 4,
      outcomes: { replied: 2, replaced: 2, dropped: 0 },
      drops: {},
      deadLetters: 0,
    })
    expect([lost, told]).toEqual([[], ['replaced', 'replaced', 'replied', 'replied']])
    off()
  })

  it('are told what helps while they wait: not to leave their key out', async () => {
    const { clock, pool, index } = indexing()
    const lost: string[] = []
    watchDeadLetters(pool, ({ error }) => lost.push(error.message))
    await clock.settle()
    for (const doc of ['a1', 'a2']) index(doc)
    await clock.settle()
    const [finding] = explain(pool).findings
    const advice = expect.stringContaining('Make its handler faster, or use a finer "latest"') as string
    expect(finding).toMatchObject({ finding: 'keys', figures: { key: 'a', ofKey: 1 }, advice })
    index('a3', 'a', { timeout: 20 })
    await clock.advance(50)
    expect(lost).toEqual([advice])
    expect(lost[0]).not.toContain('no key')
  })

  it('take the place of the one that they replace, however many come', async () => {
    const { clock, runs, index } = indexing({ size: 1 })
    await clock.settle()
    for (const doc of ['x', 'a1', 'b1', 'a2', 'c1', 'a3']) index(doc)
    await clock.advance(400)
    expect(runs).toEqual(['x', 'a3', 'b1', 'c1'])
  })

  it('are of one type of message and one key; lists and objects are compared by content', async () => {
    const { clock, runs, pool, index } = indexing({ size: 9 })
    await clock.settle()
    index('a', { id: 1, of: ['x'] })
    index('b', { id: 2, of: ['x'] })
    index('c', null)
    cast(pool, { type: 'other', doc: 'd' }, { latest: { id: 1, of: ['x'] } })
    await clock.settle()
    expect(runs).toEqual(['a', 'b', 'c', 'other d'])
    index('e', null)
    index('f', null)
    index('g', { of: ['x'], id: 1 })
    index('h', { of: ['x'], id: 1 })
    index('i', '{"id":1,"of":["x"]}')
    await clock.advance(200)
    expect(runs.slice(4).sort()).toEqual(['f', 'h', 'i'])
  })

  it('go on after a crash: the next one runs, or the same again until a newer one comes', async () => {
    const { clock, runs, pool, index, crash } = indexing({ retryOnCrash: { index: 1 } })
    await clock.settle()
    crash(1)
    index('a1')
    await clock.settle()
    index('a2')
    await clock.advance(300)
    expect(runs).toEqual(['a1', 'a1', 'a2'])
    expect(inspect(pool)).toMatchObject({ accepted: 2, outcomes: { replied: 2 }, waiting: 0 })
    crash(2)
    index('a3')
    await clock.advance(300)
    expect(inspect(pool)).toMatchObject({ outcomes: { crashed: 1 } })
    index('a4')
    await clock.advance(100)
    expect(runs.at(-1)).toBe('a4')
  })

  it('finish in a drain, and end with a stop', async () => {
    const { clock, runs, pool, index } = indexing()
    await clock.settle()
    index('a1')
    await clock.settle()
    index('a2')
    const drained = drain(pool)
    expect(index('a3')).toMatchObject({ ok: false, error: { code: 'ERR_GENPOOL_STOPPED' } })
    await clock.advance(200)
    await drained
    expect(runs).toEqual(['a1', 'a2'])
    expect(inspect(pool)).toMatchObject({ accepted: 3, outcomes: { replied: 2, stopped: 1, replaced: 0 } })
    const other = indexing()
    await other.clock.settle()
    for (const doc of ['a1', 'a2', 'a3']) {
      other.index(doc)
      await other.clock.settle()
    }
    stop(other.pool)
    await other.clock.settle()
    expect(inspect(other.pool).outcomes).toMatchObject({ stopped: 2, replaced: 1 })
  })

  it('are refused with what does not go together', async () => {
    const { clock, pool, index } = indexing()
    await clock.settle()
    expect(index('a', 'a', { key: 'k' } as never)).toMatchObject({
      ok: false,
      error: { code: 'ERR_GENPOOL_OPTIONS', message: expect.stringContaining('beside "key"') as string },
    })
    await expect(call(pool, { type: 'look' }, { latest: 1 } as never)).rejects.toMatchObject({
      code: 'ERR_GENPOOL_OPTIONS',
      message: expect.stringContaining('"share"') as string,
    })
    expect(cast(pool, { type: 'unknown' } as never, { latest: 1 })).toMatchObject({
      ok: false,
      error: { code: 'ERR_GENPOOL_INVALID' },
    })
  })

  it('work with a shared broker', async () => {
    const broker = spawnBroker(system)
    const { clock, runs, index, pool } = indexing({ broker })
    await clock.settle()
    for (const doc of ['a1', 'a2', 'a3']) {
      index(doc)
      await clock.settle()
    }
    await clock.advance(200)
    expect(runs).toEqual(['a1', 'a3'])
    expect(inspect(pool).outcomes).toMatchObject({ replied: 2, replaced: 1 })
    index('a4')
    await clock.settle()
    expect(runs.at(-1)).toBe('a4')
  })
})

const step = fc.record({
  op: fc.constantFrom('cast', 'cast', 'cast', 'cast', 'advance', 'advance', 'plain', 'configure'),
  latest: fc.constantFrom('a', 'a', 'b', 'c'),
  ms: fc.nat(40),
  crash: fc.constantFrom(false, false, false, true),
  priority: fc.constantFrom(0, 0, 1),
  timeout: fc.constantFrom(Infinity, Infinity, 30, 100),
  limited: fc.boolean(),
})
const settings = fc.constantFrom(
  {},
  { size: 1 },
  { retryOnCrash: { work: 1 } },
  { broker: { client: { type: 'drop', max: 2 } as const } },
  { broker: { client: { type: 'fair', by: { property: 'latest' } } as const } },
  { limits: { by: 'latest', concurrency: 1 } },
  { broker: { client: { type: 'timeout', timeout: 50 } as const } },
  { shared: {} },
  { shared: { client: { type: 'timeout', timeout: 50 } as const }, retryOnCrash: { work: 1 } },
  { shared: { limits: { by: 'latest', concurrency: 1, max: 1 } } },
)

describe('the laws of "latest"', () => {
  it('one of a key runs, one waits, what is replaced is older, and the newest one is always run', async () => {
    const reached = new Set<string>()
    await fc.assert(
      fc.asyncProperty(settings, fc.array(step, { maxLength: 60 }), async (options, steps) => {
        const clock = virtualClock()
        const own = start()
        const running = new Set<string>()
        const last = new Map<string, number>()
        const ran = new Map<string, number>()
        const lost = new Map<string, number>()
        const Worker = definePool({
          casts: {
            work: async (msg: { id: number; latest: string; ms: number; crash: boolean }) => {
              expect(running.has(msg.latest)).toBe(false)
              expect(msg.id).toBeGreaterThanOrEqual(ran.get(msg.latest) ?? -1)
              running.add(msg.latest)
              ran.set(msg.latest, msg.id)
              await clock.wait(msg.ms)
              running.delete(msg.latest)
              if (msg.crash) throw new Error('crashed')
            },
            plain: async (msg: { ms: number }) => void (await clock.wait(msg.ms)),
          },
        })
        const { shared, ...others } = { shared: undefined, ...options }
        const broker = shared && { broker: spawnBroker(own, { clock, ...(shared as object) }) }
        const pool = spawnPool(own, Worker, 'pool', { size: 2, state: 'isolated', clock, ...others, ...broker })
        watchDeadLetters(pool, ({ message }) => {
          const { latest, id } = message as { latest: string; id: number }
          lost.set(latest, Math.max(id, lost.get(latest) ?? -1))
        })
        await clock.settle()
        let sent = 0
        for (const { op, latest, ms, crash, priority, limited, timeout } of steps) {
          if (op === 'advance') await clock.advance(ms)
          else if (op === 'configure' && shared === undefined)
            configure(pool, { rate: limited && { limit: 2, interval: 10 } })
          else if (op === 'plain') {
            sent++
            // Without options it may be packed.
            cast(pool, { type: 'plain', ms }, ...(priority === 0 ? [] : [{ priority }]))
          } else if (op === 'cast') {
            const id = sent++
            cast(pool, { type: 'work', id, latest, ms, crash }, { latest, priority, timeout })
            last.set(latest, id)
          }
          if (ms % 2 === 0) await clock.settle()
          const { waiting } = inspect(pool)
          // One of each of three keys waits, and one of each may wait to run again.
          const most = 'retryOnCrash' in options ? 6 : 3
          expect(inspect(pool).waitingBy.type['work'] ?? 0).toBeLessThanOrEqual(most)
          if (waiting > 0) reached.add('waits')
        }
        await clock.advance(20_000)
        for (const [latest, id] of last) expect(Math.max(ran.get(latest) ?? -1, lost.get(latest) ?? -1)).toBe(id)
        const { accepted, outcomes } = inspect(pool)
        expect(Object.values(outcomes).reduce((sum, each) => sum + each, 0)).toBe(accepted)
        expect(accepted).toBe(sent)
        for (const [outcome, count] of Object.entries(outcomes)) if (count > 0) reached.add(outcome)
        expect([inspect(pool).waiting, inspect(pool).members.busy, clock.timers]).toEqual([0, 0, 0])
        stop(own)
        await clock.settle()
      }),
      { numRuns: 500 },
    )
    for (const each of ['waits', 'replied', 'replaced', 'crashed', 'dropped', 'expired']) {
      expect([each, reached.has(each)]).toEqual([each, true])
    }
  })
})
