import { spawnSync } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { join } from 'node:path'
import {
  call,
  cast,
  configure,
  definePool,
  drain,
  inspect,
  noReply,
  onEvent,
  OptionsError,
  type PoolEventName,
  type PoolEvents,
  type PoolOptions,
  type PoolRef,
  reply,
  resize,
  spawnPool,
} from '@genpool/core'
import { spawnBroker } from '@genpool/broker'
import { scriptedMembers } from '@genpool/core/testing'
import { virtualClock } from '@genpool/runtime/testing'
import { createStore, type Store } from '@genpool/state-ane'
import fc from 'fast-check'
import { type ActorSystemRef, start, stop } from 'nact'

let system: ActorSystemRef
let clock: ReturnType<typeof virtualClock>
const offs: (() => void)[] = []
beforeEach(() => {
  system = start()
  clock = virtualClock()
})
afterEach(() => {
  for (const off of offs.splice(0)) off()
  stop(system)
})

/** What is heard on a channel from now on, until the test ends. */
const heard = <N extends PoolEventName>(name: N, pool?: PoolRef): PoolEvents[N][] => {
  const events: PoolEvents[N][] = []
  offs.push(onEvent(name, (event) => void events.push(event), pool === undefined ? {} : { pool }))
  return events
}

const Worker = definePool({
  init: () => ({ done: 0 }),
  calls: {
    work: async (msg: { ms: number; fail?: boolean }) => {
      await clock.wait(msg.ms)
      if (msg.fail === true) throw new Error('no luck')
      return reply('done', (draft) => {
        draft.done += 1
      })
    },
    later: () => noReply(),
    twice: async (msg: { ms: number }, state) => {
      await clock.wait(msg.ms)
      return reply(state.done, { done: state.done + 1 })
    },
  },
  casts: { note: () => undefined },
})
const spawned = (options: PoolOptions = {}, name = 'pool') =>
  spawnPool(system, Worker, name, { size: 1, clock, ...options })
type Pool = ReturnType<typeof spawned>
const work = (pool: Pool, ms: number, more: { timeout?: number; signal?: AbortSignal; fail?: boolean } = {}) => {
  const { fail = false, ...options } = more
  return call(pool, { type: 'work', ms, fail }, options).catch((error: { code: string }) => error.code)
}

