import { dropQueue, type Queue, type QueueFactory, timeoutQueue, type Waiting } from '@genpool/broker'
import { call, configure, definePool, inspect, ready, reply, spawnPool } from '@genpool/core'
import { stop } from 'nact'
import { clock, system } from './virtual-system'

const Worker = definePool({
  calls: {
    work: async () => {
      await clock.wait(10)
      return reply('done')
    },
  },
})

/** A queue of the user's with a fault in one of its operations, from the moment on that it is armed. */
function faulty(operations: readonly (keyof Queue<Waiting>)[], make = dropQueue) {
  const fault = { armed: false }
  const client: QueueFactory = (now, items) => {
    const queue = make({}, now, items)
    return new Proxy(queue, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        return (...args: unknown[]): unknown => {
          if (fault.armed && operations.includes(name as never)) throw new Error(`${String(name)} is broken`)
          return (value as (...args: unknown[]) => unknown).apply(target, args)
        }
      },
    })
  }
  const pool = spawnPool(system, Worker, 'faulty', { size: 1, clock, broker: { client } })
  return { pool, fault }
}

const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.catch(({ code, cause }: { code: string; cause?: Error }) => [code, cause?.message])

describe('a queue of the user that throws', () => {
  const gaveUp = (operation: string): unknown => [
    'ERR_GENPOOL_STOPPED',
    `Pool "faulty" gave up: its queue failed: ${operation} is broken`,
  ]

  it('in enqueue refuses that request, and the pool continues', async () => {
    const { pool, fault } = faulty(['enqueue'])
    await ready(pool)
    const first = outcome(call(pool, { type: 'work' }))
    fault.armed = true
    const second = outcome(call(pool, { type: 'work' }))
    fault.armed = false
    const third = outcome(call(pool, { type: 'work' }))
    await clock.advance(50)
    expect([await first, await third]).toEqual(['done', 'done'])
    expect(await second).not.toBe('done')
    expect(inspect(pool).phase).toBe('running')
  })

  it('in dequeue stops the pool with the cause, and all callers are told', async () => {
    const { pool, fault } = faulty(['dequeue'])
    const beside = spawnPool(system, Worker, 'beside', { clock })
    await ready(pool)
    const calls = [1, 2, 3].map(() => outcome(call(pool, { type: 'work' })))
    await clock.advance(5)
    fault.armed = true
    await clock.advance(10)
    expect(await Promise.all(calls)).toEqual(['done', gaveUp('dequeue'), gaveUp('dequeue')])
    expect(inspect(pool).phase).toBe('stopped')
    const other = outcome(call(beside, { type: 'work' }))
    await clock.advance(20)
    expect(await other).toBe('done')
  })

  it('in remove stops the pool', async () => {
    const { pool, fault } = faulty(['remove'])
    await ready(pool)
    const running = outcome(call(pool, { type: 'work' }))
    const short = outcome(call(pool, { type: 'work' }, { timeout: 3 }))
    const long = outcome(call(pool, { type: 'work' }))
    await clock.advance(1)
    fault.armed = true
    await clock.advance(5)
    expect(await short).toEqual(gaveUp('remove'))
    expect(await running).toEqual(gaveUp('remove'))
    // It cannot be taken out of the broken queue, but it is told.
    expect(await long).toEqual(gaveUp('remove'))
  })

  it('while a message comes back settles that message, too', async () => {
    let armed = false
    const member: QueueFactory = (now, items) => {
      const queue = dropQueue({}, now, items)
      const dequeue = queue.dequeue.bind(queue)
      queue.dequeue = (at) => {
        if (armed) throw new Error('dequeue is broken')
        return dequeue(at)
      }
      return queue
    }
    const Flaky = definePool({
      calls: {
        crash: async () => {
          await clock.wait(10)
          throw new Error('no luck')
        },
        again: async (_msg: object, _state, ctx) => {
          await clock.wait(10)
          return ctx.backOff(0, { again: true })
        },
      },
    })
    const told: unknown[] = []
    for (const type of ['crash', 'again'] as const) {
      armed = false
      const options = { size: 3, clock, timeout: Infinity, retryOnCrash: { crash: 2 }, broker: { member } }
      const pool = spawnPool(system, Flaky, type, options as never)
      await ready(pool)
      void outcome(call(pool, { type })).then((result) => told.push(result))
      await clock.advance(5)
      armed = true
      await clock.advance(100)
      expect(inspect(pool).phase).toBe('stopped')
    }
    const stopped = expect.stringContaining('its queue failed: dequeue is broken') as string
    expect(told).toEqual([
      ['ERR_GENPOOL_CRASHED', 'no luck'],
      ['ERR_GENPOOL_STOPPED', stopped],
    ])
  })

  it('in timeout stops the pool', async () => {
    const { pool, fault } = faulty(['timeout'], (_options, now, items) => timeoutQueue({ timeout: 25 }, now, items))
    await ready(pool)
    const calls = [1, 2, 3, 4].map(() => outcome(call(pool, { type: 'work' }, { timeout: Infinity })))
    await clock.advance(15)
    fault.armed = true
    await clock.advance(12)
    expect(await Promise.all(calls)).toEqual(['done', 'done', gaveUp('timeout'), gaveUp('timeout')])
    await clock.advance(10)
    expect(clock.timers).toBe(0)
  })

  it('is not called after it was replaced by a built-in queue', async () => {
    const { pool, fault } = faulty(['enqueue', 'dequeue', 'timeout'])
    const calls = Array.from({ length: 3 }, () => outcome(call(pool, { type: 'work' })))
    await clock.advance(5)
    configure(pool, { broker: { client: { type: 'drop', order: 'lifo' } } })
    fault.armed = true
    calls.push(outcome(call(pool, { type: 'work' })))
    await clock.advance(100)
    expect(await Promise.all(calls)).toEqual(['done', 'done', 'done', 'done'])
  })

  it('also in drain leaves its callers to their deadlines', async () => {
    const { pool, fault } = faulty(['dequeue', 'remove', 'drain'])
    await ready(pool)
    const calls = [1, 2, 3].map(() => outcome(call(pool, { type: 'work' }, { timeout: 100 })))
    await clock.advance(5)
    fault.armed = true
    await clock.advance(200)
    expect(await Promise.all(calls)).toEqual([
      'done',
      ['ERR_GENPOOL_EXPIRED', undefined],
      ['ERR_GENPOOL_EXPIRED', undefined],
    ])
  })
})

