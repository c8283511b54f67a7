import { type BrokerConfig, spawnBroker } from '@genpool/broker'
import {
  call,
  cast,
  definePool,
  inspect,
  map,
  noReply,
  onEvent,
  type PoolOptions,
  reply,
  spawnPool,
  watchDeadLetters,
} from '@genpool/core'
import { stop } from 'nact'
import { clock, system } from './virtual-system'

/* eslint-disable @typescript-eslint/no-explicit-any -- the pool has the types of its own row */

type Callback = () => never

/** A pool whose effects, `init` and `terminate` may throw. */
const behaviour = (boom: Callback, { init = () => ({ done: 0 }), terminate = () => undefined }: any = {}) =>
  definePool({
    init: init as () => { done: number },
    calls: {
      effect: (_msg: object, _state, ctx) => {
        ctx.afterCommit(boom)
        return reply('answered', (draft) => void draft.done++)
      },
      progress: (_msg: object, _state, ctx) => {
        ctx.progress(1)
        return reply('answered')
      },
      crash: () => {
        throw new Error('the handler')
      },
      slow: async (_msg: object) => {
        await clock.wait(10)
        return reply('answered')
      },
      work: (_msg: object) => reply('answered', (draft) => void draft.done++),
    },
    casts: { work: () => noReply() },
    terminate: terminate as () => undefined,
  })

interface Row {
  readonly options?: PoolOptions
  /** The callback is one of a broker that the pool shares. */
  readonly shared?: BrokerConfig
  readonly callbacks?: object
  /** Lets the callback be called. */
  run(pool: any): unknown
  /** What `run` resolves with, or the code of its error; `boom` is the error of the callback. */
  readonly gives: unknown
  /** The titles of all warnings. */
  readonly warns: readonly string[]
  /** What the error says, if the request is refused. */
  readonly says?: RegExp
  /** Whether the pool cannot serve afterwards. */
  readonly isOver?: true
}

const threw = (what: string, then = 'the pool continues'): string => `${what} of pool "pool" threw; ${then}.`
const answered = { gives: 'answered', warns: [] }
const refused = (says: RegExp) => ({ gives: 'ERR_GENPOOL_INVALID', warns: [], says, isOver: true }) as const
const work = { type: 'work' }
const twice = (pool: any) =>
  Promise.all([call(pool, { type: 'slow' }), call(pool, { type: 'slow' })]).then(([answer]) => answer)
const lost = (pool: any) => void cast(pool, { type: 'unknown' })

