import { type BrokerActorOptions, changeConfig, spawnBroker } from '@genpool/broker'
import {
  call,
  type CallOptions,
  configure,
  definePool,
  defineTask,
  inspect,
  type PoolOptions,
  reply,
  spawnPool,
} from '@genpool/core'
import { stop } from 'nact'
import { clock, system } from '../quiet-system'

interface Work {
  k?: unknown
  /** Fails in its first run, after this. */
  breaks?: (message: Work) => void
  /** Asks for another run instead. */
  again?: boolean
}

const Worker = defineTask(async (message: Work, ctx) => {
  await clock.wait(10)
  if (ctx.attempt > 1) return `run ${ctx.attempt}`
  message.breaks?.(message)
  if (message.again === true) return ctx.backOff(5, { again: true })
  if (message.breaks !== undefined) throw new Error('connection reset')
  return 'run 1'
})

const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.catch(({ code, reason, cause }: { code: string; reason?: string; cause?: Error & { reason?: string } }) =>
    [code, reason, cause?.reason ?? cause?.message].filter((part) => part !== undefined).join(' '),
  )
/** What they are settled with, as soon as they are. */
const settled = (outcomes: Promise<unknown>[]): unknown[] => {
  const results: unknown[] = outcomes.map(() => 'never settled')
  for (const [i, promise] of outcomes.entries()) void promise.then((result) => (results[i] = result))
  return results
}
const nothing = (): void => undefined
const lanes = (message: Work): number => (message.k as string).length
const CRASHED = 'ERR_GENPOOL_CRASHED connection reset'

/** One message that comes back from its first run, and others that are sent meanwhile and afterwards. */
const runs = async (
  options: PoolOptions,
  first: Work,
  { meanwhile = nothing as (pool: never) => void, ...more } = {},
) => {
  const pool = spawnPool(system, Worker, 'pool', {
    size: 2,
    clock,
    timeout: Infinity,
    retryOnCrash: { task: 2 },
    ...options,
  } as PoolOptions)
  const results: unknown[] = []
  const send = (message: Work, callOptions?: CallOptions): void => {
    const place = results.push('never settled') - 1
    void outcome(call(pool, message, callOptions)).then((result) => (results[place] = result))
  }
  send(first, more)
  send({ k: 1 })
  await clock.advance(2)
  meanwhile(pool as never)
  await clock.advance(2000)
  send({ k: 1 })
  await clock.advance(2000)
  return { results, pool }
}

describe('a message that goes back into the queue', () => {
  const rate = { limit: 100, interval: 50, cost: 'k' }

  it.each<[string, PoolOptions, (pool: never) => void]>([
    ['costs more than the new rate allows', { rate }, (pool) => configure(pool, { rate: { limit: 5 } })],
    [
      'costs more than the new rate of its key allows',
      { limits: { by: () => 't', rate } },
      (pool) => configure(pool, { limits: { rate: { limit: 5 } } } as never),
    ],
    [
      'has no key for limits that are new',
      {},
      (pool) =>
        configure(pool, {
          limits: {
            by: ({ k }: Work) => {
              if (k === 50) throw new Error('no key')
              return k
            },
          },
        } as never),
    ],
    ['has no cost for a rate that is new', {}, (pool) => configure(pool, { rate: { limit: 5, cost: 'k' } })],
  ])('and that %s, has the outcome of its run, and the pool goes on', async (_name, options, meanwhile) => {
    for (const [first, told] of [
      [{ k: 50, breaks: nothing }, CRASHED],
      [{ k: 50, again: true }, 'ERR_GENPOOL_CRASHED rate'],
    ] as const) {
      const { results, pool } = await runs(options, first, { meanwhile })
      expect(results).toEqual([told, 'run 1', 'run 1'])
      expect(inspect(pool)).toMatchObject({ accepted: 3, outcomes: { replied: 2, crashed: 1 }, drops: { rate: 1 } })
      stop(pool)
      await clock.settle()
    }
  })

  it.each<[string, PoolOptions]>([
    ['the key of its limits', { limits: { by: lanes as never, concurrency: 1 } }],
    ['its cost', { rate: { limit: 100, interval: 50, cost: ({ k }: Work) => (k as string).length } as never }],
    ['the key of its rate', { rate: { limit: 100, interval: 50, by: lanes as never } }],
    ['its key in a fair queue', { size: 1, broker: { client: { type: 'fair', by: lanes as never } } }],
    ['its share by weight', { size: 1, limits: { by: lanes as never, weight: { 1: 2 } } }],
  ])('keeps %s if its handler changes the message', async (_name, options) => {
    const breaks = (message: Work): void => void (message.k = undefined)
    const text = (first: Work) => ({ ...first, k: 'abc' })
    const pool = spawnPool(system, Worker, 'pool', { size: 2, clock, retryOnCrash: { task: 2 }, ...options } as never)
    const asked = [{ k: 'x' }, text({ breaks }), { k: 'y' }].map((message) => outcome(call(pool, message as never)))
    const results = settled(asked)
    await clock.advance(2000)
    expect(results).toEqual(['run 1', 'run 2', 'run 1'])
  })

  it('keeps its key in a fair queue, of which nobody could make a key any more', async () => {
    const breaks = (message: Work): void => {
      message.k = {}
      Object.assign(message.k as object, { self: message.k })
    }
    const client = { type: 'fair', by: { property: 'k' } } as const
    const { results } = await runs({ size: 1, broker: { client } }, { k: 50, breaks })
    expect(results).toEqual(['run 2', 'run 1', 'run 1'])
  })

  it('goes on in a fair queue that it never waited in, although its key cannot be found any more', async () => {
    const breaks = (message: Work): void => void (message.k = undefined)
    const client = { type: 'fair', by: lanes as never } as const
    const pool = spawnPool(system, Worker, 'pool', { size: 1, clock, retryOnCrash: { task: 2 }, broker: { client } })
    const asked = [{ k: 'abc', breaks }, { k: 'x' }].map((message) => outcome(call(pool, message as never)))
    const results = settled(asked)
    await clock.advance(2000)
    expect(results).toEqual(['run 2', 'run 1'])
  })

  it('is refused no more when it does not fit a batch, and its sender has changed the message', async () => {
    const Batches = definePool({
      calls: {
        many: {
          batch: 10,
          handle: async (messages: readonly { c: unknown }[]) => {
            await clock.wait(5)
            return reply(messages.map(() => 'many'))
          },
        },
        one: async (_message: { c: unknown }) => reply('one'),
      },
    })
    const pool = spawnPool(system, Batches, 'pool', {
      size: 1,
      clock,
      timeout: Infinity,
      rate: { limit: 100, interval: 10, cost: 'c' },
    })
    const mine = { type: 'one', c: 1 }
    const asked = ['many', 'many', 'one', 'many'].map((type) =>
      outcome(call(pool, (type === 'one' ? mine : { type, c: 1 }) as never)),
    )
    mine.c = 1000
    const results = settled(asked)
    await clock.advance(1000)
    expect(results).toEqual(['many', 'many', 'one', 'many'])
    expect(inspect(pool).phase).toBe('running')
  })

  it('is the run that calls share, and that a more urgent call moves: it keeps its cost', async () => {
    const pool = spawnPool(system, Worker, 'pool', {
      size: 1,
      clock,
      timeout: Infinity,
      rate: { limit: 5, interval: 50, cost: 'k' },
    } as never)
    const message: Work = { k: 1 }
    const asked = [call(pool, { k: 1 } as never), call(pool, message as never, { share: 1 })]
    message.k = 100
    asked.push(call(pool, { k: 1 } as never, { share: 1, priority: 5 }))
    const results = settled(asked.map(outcome))
    await clock.advance(1000)
    expect(results).toEqual(['run 1', 'run 1', 'run 1'])
  })

  it('may back off by the key that it had', async () => {
    const { results, pool } = await runs(
      { limits: { by: lanes as never } },
      { k: 'abc', again: true, breaks: (message) => void (message.k = undefined) },
    )
    expect(results[0]).toBe('run 2')
    expect(inspect(pool).phase).toBe('running')
  })
})