describe('the event of a settled request', () => {
  it('has the outcome, how long the request waited and how long it ran', async () => {
    const pool = spawned()
    const events = heard('genpool:request:settled')
    const answers = [work(pool, 100), work(pool, 50)]
    await clock.advance(200)
    await Promise.all(answers)
    expect(events).toMatchObject([
      { pool: 'pool', type: 'work', kind: 'call', outcome: 'replied', waitedMs: 0, ranMs: 100, attempts: 1 },
      { outcome: 'replied', waitedMs: 100, ranMs: 50, member: 'member-1.1', error: undefined },
    ])
    expect(events[0]!.ref).toBe(pool)
    expect(events[0]!.message).toEqual({ type: 'work', ms: 100, fail: false })
  })

  it('has the error of a failed request, waiting or running', async () => {
    const pool = spawned()
    const events = heard('genpool:request:settled')
    const abort = new AbortController()
    const answers = [
      work(pool, 100, { timeout: 30 }),
      work(pool, 10, { signal: abort.signal }),
      work(pool, 20, { fail: true }),
      call(pool, { type: 'nothing' } as never).catch(() => undefined),
    ]
    await clock.advance(50)
    abort.abort()
    await clock.advance(200)
    await Promise.all(answers)
    expect(
      events.map(({ outcome, waitedMs, ranMs, error }) => [outcome, waitedMs, Math.floor(ranMs), error?.code]),
    ).toEqual([
      ['invalid', 0, 0, 'ERR_GENPOOL_INVALID'],
      ['expired', 0, 30, 'ERR_GENPOOL_EXPIRED'],
      ['cancelled', 50, 0, 'ERR_GENPOOL_CANCELLED'],
      ['crashed', 100, 20, 'ERR_GENPOOL_CRASHED'],
    ])
  })

  it('counts the run of an answer that came after its handler returned', async () => {
    const members = scriptedMembers()
    const pool = spawnPool(system, members.behaviour, 'scripted', { size: 1, clock })
    const events = heard('genpool:request:settled')
    const late = call(pool, 'a')
    const job = await members.next()
    await clock.advance(10)
    const { from } = job.ctx
    job.leave()
    await clock.advance(30)
    const next = call(pool, 'b')
    await clock.advance(5)
    from.reply('at last')
    ;(await members.next()).reply('b')
    await Promise.all([late, next])
    expect(events).toMatchObject([
      { waitedMs: 0, ranMs: 45, outcome: 'replied' },
      { waitedMs: 0, ranMs: 5 },
    ])
  })

  it('counts the last run of a message that crashed members before, and of each message of a batch', async () => {
    const events = heard('genpool:request:settled')
    let crashes = 2
    const Flaky = definePool({
      calls: {
        try: async () => {
          await clock.wait(10)
          if (crashes-- > 0) throw new Error('again')
          return reply('ok')
        },
        sum: {
          batch: 2,
          handle: async (messages: readonly { n: number }[]) => {
            await clock.wait(7)
            return reply(messages.map(({ n }) => n))
          },
        },
      },
    })
    const pool = spawnPool(system, Flaky, 'flaky', { size: 1, clock, retryOnCrash: { try: 2 } })
    const answer = call(pool, { type: 'try' })
    await clock.advance(100)
    expect(await answer).toBe('ok')
    expect(events).toMatchObject([{ attempts: 3, waitedMs: 20, ranMs: 10, member: 'member-1.3' }])
    const sums = [1, 2, 3].map((n) => call(pool, { type: 'sum', n }))
    await clock.advance(100)
    await Promise.all(sums)
    expect(events.slice(1).map(({ ranMs }) => ranMs)).toEqual([7, 7, 7])
  })

  it('comes once for each request, and agrees with what inspect counts, whatever happens', async () => {
    const request = fc.record({
      ms: fc.integer({ min: 0, max: 40 }),
      timeout: fc.constantFrom(10, 60, Infinity),
      fail: fc.boolean(),
      cast: fc.boolean(),
      pause: fc.integer({ min: 0, max: 20 }),
    })
    const run = async (
      requests: readonly { ms: number; timeout: number; fail: boolean; cast: boolean; pause: number }[],
    ) => {
      const pool = spawned({ size: 2, broker: { client: { type: 'drop', max: 3 } } }, undefined as never)
      const settled = heard('genpool:request:settled', pool)
      const drops = heard('genpool:drop', pool)
      const messages = new Set<unknown>()
      for (const { cast: isCast, pause, ms, ...more } of requests) {
        if (isCast) cast(pool, { type: 'note' })
        else void work(pool, ms, more)
        await clock.advance(pause)
      }
      await clock.advance(20)
      stop(pool)
      await clock.advance(100)
      const { outcomes, accepted, drops: counted } = inspect(pool)
      expect(settled).toHaveLength(accepted)
      for (const { message } of settled) messages.add(message)
      expect(messages.size).toBe(accepted)
      for (const [outcome, count] of Object.entries(outcomes)) {
        expect(settled.filter((event) => event.outcome === outcome)).toHaveLength(count)
      }
      for (const [reason, count] of Object.entries(counted)) {
        expect(drops.filter((event) => event.reason === reason)).toHaveLength(count)
      }
      for (const { waitedMs, ranMs, attempts } of settled) {
        expect(waitedMs).toBeGreaterThanOrEqual(0)
        if (attempts === 0) expect(ranMs).toBe(0)
      }
    }
    await fc.assert(fc.asyncProperty(fc.array(request, { maxLength: 12 }), run), { numRuns: 40 })
  })
})