describe('a queue of the user with async methods', () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown): void => void unhandled.push(reason)
  beforeEach(() => void process.on('unhandledRejection', note))
  afterEach(() => void process.off('unhandledRejection', note))

  /** One that is no class of ours, and whose method is async from the moment on that it is armed. */
  function asynchronous(method: 'enqueue' | 'dequeue' | 'remove' | 'timeout' | 'drain') {
    const fault = { armed: false }
    const client: QueueFactory = (now, items) => {
      const queue = timeoutQueue({ timeout: 25 }, now, items)
      const own = {
        get length() {
          return queue.length
        },
        get max() {
          return queue.max
        },
        get decision() {
          return queue.decision
        },
        [Symbol.iterator]: () => queue[Symbol.iterator](),
      } as unknown as Record<string, unknown>
      for (const name of [
        'oldest',
        'enqueue',
        'dequeue',
        'timeout',
        'cancel',
        'remove',
        'configure',
        'drain',
      ] as const) {
        own[name] = (...args: never[]): unknown => {
          const result = (queue[name] as (...args: never[]) => unknown).apply(queue, args)
          return fault.armed && name === method ? Promise.reject(new Error('from an async method')) : result
        }
      }
      return own as never
    }
    return { pool: spawnPool(system, Worker, 'faulty', { size: 1, clock, broker: { client } }), fault }
  }

  it.each(['enqueue', 'dequeue', 'remove', 'timeout', 'drain'] as const)(
    'in "%s" ends no process: each caller has an outcome, and the error says what is wrong',
    async (method) => {
      const { pool, fault } = asynchronous(method)
      await ready(pool)
      const calls = [outcome(call(pool, { type: 'work' })), outcome(call(pool, { type: 'work' }, { timeout: 40 }))]
      for (let i = 0; i < 3; i++) calls.push(outcome(call(pool, { type: 'work' })))
      await clock.advance(1)
      fault.armed = true
      calls.push(outcome(call(pool, { type: 'work' }, { timeout: 12 })))
      await clock.advance(60)
      if (method === 'drain') stop(pool)
      // What the broken queue has lost is told by its deadline.
      await clock.advance(6000)
      const outcomes = await Promise.all(calls)
      const texts = JSON.stringify(outcomes)
      if (method !== 'drain') expect(texts).toContain(`\\"${method}\\" of the queue returned a promise`)
      expect(unhandled).toEqual([])
    },
  )

  it.each([[() => undefined], [() => 5], [() => ({})], [() => Promise.reject(new Error('no queue'))]])(
    'and a function that makes no queue is refused when the pool is spawned: %p',
    (client) => {
      const spawned = (): unknown => spawnPool(system, Worker, 'faulty', { broker: { client: client as never } })
      expect(spawned).toThrow(expect.objectContaining({ code: 'ERR_GENPOOL_OPTIONS' }))
      expect(spawned).toThrow('must return a queue')
    },
  )
})