describe('a message that goes back to a shared broker', () => {
  const rate = { limit: 100, interval: 50, cost: 'k' }
  const shared = (options: BrokerActorOptions) => {
    const broker = spawnBroker(system, { clock, ...options }, 'broker')
    const pool = (name: string) =>
      spawnPool(system, Worker, name, { size: 1, broker, clock, retryOnCrash: { task: 2 }, timeout: Infinity } as never)
    return { broker, pools: [pool('a'), pool('b')] as const }
  }

  it('has the outcome of its run if it may never begin again', async () => {
    const { broker, pools } = shared({ rate })
    const asked = outcome(call(pools[0], { k: 50, breaks: nothing } as never))
    await clock.advance(2)
    changeConfig(broker, { rate: { ...rate, limit: 5 } })
    await clock.advance(500)
    expect(await asked).toBe(CRASHED)
    expect(inspect(pools[0])).toMatchObject({ drops: { rate: 1 }, outcomes: { crashed: 1 } })
    const later = pools.map((pool) => outcome(call(pool, { k: 1 } as never)))
    await clock.advance(500)
    expect(await Promise.all(later)).toEqual(['run 1', 'run 1'])
  })

  it('keeps its key if its handler changes the message', async () => {
    const { pools } = shared({ limits: { by: lanes as never, concurrency: 1 } })
    const breaks = (message: Work): void => void (message.k = undefined)
    const asked = outcome(call(pools[0], { k: 'abc', breaks } as never))
    await clock.advance(500)
    expect(await asked).toBe('run 2')
  })

  it('keeps its cost when a caller that shares its run waits longer, or is more urgent', async () => {
    const { pools } = shared({ rate: { limit: 5, interval: 50, cost: 'k' } })
    const [pool] = pools
    await clock.advance(1)
    const blocked = [0, 1].map(() => outcome(call(pool, { k: 5 } as never)))
    const message: Work = { k: 1 }
    const first = outcome(call(pool, message as never, { share: 1, timeout: 1 }))
    const second: Work = { k: 1 }
    const other = outcome(call(pool, second as never, { share: 2 }))
    message.k = second.k = 100
    const longer = outcome(call(pool, { k: 1 } as never, { share: 1, timeout: 2000 }))
    const urgent = outcome(call(pool, { k: 1 } as never, { share: 2, priority: 5 }))
    await clock.advance(5000)
    expect(await Promise.all(blocked)).toEqual(['run 1', 'run 1'])
    expect(await Promise.all([longer, other, urgent])).toEqual(['run 1', 'run 1', 'run 1'])
    expect(await first).toBe('ERR_GENPOOL_EXPIRED')
  })
})
