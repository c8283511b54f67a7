import {
  broadcast,
  call,
  cast,
  configure,
  type DeadLetter,
  definePool,
  drain,
  explain,
  getMembers,
  inspect,
  noReply,
  onEvent,
  type PoolOptions,
  type PoolRef,
  ready,
  relearn,
  reply,
  resize,
  spawnPool,
  watchDeadLetters,
} from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import fc from 'fast-check'
import { type ActorSystemRef, dispatch, start, stop } from 'nact'
import { eventNames } from '../src/views/telemetry/channels'

let system: ActorSystemRef
let clock: ReturnType<typeof virtualClock>
const offs: (() => void)[] = []
beforeEach(() => {
  system = start()
  clock = virtualClock()
})
afterEach(async () => {
  for (const off of offs.splice(0)) off()
  stop(system)
  await clock.settle()
})

const Worker = definePool({
  init: () => ({ done: 0 }),
  calls: {
    work: async (msg: { ms: number }) => {
      await clock.wait(msg.ms)
      return reply('done', (draft) => {
        draft.done += 1
      })
    },
    crash: () => {
      throw new Error('boom')
    },
    abort: async (msg: { act: () => void }, _state, ctx) => {
      await new Promise<void>((resolve) => {
        ctx.signal.addEventListener('abort', () => {
          resolve()
          msg.act()
        })
      })
      return noReply()
    },
    effect: ({ effect }: { effect?: () => void }, _state, ctx) => {
      ctx.afterCommit(() => {
        effect?.()
        throw new Error('effect')
      })
      return reply('done')
    },
  },
  casts: {
    note: async (msg: { ms?: number }) => {
      await clock.wait(msg.ms ?? 0)
      return noReply()
    },
  },
})
type Pool = ReturnType<typeof spawned>
const spawned = (options: PoolOptions = {}) =>
  spawnPool(system, Worker, 'pool', { size: 1, clock, broker: { client: { type: 'drop', max: 1 } }, ...options })
const unknown = (pool: PoolRef) => cast(pool, { type: 'unknown' } as never)

/** How deep a callback was inside of itself at most, and how often it was called. */
function counted(work: (times: number) => void) {
  const seen = { times: 0, depth: 0, deepest: 0 }
  const callback = (): void => {
    seen.deepest = Math.max(seen.deepest, ++seen.depth)
    try {
      work(++seen.times)
    } finally {
      seen.depth--
    }
  }
  return { seen, callback }
}

describe('a callback that causes what it is told of is told again, later:', () => {
  const TIMES = 20_000

  it('onDrop that casts again to a full pool', async () => {
    const errors: unknown[] = []
    const { seen, callback } = counted((times) => void (times < TIMES && cast(pool, { type: 'note' })))
    const pool: Pool = spawned({ onDrop: callback, onCallbackError: (error) => void errors.push(error) })
    for (let i = 0; i < 3; i++) cast(pool, { type: 'note', ms: 1e6 })
    await clock.settle()
    expect(seen).toMatchObject({ times: TIMES, deepest: 1 })
    expect(errors).toEqual([])
  })

  it('a watcher of dead letters that casts an unknown message', async () => {
    const { seen, callback } = counted((times) => void (times < TIMES && unknown(pool)))
    const pool: Pool = spawned()
    offs.push(watchDeadLetters(pool, callback))
    unknown(pool)
    await clock.settle()
    expect(seen).toMatchObject({ times: TIMES, deepest: 1 })
  })

  it.each(['genpool:dead-letter', 'genpool:request:settled'] as const)('a listener of %s', async (name) => {
    const { seen, callback } = counted((times) => void (times < TIMES && unknown(pool)))
    const pool: Pool = spawned()
    offs.push(onEvent(name, callback, { pool }))
    unknown(pool)
    await clock.settle()
    expect(seen).toMatchObject({ times: TIMES, deepest: 1 })
  })

  it("a subscriber of Node's own channel", async () => {
    const { seen, callback } = counted((times) => void (times < TIMES && unknown(pool)))
    const pool: Pool = spawned()
    subscribe('genpool:dead-letter', callback)
    offs.push(() => unsubscribe('genpool:dead-letter', callback))
    unknown(pool)
    await clock.settle()
    expect(seen).toMatchObject({ times: TIMES, deepest: 1 })
  })

  it('onCallbackError that causes another error', async () => {
    const { seen, callback } = counted((times) => void (times < TIMES && unknown(pool)))
    const pool: Pool = spawned({
      onDrop: () => {
        throw new Error('onDrop')
      },
      onCallbackError: callback,
    })
    unknown(pool)
    await clock.settle()
    expect(seen).toMatchObject({ times: TIMES, deepest: 1 })
  })

  it('a listener that resizes the pool whose size has changed, and one that configures it', async () => {
    const resizing = counted((times) => times < 500 && resize(pool, 1 + (times % 3)))
    const configuring = counted((times) => times < 500 && void configure(pool, { timeout: 1000 + times }))
    const pool: Pool = spawned()
    offs.push(onEvent('genpool:size:change', resizing.callback, { pool }))
    resize(pool, 3)
    await clock.settle()
    expect(resizing.seen).toMatchObject({ times: 500, deepest: 1 })
    expect(inspect(pool).size).toBe(getMembers(pool).length)
    offs.push(onEvent('genpool:pool:configure', configuring.callback, { pool }))
    configure(pool, { timeout: 10 })
    await clock.settle()
    expect(configuring.seen).toMatchObject({ times: 500, deepest: 1 })
  })

  it('and one that never ends lets the event loop go on', async () => {
    let told = 0
    const pool: Pool = spawned({
      onDrop: () => {
        told++
        unknown(pool)
      },
    })
    unknown(pool)
    await new Promise((resolve) => setImmediate(resolve))
    expect(told).toBeGreaterThan(0)
    configure(pool, { onDrop: () => undefined })
    await clock.settle()
  })
})