const rows = (boom: Callback): Record<string, Row> => ({
  onDrop: { options: { onDrop: boom }, run: lost, gives: undefined, warns: [threw('onDrop')] },
  watchDeadLetters: {
    run: (pool) => {
      watchDeadLetters(pool, boom)
      lost(pool)
    },
    gives: undefined,
    warns: [threw('A watcher of dead letters')],
  },
  onEvent: {
    run: async (pool) => {
      const off = onEvent('genpool:request:settled', boom, { pool })
      await call(pool, work)
      await clock.settle()
      off()
    },
    gives: undefined,
    warns: [threw('A listener of events')],
  },
  onProgress: {
    run: (pool) => call(pool, { type: 'progress' }, { onProgress: boom }),
    gives: 'answered',
    warns: [threw('onProgress')],
  },
  'ctx.afterCommit': {
    run: (pool) => call(pool, { type: 'effect' }),
    gives: 'answered',
    warns: [threw('ctx.afterCommit')],
  },
  'breaker.counts': {
    options: { breaker: { failures: 5, counts: boom } },
    run: (pool) => call(pool, { type: 'crash' }),
    gives: 'ERR_GENPOOL_CRASHED',
    warns: [threw('breaker.counts', 'the error counts as a failure')],
  },
  'random, for a retry': {
    options: { random: boom, retryOnCrash: { crash: 0 } },
    run: (pool) => call(pool, { type: 'crash' }, { retry: { attempts: 2 } }),
    gives: 'ERR_GENPOOL_CRASHED',
    warns: [threw('random', 'Math.random takes its place')],
  },
  'random, for a throttle': {
    options: { random: boom, throttle: true },
    run: (pool) => call(pool, work),
    gives: 'answered',
    warns: [threw('random', 'Math.random takes its place')],
  },
  'random, for admission': {
    options: { random: boom, broker: { budget: false, admission: { type: 'pie', target: 1, interval: 5 } } },
    run: async (pool) => {
      for (let i = 0; i < 40; i++) {
        void call(pool, { type: 'slow' }).catch(() => undefined)
        await clock.wait(5)
      }
      await call(pool, work).catch(() => 'refused by chance')
    },
    gives: undefined,
    warns: [threw('random', 'Math.random takes its place')],
  },
  'rate.by': { options: { rate: { limit: 5, by: boom } }, run: (pool) => call(pool, work), ...refused(/by/) },
  'rate.cost': { options: { rate: { limit: 5, cost: boom } }, run: (pool) => call(pool, work), ...refused(/cost/) },
  'limits.by': { options: { limits: { by: boom, concurrency: 1 } }, run: (pool) => call(pool, work), ...refused(/by/) },
  'limits.rate.cost': {
    options: { limits: { by: 'type', rate: { limit: 5, cost: boom } } },
    run: (pool) => call(pool, work),
    ...refused(/cost/),
  },
  // A weight is 1 then.
  'limits.weight': {
    options: { limits: { by: 'type', concurrency: 1, weight: boom } },
    run: twice,
    ...answered,
  },
  'weight of a fair queue': {
    options: { broker: { client: { type: 'fair', by: { property: 'type' }, weight: boom } } },
    run: twice,
    ...answered,
  },
  'by of a fair queue': {
    options: { broker: { client: { type: 'fair', by: boom } } },
    run: twice,
    gives: 'ERR_GENPOOL_INVALID',
    warns: [],
    says: /by/,
  },
  'limits.by of a shared broker': {
    shared: { limits: { by: boom, concurrency: 1 } },
    run: (pool) => call(pool, work),
    ...refused(/by/),
  },
  'state.validate': {
    options: { state: { validate: (state: any) => (state.done > 0 ? boom() : true) } },
    run: (pool) => call(pool, work),
    gives: 'ERR_GENPOOL_INVALID',
    warns: [],
    says: /its validator failed/,
  },
  'onError of map': {
    run: (pool) => map(pool, [{ type: 'crash' }], { onError: boom }).toArray(),
    gives: 'boom',
    warns: [],
  },
  'a source of map': {
    run: (pool) => map(pool, { [Symbol.asyncIterator]: () => ({ next: boom }) } as never).toArray(),
    gives: 'boom',
    warns: [],
  },
  init: {
    options: { restart: { attempts: 1 } },
    callbacks: { init: boom },
    run: (pool) => call(pool, work),
    gives: 'ERR_GENPOOL_STOPPED',
    warns: [],
    says: /init/,
    isOver: true,
  },
  terminate: {
    callbacks: { terminate: boom },
    options: { recycle: { afterMessages: 1 } },
    run: (pool) => call(pool, work),
    gives: 'answered',
    // One for each member: each serves one call.
    warns: [threw('terminate'), threw('terminate')],
  },
})

describe.each([
  [
    'throws',
    () => {
      throw new Error('boom')
    },
  ],
  ['rejects', () => Promise.reject(new Error('boom')) as never],
] as const)('a callback of the user that %s', (_how, boom) => {
  const warned: string[] = []
  const ended: unknown[] = []
  const note = (reason: unknown): void => void ended.push(reason)
  beforeEach(() => {
    warned.length = ended.length = 0
    jest.spyOn(process, 'emitWarning').mockImplementation((warning) => void warned.push(String(warning)))
    process.on('unhandledRejection', note)
  })
  afterEach(async () => {
    stop(system)
    await clock.settle()
    jest.restoreAllMocks()
    process.off('unhandledRejection', note)
  })

  it.each(Object.keys(rows(boom)))('is told once, and loses no request: %s', async (name) => {
    const row = rows(boom)[name] as Row
    const broker = row.shared && { broker: spawnBroker(system, { clock, ...row.shared }, 'broker') }
    const options: PoolOptions = { size: 1, clock, ...row.options, ...broker }
    const pool = spawnPool(system, behaviour(boom, row.callbacks), 'pool', options)
    let text = ''
    const asked = (async () => row.run(pool))().catch((error: { code?: string; message: string }) => {
      text = error.message
      return error.code ?? error.message
    })
    await clock.advance(5000)
    expect(await asked).toEqual(row.gives)
    if (row.says !== undefined) expect(text).toMatch(row.says)
    if (row.isOver !== true) {
      const next = call(pool, { type: 'slow' })
      await clock.advance(100)
      expect(await next).toBe('answered')
    }
    // A promise that rejects is reported a moment later.
    await new Promise(setImmediate)
    expect(warned).toEqual(row.warns)
    expect(ended).toEqual([])
    const { accepted, outcomes } = inspect(pool)
    expect(Object.values(outcomes).reduce((sum, each) => sum + each, 0)).toBe(accepted)
  })
})
