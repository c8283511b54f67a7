import { call, configure, definePool, noReply, type PoolOptions, ready, reply, spawnPool } from '@genpool/core'
import { type Consumer, durable, type Durable } from '@genpool/nats'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

let server: NatsServer
let system: ActorSystemRef
let queues = 0
const ends: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  server = await startJetStream()
})
beforeEach(() => {
  system = start()
  ran.length = 0
})
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()))
  stop(system)
})
afterAll(endJetStream)

/** Who has run which. */
const ran: string[] = []
const workOf = (name: string, init: () => unknown = () => null) =>
  definePool({
    init,
    calls: {
      boom: () => {
        throw new Error('no answer')
      },
      fine: () => reply(1),
    },
    casts: {
      work: ({ n }: { n: number }) => {
        ran.push(`${name} ${n}`)
        return noReply()
      },
    },
  })
const spawn = (name: string, options: PoolOptions = {}, init?: () => unknown) =>
  spawnPool(system, workOf(name, init), `${name}-${queues}`, { size: 2, state: 'isolated', ...options } as never)
/** As another process has it, with a connection of its own. Nobody waits for a cast that its process keeps. */
const openAs = async (): Promise<Durable> => {
  const connection: NatsConnection = await connectTo(server)
  return durable(connection, { name: `closed-${queues}`, storage: 'memory', lanes: 1, ackWait: 3_600_000 })
}
const consume = async (jobs: Durable, pool: unknown): Promise<Consumer> => {
  const consumer = await jobs.consume(pool as never)
  ends.push(() => consumer.stop({ within: 0 }))
  return consumer
}

const closed: readonly [string, PoolOptions, RegExp, (() => unknown)?][] = [
  ['paused', { paused: true }, /the pool is paused/],
  ['paused', { concurrency: 0 }, /the pool is paused/],
  ['starting', {}, /the pool has no member that has started/, () => new Promise<null>(() => undefined)],
  [
    'breaker',
    { breaker: { failures: 1, wait: 3_600_000, maxWait: 3_600_000 } },
    /the pool has an open circuit breaker/,
  ],
  ['rate', { rate: { limit: 1, interval: 3_600_000 } }, /the pool has used up its rate/],
]

describe('a consumer whose pool begins nothing takes nothing, and says why', () => {
  it.each(closed)('%s, with %j', async (...[why, options, says, init]) => {
    queues++
    const [jobs, others] = await Promise.all([openAs(), openAs()])
    const bad = spawn('bad', options, init)
    if (init === undefined && why !== 'paused') {
      await ready(bad as never)
      await call(bad as never, { type: why === 'breaker' ? 'boom' : 'fine' } as never).catch(() => undefined)
    }
    const consumer = await consume(jobs, bad)
    for (let n = 0; n < 10; n++) await jobs.cast({ type: 'work', n }, n % 2 === 0 ? { key: 'one' } : {})
    expect(consumer.inspect()).toMatchObject({ closed: why, inHand: 0, asked: 0 })
    expect(consumer.explain().text).toMatch(says)
    expect((await jobs.explain()).text).toContain('their pools begin nothing now')
    await consume(others, spawn('good'))
    await until(() => ran.length === 10, 'another one runs them')
    expect(ran.every((each) => each.startsWith('good'))).toBe(true)
    expect(consumer.inspect()).toMatchObject({ received: 0, returned: 0 })
  })

  it('and takes them when it begins work', async () => {
    queues++
    const jobs = await openAs()
    const pool = spawn('late', { concurrency: 0 })
    const consumer = await consume(jobs, pool)
    await jobs.cast({ type: 'work', n: 1 })
    expect(consumer.inspect()).toMatchObject({ closed: 'paused', inHand: 0 })
    configure(pool as never, { concurrency: Infinity })
    await until(() => ran.length === 1, 'it runs')
    expect(consumer.inspect()).toMatchObject({ closed: null })
  })
})