describe('callbacks are told', () => {
  it('after the call that they tell of, and before its caller continues', async () => {
    const log: string[] = []
    const pool = spawned({ onDrop: () => log.push('onDrop') })
    expect(unknown(pool)).toMatchObject({ ok: false })
    expect(log).toEqual([])
    offs.push(onEvent('genpool:request:settled', ({ type }) => void log.push(`settled ${type}`), { pool }))
    const answer = call(pool, { type: 'work', ms: 10 }).then(() => log.push('answer'))
    await clock.advance(20)
    await answer
    expect(log).toEqual(['onDrop', 'settled work', 'answer'])
  })

  it('in the order in which things happened', async () => {
    const log: string[] = []
    const pool = spawned({
      onDrop: ({ error }) => {
        log.push(error.code)
        throw new Error('onDrop')
      },
      onCallbackError: (error) => void log.push((error as Error).message),
    })
    offs.push(onEvent('genpool:size:change', ({ to }) => void log.push(`size ${to}`), { pool }))
    unknown(pool)
    resize(pool, 2)
    stop(pool)
    cast(pool, { type: 'note' })
    await clock.settle()
    const told = ['ERR_GENPOOL_INVALID', 'size 2', 'ERR_GENPOOL_STOPPED', 'onDrop', 'onDrop']
    expect(log).toEqual(told)
  })

  it('of everything that happened, after the pool has stopped, too', async () => {
    const letters: DeadLetter[] = []
    const stops: unknown[] = []
    const pool = spawned({ broker: {}, onDrop: (letter) => void letters.push(letter) })
    offs.push(onEvent('genpool:pool:stop', ({ waiting }) => void stops.push(waiting), { pool }))
    for (let i = 0; i < 5000; i++) cast(pool, { type: 'note', ms: 1000 })
    await clock.settle()
    stop(pool)
    await clock.settle()
    expect(stops).toEqual([4999])
    expect(letters).toHaveLength(inspect(pool).deadLetters)
    expect(letters).toHaveLength(5000)
  })

  it('no more once they have been removed', async () => {
    const letters: DeadLetter[] = []
    const pool = spawned()
    const unwatch = watchDeadLetters(pool, (letter) => void letters.push(letter))
    unknown(pool)
    unwatch()
    await clock.settle()
    expect(letters).toEqual([])
  })

  it('what an effect throws, after the answer is given', async () => {
    const log: string[] = []
    const pool = spawned({ onCallbackError: (error) => void log.push((error as Error).message) })
    await Promise.all([call(pool, { type: 'effect' }), clock.settle()])
    expect(log).toEqual(['effect'])
  })
})