describe('events of a pool', () => {
  it('tell of drops with the facts that callers get', async () => {
    const pool = spawned({ broker: { client: { type: 'drop', max: 1 } } })
    const events = heard('genpool:drop')
    const answers = [work(pool, 10), work(pool, 10), work(pool, 10)]
    await clock.advance(100)
    await Promise.all(answers)
    expect(events).toMatchObject([
      { type: 'work', reason: 'max', waitedMs: 0, queueLength: 1, priority: 0, key: undefined },
    ])
  })

  it('tell of drops at a broker that several pools share, and inspect counts them', async () => {
    const broker = spawnBroker(system, { client: { type: 'drop', max: 1 }, clock }, 'broker')
    const pool = spawned({ broker } as never)
    const events = heard('genpool:drop', pool)
    const answers = [work(pool, 10), work(pool, 10), work(pool, 10)]
    await clock.advance(100)
    await Promise.all(answers)
    expect(events.map(({ reason }) => reason)).toEqual(['max'])
    expect(inspect(pool).drops).toEqual({ max: 1 })
  })

  it('tell of lost messages without a waiting caller', async () => {
    const pool = spawned()
    const events = heard('genpool:dead-letter')
    cast(pool, { type: 'nothing' } as never)
    await clock.settle()
    expect(events).toMatchObject([
      { pool: 'pool', message: { type: 'nothing' }, error: { code: 'ERR_GENPOOL_INVALID' } },
    ])
  })

  it('tell of its life: start, ready, changes, size, drain, stop', async () => {
    const log: unknown[] = []
    for (const name of ['start', 'ready', 'configure', 'drain', 'stop'] as const) {
      offs.push(onEvent(`genpool:pool:${name}`, ({ ref: _, ...event }) => void log.push([name, event])))
    }
    offs.push(onEvent('genpool:size:change', ({ from, to }) => void log.push([from, to])))
    const pool = spawned({ size: 2 })
    resize(pool, 3)
    configure(pool, { timeout: 100 })
    configure(pool, { timeout: 100 })
    const answer = work(pool, 10)
    const drained = drain(pool)
    await clock.advance(50)
    await Promise.all([drained, answer])
    expect(log).toEqual([
      ['start', { pool: 'pool', path: 'pool' }],
      [0, 2],
      ['ready', { pool: 'pool', afterMs: 0 }],
      [2, 3],
      ['configure', { pool: 'pool', changes: [{ path: 'size', from: 2, to: 3 }] }],
      ['configure', { pool: 'pool', changes: [{ path: 'timeout', from: 5000, to: 100 }] }],
      ['drain', { pool: 'pool', waiting: 0, busy: 0 }],
      ['stop', { pool: 'pool', cause: undefined, waiting: 0, busy: 0 }],
    ])
  })

  it('tell how an elastic size follows the load', async () => {
    const events = heard('genpool:size:change')
    const pool = spawned({ size: { min: 0, max: 3, idle: 100 } })
    const answers = Array.from({ length: 40 }, () => work(pool, 20))
    await clock.advance(2000)
    await Promise.all(answers)
    const sizes = [0, ...events.map(({ to }) => to)]
    expect(events.map(({ from }) => from)).toEqual(sizes.slice(0, -1))
    expect(Math.max(...sizes)).toBe(3)
    expect(sizes.at(-1)).toBe(inspect(pool).size)
    expect(sizes.at(-1)).toBe(0)
  })

  it('say why a pool gave up', async () => {
    const events = heard('genpool:pool:stop')
    const fails = heard('genpool:init:fail')
    const Broken = definePool({
      init: (): number => {
        throw new Error('no connection')
      },
      calls: { get: (_msg: object, state) => reply(state) },
    })
    const restart = { attempts: 2, backoff: { min: 100, jitter: 0 } }
    spawnPool(system, Broken, 'shared', { clock, restart })
    spawnPool(system, Broken, 'own', { clock, restart, size: 1, state: 'isolated' })
    await clock.advance(1000)
    expect(events.map(({ pool, cause }) => [pool, (cause as Error).message])).toEqual([
      ['shared', expect.stringContaining('no connection')],
      ['own', expect.stringContaining('no connection')],
    ])
    const of = (pool: string): unknown[] =>
      fails.filter((event) => event.pool === pool).map(({ slot, failures, retryInMs }) => [slot, failures, retryInMs])
    expect(of('shared')).toEqual([
      [0, 1, 100],
      [0, 2, null],
    ])
    expect(of('own')).toEqual([
      [1, 1, 100],
      [1, 2, null],
    ])
  })
})

describe('events of members', () => {
  it('tell of a start, a crash, and the successor', async () => {
    const log: unknown[] = []
    offs.push(
      onEvent('genpool:member:start', ({ member, tookMs }) => void log.push(['start', member, tookMs])),
      onEvent('genpool:member:crash', ({ member, type, cause }) =>
        log.push(['crash', member, type, (cause as Error).message]),
      ),
      onEvent('genpool:member:stop', ({ member, reason, handled, ageMs }) =>
        log.push(['stop', member, (reason as Error).message ?? reason, handled, ageMs]),
      ),
    )
    const Slow = definePool({
      init: async () => {
        await clock.wait(30)
        return 0
      },
      calls: {
        fail: () => {
          throw new Error('no luck')
        },
      },
    })
    const pool = spawnPool(system, Slow, 'slow', { clock, size: 1, state: 'isolated' })
    await clock.advance(50)
    await call(pool, { type: 'fail' }).catch(() => undefined)
    await clock.advance(50)
    stop(pool)
    await clock.settle()
    expect(log).toEqual([
      ['start', 'member-1.1', 30],
      ['crash', 'member-1.1', 'fail', 'no luck'],
      ['stop', 'member-1.1', 'no luck', 1, 50],
      ['start', 'member-1.2', 30],
      ['stop', 'member-1.2', 'shutdown', 0, 50],
    ])
  })

  it('tell of a stuck member', async () => {
    const pool = spawned({ stuckAfter: 100 })
    const stuck = heard('genpool:member:stuck')
    const stops = heard('genpool:member:stop')
    const answer = work(pool, 1e6)
    await clock.advance(150)
    expect(await answer).toBe('ERR_GENPOOL_CRASHED')
    expect(stuck).toHaveLength(1)
    expect(stuck[0]).toMatchObject({ member: 'member-1.1', slot: 1, incarnation: 1, type: 'work' })
    expect(stuck[0]!.ranMs).toBeGreaterThanOrEqual(100)
    expect(stops).toMatchObject([{ member: 'member-1.1', reason: 'stuck' }])
  })
})

