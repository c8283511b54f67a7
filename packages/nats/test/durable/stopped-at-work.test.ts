import { definePool, type DeliveryEvent, noReply, onEvent, type PoolRef, spawnPool } from '@genpool/core'
import { type Consumer, durable, type Durable, type DurableOptions, type JobOptions } from '@genpool/nats'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

/* A cast that takes longer than its consumers are given when they stop. "ackWait" is so long that nobody can wait for it. */
const ackWait = 3_600_000
const attempts: number[] = []
let fails = false
const Work = definePool({
  init: () => null,
  casts: {
    work: async (_message: object, _state, ctx) => {
      attempts.push(ctx.delivery!.attempt)
      if (fails) throw new Error('no disk')
      await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))
      return noReply()
    },
  },
})

let server: NatsServer
let nc: NatsConnection
let system: ActorSystemRef
let queues = 0
beforeAll(async () => {
  server = await startJetStream()
})
beforeEach(async () => {
  attempts.length = 0
  fails = false
  system = start()
  nc = await connectTo(server)
})
afterEach(async () => {
  stop(system)
  await nc.close()
})
afterAll(endJetStream)

const open = (options: Partial<DurableOptions> = {}): Promise<Durable> =>
  durable(nc, { name: `w${++queues}`, lanes: 4, ackWait, maxDeliver: 2, backoff: { initial: 10 }, ...options })
const begins = async (jobs: Durable): Promise<{ consumer: Consumer; pool: PoolRef }> => {
  const before = attempts.length
  const pool = spawnPool(system, Work, `${queues}-${before}`, { size: 2, state: 'isolated' }) as PoolRef
  const consumer = await jobs.consume(pool)
  await until(() => attempts.length > before, 'it begins')
  return { consumer, pool }
}
const stops = 4
const ways: readonly [string, JobOptions, (each: { consumer: Consumer; pool: PoolRef }) => Promise<unknown>][] = [
  ['the only consumer is stopped', {}, ({ consumer }) => consumer.stop({ within: 0 })],
  ['the only consumer is stopped, of a cast with a key', { key: 'k' }, ({ consumer }) => consumer.stop({ within: 0 })],
  ['its pool is stopped', {}, ({ consumer, pool }) => (stop(pool as never), consumer.stopped)],
]

describe.each(ways)('a cast at work when %s', (_, options, end) => {
  it('begins at the next consumer at once, each time with a greater number, and has not failed', async () => {
    const jobs = await open()
    await jobs.cast({ type: 'work' }, options)
    const told: Partial<DeliveryEvent>[] = []
    const off = onEvent('genpool:delivery', (event) => told.push(event))
    for (let n = 0; n < stops; n++) {
      const each = await begins(jobs)
      await end(each)
      expect(each.consumer.inspect()).toMatchObject({ inHand: 0, cutShort: 1, left: 0, again: 0, lastFailure: null })
      expect(each.consumer.explain().text).toContain('1 cast was at work, and begins again elsewhere')
    }
    off()
    expect(attempts).toEqual([1, 2, 3, 4])
    expect(told.map(({ outcome }) => outcome)).toEqual(attempts.map(() => 'again'))
    expect(told[1]!.reason).toMatch(/^the consumer was stopped while it ran, so it begins again; it was so 2 times\./)
    expect(await jobs.inspect()).toMatchObject({ dead: 0 })
  })
})

describe('a cast whose consumers were stopped at work', () => {
  const stopped = async (options: Partial<DurableOptions> = {}): Promise<Durable> => {
    const jobs = await open(options)
    await jobs.cast({ type: 'work' })
    for (let n = 0; n < stops; n++) await (await begins(jobs)).consumer.stop({ within: 0 })
    return jobs
  }

  it.each([1, 2])('has all its attempts left, %i, and its letter tells of both', async (maxDeliver) => {
    const jobs = await stopped({ maxDeliver })
    fails = true
    const { consumer } = await begins(jobs)
    await until(async () => (await jobs.dead()).length === 1, 'it is dead')
    const most = stops + maxDeliver
    expect(attempts).toEqual(Array.from({ length: most }, (__, i) => i + 1))
    const [letter] = await jobs.dead()
    expect(letter).toMatchObject({ reason: 'no disk', code: 'ERR_GENPOOL_CRASHED', attempts: most })
    expect(letter!.history.map(({ attempt }) => attempt)).toEqual(attempts)
    const reasons = letter!.history.map(({ reason }) => reason)
    expect(reasons.slice(0, stops).every((reason) => reason.startsWith('the consumer was stopped while it ran'))).toBe(
      true,
    )
    expect(reasons.slice(stops)).toEqual(Array.from({ length: maxDeliver }, () => 'no disk'))
    await consumer.stop()
  })

  it('is told of by explain when that was so several times', async () => {
    const jobs = await stopped()
    const { consumer } = await begins(jobs)
    expect(consumer.inspect().mostStops).toBe(stops)
    const { findings } = consumer.explain()
    expect(findings).toMatchObject([{ finding: 'slow-handlers', figures: { mostStops: stops } }])
    await consumer.stop({ within: 0 })
  })

  it('goes to another consumer that is there', async () => {
    const jobs = await open()
    const both = await Promise.all(
      ['a', 'b'].map((name) =>
        jobs.consume(spawnPool(system, Work, `${name}${queues}`, { size: 1, state: 'isolated' }) as PoolRef),
      ),
    )
    await jobs.cast({ type: 'work' })
    await until(() => attempts.length === 1, 'it begins')
    const first = both.find((each) => each.inspect().inHand > 0)!
    await first.stop({ within: 0 })
    await until(() => attempts.length === 2, 'it begins again')
    expect(attempts).toEqual([1, 2])
    await Promise.all(both.map((each) => each.stop({ within: 0 })))
  })
})