describe('a callback may use the pool that it hears of:', () => {
  const actions: Record<string, (pool: Pool, step: number, act: () => void, quietly: () => void) => unknown> = {
    abort: (pool, step, _act, quietly) =>
      call(pool, { type: 'abort', act: quietly }, { timeout: 1 + (step % 9) }).catch(() => undefined),
    effectActs: (pool, _step, act) => call(pool, { type: 'effect', effect: act }).catch(() => undefined),
    call: (pool, step) => call(pool, { type: 'work', ms: step % 7 }).catch(() => undefined),
    crash: (pool) => call(pool, { type: 'crash' }).catch(() => undefined),
    effect: (pool) => call(pool, { type: 'effect' }).catch(() => undefined),
    cast: (pool, step) => cast(pool, { type: 'note', ms: step % 5 }),
    unknown: (pool) => unknown(pool),
    dispatch: (pool) => dispatch(pool as never, { type: 'nothing' } as never),
    broadcast: (pool) => broadcast(pool, 'hello'),
    resize: (pool, step) => resize(pool, 1 + (step % 4)),
    configure: (pool, step) => configure(pool, { timeout: 10 + step, alarm: step % 2 === 0 }),
    drop: (pool, step) => configure(pool, { broker: { client: { type: 'drop', max: 1 + (step % 3) } } }),
    relearn: (pool) => relearn(pool),
    ready: (pool) => ready(pool).catch(() => undefined),
    look: (pool) => [inspect(pool), explain(pool), getMembers(pool)],
    drain: (pool) => drain(pool, { within: 50 }),
    stop: (pool) => stop(pool),
    throw: () => {
      throw new Error('callback')
    },
  }
  const names = Object.keys(actions)
  const ends = ['drain', 'stop']

  it('every function, from every callback; nothing overflows, nothing is lost, outcomes add up', async () => {
    const plan = fc.record({
      steps: fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 60 }),
      first: fc.array(fc.constantFrom(...names.filter((name) => !ends.includes(name))), { minLength: 1, maxLength: 8 }),
      pauses: fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 1, maxLength: 8 }),
      options: fc.constantFrom<PoolOptions>(
        {},
        { state: 'isolated' },
        { size: { min: 0, max: 3, idle: 20 } },
        { breaker: { failures: 2, wait: 5 }, alarm: { target: 1, interval: 5 } },
        { concurrency: 2, size: 3, callerContext: true },
      ),
    })
    await fc.assert(
      fc.asyncProperty(plan, async ({ steps, first, pauses, options }) => {
        const told = { settled: 0, dropped: 0, letters: 0, watched: 0, errors: 0, thrown: 0 }
        let [next, depth, deepest] = [0, 0, 0]
        const act = (): void => {
          const name = steps[next++]
          if (name === undefined) return
          try {
            void actions[name]!(pool, next, act, quietly)
          } catch (error) {
            told.thrown++
            throw error
          }
        }
        const tell = (kind: keyof typeof told | undefined, then = act): void => {
          deepest = Math.max(deepest, ++depth)
          if (kind !== undefined) told[kind]++
          try {
            then()
          } finally {
            depth--
          }
        }
        /** For callbacks whose errors would be uncaught, or warnings of the process. */
        const quietly = (): void => {
          try {
            act()
          } catch {
            told.thrown--
          }
        }
        const pool: Pool = spawned({
          ...options,
          restart: { intensity: 1000 },
          onDrop: () => tell('letters'),
          onCallbackError: () => tell('errors', quietly),
        })
        const kinds = { 'genpool:request:settled': 'settled', 'genpool:drop': 'dropped' } as const
        const here = [
          watchDeadLetters(pool, () => tell('watched')),
          ...eventNames.map((name) => onEvent(name, () => tell(kinds[name as keyof typeof kinds]), { pool })),
        ]
        for (const [i, name] of first.entries()) {
          try {
            void actions[name]!(pool, i, act, quietly)
          } catch {
            // The pool may have been stopped by a callback.
          }
          await clock.advance(pauses[i % pauses.length]!)
        }
        await clock.advance(100)
        stop(pool)
        await clock.advance(200)
        for (const off of here) off()
        expect(deepest).toBeLessThanOrEqual(1)
        const { accepted, outcomes, drops, deadLetters } = inspect(pool)
        const sum = (counts: object): number => Object.values(counts).reduce((a: number, b: number) => a + b, 0)
        expect(sum(outcomes)).toBe(told.settled)
        expect(sum(drops)).toBe(told.dropped)
        expect(accepted).toBeLessThanOrEqual(told.settled)
        expect([told.letters, told.watched]).toEqual([deadLetters, deadLetters])
        expect(getMembers(pool)).toEqual([])
        // Effects that throw are reported, too.
        expect(told.errors).toBeGreaterThanOrEqual(told.thrown)
      }),
      { numRuns: 100 },
    )
  })
})