describe('events of the state', () => {
  /** A store that counts who watches its cells. */
  const watchedStore = (): { store: Store; watching: () => number } => {
    const store = createStore({ name: 'watched' })
    let count = 0
    const cell = (...args: Parameters<Store['cell']>) => {
      const inner = store.cell(...args)
      const watch = inner.watch.bind(inner)
      inner.watch = (watcher) => {
        count++
        const end = watch(watcher)
        return () => {
          count--
          end()
        }
      }
      return inner
    }
    return { store: { ...store, cell } as never, watching: () => count }
  }

  it('tell of each change with its patches, by messages and from outside', async () => {
    const store = createStore({ name: 'outer' })
    const pool = spawned({ state: { store } })
    const events = heard('genpool:state:change', pool)
    const cell = store.cell<{ done: number }>('pool')
    void cell.update((draft) => {
      draft.done = 5
    })
    const answer = work(pool, 10)
    await clock.advance(20)
    await answer
    expect(events).toMatchObject([
      { pool: 'pool', version: 1, value: { done: 5 }, patches: [{ op: 'replace', path: ['done'], value: 5 }] },
      { version: 2, value: { done: 6 }, inversePatches: [{ op: 'replace', path: ['done'], value: 5 }] },
    ])
  })

  it('reach a plain subscriber from the next commit on, also from a handler that is already running', async () => {
    const pool = spawned()
    const versions: unknown[] = []
    const listener = (event: unknown): void => void versions.push((event as { version: number }).version)
    const answers = [work(pool, 10), work(pool, 10)]
    await clock.advance(5)
    subscribe('genpool:state:change', listener)
    await clock.advance(20)
    unsubscribe('genpool:state:change', listener)
    await Promise.all(answers)
    expect(versions).toEqual([1, 2])
  })

  it('reach a subscriber from the first message on, for a handler that commits at once', async () => {
    const Counter = definePool({
      init: () => ({ count: 0 }),
      calls: {
        add: () =>
          reply('done', (draft) => {
            draft.count += 1
          }),
      },
    })
    const pool = spawnPool(system, Counter, 'counter', { clock })
    const versions: unknown[] = []
    const listener = (event: unknown): void => void versions.push((event as { version: number }).version)
    await Promise.all([call(pool, { type: 'add' }), clock.advance(1)])
    subscribe('genpool:state:change', listener)
    await Promise.all([call(pool, { type: 'add' }), call(pool, { type: 'add' }), clock.advance(1)])
    unsubscribe('genpool:state:change', listener)
    await Promise.all([call(pool, { type: 'add' }), clock.advance(1)])
    expect(versions).toEqual([2, 3])
  })

  it('make the cell watched only while there are subscribers', async () => {
    const { store, watching } = watchedStore()
    const pool = spawned({ state: { store } })
    const handled = async (): Promise<void> => {
      const answer = work(pool, 1)
      await clock.advance(5)
      await answer
    }
    await handled()
    expect(watching()).toBe(0)
    const off = onEvent('genpool:state:change', () => undefined)
    await handled()
    expect(watching()).toBe(1)
    off()
    await handled()
    expect(watching()).toBe(0)
    offs.push(onEvent('genpool:state:change', () => undefined))
    await handled()
    stop(pool)
    expect(watching()).toBe(0)
  })

  it('tell of conflicts, up to the run that holds the state', async () => {
    const pool = spawned({ size: 3, state: { retries: 1 } })
    const events = heard('genpool:commit:conflict')
    const answers = [10, 11, 12].map((ms) => call(pool, { type: 'twice', ms }))
    await clock.advance(200)
    expect((await Promise.all(answers)).sort()).toEqual([0, 1, 2])
    expect(events.map(({ type, attempt, exclusive }) => [type, attempt, exclusive])).toEqual([
      ['twice', 2, false],
      ['twice', 2, false],
      ['twice', 3, true],
    ])
  })
})

describe('onEvent', () => {
  it('distinguishes pools with the same name, and ends when its function is called', async () => {
    const other = start()
    const [one, two] = [spawned(), spawnPool(other, Worker, 'pool', { size: 1, clock })]
    const events: PoolRef[] = []
    const off = onEvent('genpool:request:settled', ({ ref }) => void events.push(ref), { pool: two })
    await Promise.all([work(one, 0), work(two, 0), clock.advance(1)])
    expect(events).toEqual([two])
    off()
    off()
    await Promise.all([work(two, 0), clock.advance(1)])
    expect(events).toHaveLength(1)
    stop(other)
  })

  it('reports an error of a listener to onCallbackError; the pool and other listeners are not affected', async () => {
    const errors: unknown[] = []
    const pool = spawned({ onCallbackError: (error) => void errors.push((error as Error).message) })
    offs.push(
      onEvent('genpool:request:settled', () => {
        throw new Error('bad listener')
      }),
    )
    const events = heard('genpool:request:settled')
    const answers = [work(pool, 5), work(pool, 5)]
    await clock.advance(20)
    expect(await Promise.all(answers)).toEqual(['done', 'done'])
    expect(events).toHaveLength(2)
    expect(errors).toEqual(['bad listener', 'bad listener'])
  })

  it('leaves an error of a plain subscriber as an uncaught exception, outside the pool', () => {
    // In a process of its own: an uncaught exception ends the one that runs the tests.
    const program = `
      const { subscribe } = require('node:diagnostics_channel')
      const { start, stop } = require('nact')
      const { call, definePool, inspect, reply, spawnPool } = require('@genpool/core')
      const uncaught = []
      process.on('uncaughtException', (error) => uncaught.push(error.message))
      subscribe('genpool:request:settled', () => { throw new Error('bad subscriber') })
      const system = start()
      const pool = spawnPool(system, definePool({ calls: { get: () => reply('got') } }))
      Promise.all([call(pool, { type: 'get' }), call(pool, { type: 'get' })]).then((answers) => {
        setImmediate(() => {
          console.log(JSON.stringify({ answers, uncaught, busy: inspect(pool).members.busy }))
          stop(system)
        })
      })`
    const args = ['-r', 'ts-node/register', '-e', program]
    const { stdout } = spawnSync(process.execPath, args, { cwd: join(__dirname, '../../../..'), encoding: 'utf8' })
    expect(JSON.parse(stdout)).toEqual({
      answers: ['got', 'got'],
      uncaught: ['bad subscriber', 'bad subscriber'],
      busy: 0,
    })
  })

  it('lets a listener use the pool of the event', async () => {
    const pool = spawned({ size: 2, broker: { client: { type: 'drop', max: 2 } } })
    const answers: Promise<unknown>[] = []
    const again = (): void => {
      if (answers.length >= 40) return
      answers.push(work(pool, 5), work(pool, 5))
      cast(pool, { type: 'note' })
    }
    const names = ['genpool:request:settled', 'genpool:drop', 'genpool:member:start', 'genpool:member:crash'] as const
    let depth = 0
    for (const name of names) {
      offs.push(
        onEvent(name, () => {
          if (depth > 0) return
          depth++
          again()
          depth--
        }),
      )
    }
    answers.push(...[1, 2, 3, 4, 5, 6].map((ms) => work(pool, ms, { fail: ms === 3 })))
    await clock.advance(1000)
    await Promise.all(answers)
    const { outcomes, accepted, waiting, members } = inspect(pool)
    expect(Object.values(outcomes).reduce((sum, count) => sum + count)).toBe(accepted)
    expect({ waiting, members }).toEqual({ waiting: 0, members: { idle: 2, busy: 0, starting: 0 } })
  })

  it('refuses an unknown event, a wrong listener and a wrong pool', () => {
    const pool = spawned()
    const nothing = (): undefined => undefined
    expect(() => onEvent('genpool:drops' as never, nothing)).toThrow(
      /no event "genpool:drops"; the events are .*genpool:drop,/,
    )
    expect(() => onEvent('genpool:drop', 'listener' as never)).toThrow(OptionsError)
    expect(() => onEvent('genpool:drop', nothing, { pool: {} as never })).toThrow(OptionsError)
    expect(inspect(pool).phase).toBe('running')
  })
})
