import { definePool, noReply, spawnPool } from '@genpool/core'
import { type Consumer, durable, type Durable } from '@genpool/nats'
import { AckPolicy, type ConsumerConfig, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

/* Somebody edits the consumers of a queue at the server. */
const runs = new Map<string, number>()
const Work = definePool({
  casts: {
    /** Fails until it has run so often. */
    work: ({ id, fails = 0 }: { id: string; fails?: number }) => {
      runs.set(id, (runs.get(id) ?? 0) + 1)
      if ((runs.get(id) ?? 0) <= fails) throw new Error('not yet')
      return noReply()
    },
  },
})
const JOBS = 'genpool_q_jobs'
let server: NatsServer
let jsm: JetStreamManager
let system: ActorSystemRef
let consumers: Consumer[]

beforeEach(async () => {
  server = await startJetStream()
  jsm = await jetstreamManager((await connected()) as never)
  system = start()
  runs.clear()
  consumers = []
  looks = 0
})
afterEach(async () => {
  await Promise.all(consumers.map((consumer) => consumer.stop({ within: 0 })))
  stop(system)
  await endJetStream()
})

const connected = (): Promise<NatsConnection> => connectTo(server, { maxReconnectAttempts: -1, reconnectTimeWait: 20 })
/** What the server gives up is not heard. */
const deafened = async (): Promise<NatsConnection> => {
  const connection = await connected()
  const subscribe = connection.subscribe.bind(connection)
  jest
    .spyOn(connection, 'subscribe')
    .mockImplementation((subject, options) =>
      subscribe(subject.startsWith('$JS.EVENT.') ? `nowhere.${subject}` : subject, options),
    )
  return connection
}
/** The server changes no consumer, until the function that it returns is called. */
const refusing = (connection: NatsConnection): (() => void) => {
  const request = connection.request.bind(connection)
  const error = { code: 403, err_code: 10999, description: 'not for you' }
  connection.request = async (subject, ...rest) =>
    /\.CONSUMER\.(DURABLE\.)?CREATE\./.test(subject)
      ? ({ data: new TextEncoder().encode(JSON.stringify({ error })) } as never)
      : request(subject, ...rest)
  return () => (connection.request = request)
}
const open = (connection: NatsConnection, options = {}): Promise<Durable> =>
  durable(connection, { name: 'q', lanes: 2, backoff: { initial: 20 }, ...options })
const consume = async (jobs: Durable, name = 'work'): Promise<Consumer> => {
  const consumer = await jobs.consume(spawnPool(system, Work, name, { size: 4 }) as never)
  consumers.push(consumer)
  return consumer
}
const edit = async (consumer: string, config: Partial<ConsumerConfig>): Promise<void> =>
  void (await jsm.consumers.update(JOBS, consumer, config))
const configOf = async (consumer: string): Promise<Partial<ConsumerConfig>> =>
  (await jsm.consumers.info(JOBS, consumer)).config
const messages = async (): Promise<number> => (await jsm.streams.info(JOBS)).state.messages
/** Asks again while the server starts. */
const asked = async <T>(ask: () => Promise<T>): Promise<T> => {
  let answer: T | undefined
  await until(async () => (answer = await ask().catch(() => undefined)) !== undefined, 'there is an answer', 20_000)
  return answer as T
}
const castAll = async (jobs: Durable, count: number, fails = 0, options = {}): Promise<void> => {
  for (let i = 0; i < count; i++) await jobs.cast({ type: 'work', id: `${i}`, fails }, options)
}
const eachRan = (count: number, times = 1): void =>
  expect([...runs].sort()).toEqual(Array.from({ length: count }, (_, i) => [`${i}`, times]).sort())
/** Resolves when consumers have looked so often at what stays. */
const looked = async (times: number): Promise<void> => {
  const { length } = consumers
  for (let i = 0; i < times; i++) {
    const before = looks
    await until(
      () => consumers.length === length && consumers[0]!.inspect().server !== null && looks > before,
      'it looks',
    )
  }
}
let looks = 0
const countLooks = async (): Promise<void> => {
  const connection = await connected()
  connection.subscribe(`$JS.API.CONSUMER.LIST.${JOBS}`, { callback: () => void looks++ })
  await connection.flush()
}

const EDITS: Readonly<Record<string, Partial<ConsumerConfig>>> = {
  max_expires: { max_expires: 1_000_000 },
  max_batch: { max_batch: 1 },
  headers_only: { headers_only: true },
  filter_subject: { filter_subject: 'genpool.q.jobs.nobody' },
  ack_wait: { ack_wait: 200_000_000 },
  max_bytes: { max_bytes: 10 },
  max_ack_pending: { max_ack_pending: 2 },
  inactive_threshold: { inactive_threshold: 60_000_000_000 },
  backoff: { backoff: [200_000_000], max_deliver: 2 },
}

describe('a consumer of a queue that somebody edits', () => {
  it.each(Object.entries(EDITS))('(%s) is set back soon, and each cast runs once', async (_, config) => {
    // With the longest times: it looks by itself.
    const jobs = await open(await connected())
    const consumer = await consume(jobs)
    await until(async () => (await jobs.inspect()).asking > 0, 'it consumes')
    const made = new Map<string, Partial<ConsumerConfig>>()
    for (const name of ['any', 'key-1', 'key-2', 'later']) {
      made.set(name, await configOf(name))
      await edit(name, config)
    }
    await castAll(jobs, 10)
    await jobs.cast({ type: 'work', id: '10' }, { key: 'k' })
    await jobs.cast({ type: 'work', id: '11' }, { delay: 50 })
    await until(() => runs.size === 12, 'all have run', 20_000)
    for (const [name, config] of made) {
      await until(async () => JSON.stringify(await configOf(name)) === JSON.stringify(config), `${name} is as it was`)
    }
    await until(async () => (await messages()) === 0, 'all are acknowledged')
    eachRan(12)
    expect(await jobs.inspect()).toMatchObject({ dead: 0, leftovers: 0, trouble: null })
    expect(consumer.inspect().trouble).toBeNull()
  })

  it('is named by the queue while nobody consumes, and is not calm', async () => {
    const jobs = await open(await connected())
    await castAll(jobs, 3)
    await edit('any', { filter_subject: 'genpool.q.jobs.nobody' })
    expect((await jobs.inspect()).trouble).toContain(
      'somebody has edited the consumer "any" of the stream "genpool_q_jobs": it has "filter_subject" "genpool.q.jobs.nobody" in place of "genpool.q.jobs.any"',
    )
    const { calm, text } = await jobs.explain()
    expect(calm).toBe(false)
    expect(text).toContain('Call jobs.consume(pool): that sets it back')
    await consume(jobs)
    await until(() => runs.size === 3, 'all have run')
    expect(await jobs.inspect()).toMatchObject({ trouble: null })
  })

  it('or made with other settings is set back by who begins to consume', async () => {
    const jobs = await open(await connected())
    const made = await configOf('any')
    await jsm.consumers.delete(JOBS, 'any')
    const other = { durable_name: 'any', ack_policy: AckPolicy.Explicit, filter_subject: 'genpool.q.jobs.any' }
    await jsm.consumers.add(JOBS, { ...other, max_deliver: 1, ack_wait: 1e9, max_batch: 1, max_expires: 1e9 })
    await castAll(jobs, 6, 1)
    await consume(jobs)
    await until(async () => (await messages()) === 0, 'all are done')
    expect(await configOf('any')).toEqual({ ...made, max_waiting: 512 })
    eachRan(6, 2)
  })
})

describe('casts that the server takes for done, since somebody has edited a consumer', () => {
  it('are brought back, also if nobody heard that they were given up', async () => {
    const jobs = await open(await deafened(), { ackWait: 600 })
    await consume(jobs)
    await edit('any', { max_deliver: 1 })
    await castAll(jobs, 4, 1)
    await until(async () => (await messages()) === 0, 'all are done')
    eachRan(4, 2)
    expect(await jobs.inspect()).toMatchObject({ dead: 0, leftovers: 0, waiting: 0, inHand: 0 })
  })

  it('or has passed by are brought back after a start of the server, too', async () => {
    const connection = await deafened()
    const jobs = await open(connection, { ackWait: 600 })
    const allow = refusing(connection)
    const consumer = await consume(jobs)
    await until(async () => (await jobs.inspect()).asking > 0, 'it waits for casts')
    await edit('any', { filter_subject: 'genpool.q.jobs.nobody' })
    await castAll(jobs, 6)
    await server.kill('SIGTERM')
    await server.start()
    await countLooks()
    await until(() => consumer.inspect().trouble?.includes('edited') === true && looks > 2, 'it is named')
    expect(await asked(messages)).toBe(6)
    allow()
    await asked(() => jobs.cast({ type: 'work', id: '6' }, { id: '6' }))
    await until(async () => (await asked(messages)) === 0, 'all are done')
    eachRan(7)
  })

  it('are not deleted when the server is started again, and brought back when it lets the consumer be set back', async () => {
    const connection = await deafened()
    const jobs = await open(connection, { ackWait: 600 })
    const allow = refusing(connection)
    await consume(jobs)
    await edit('any', { max_deliver: 1 })
    await castAll(jobs, 4, 1)
    await until(async () => runs.size === 4 && (await jobs.inspect()).inHand === 0, 'they were given up')
    await server.kill('SIGTERM')
    await server.start()
    await asked(() => jobs.cast({ type: 'work', id: 'next' }))
    await until(() => runs.has('next'), 'it goes on')
    await countLooks()
    await looked(4)
    expect(await asked(messages)).toBe(4)
    allow()
    await until(async () => (await asked(messages)) === 0, 'all are done')
    runs.delete('next')
    eachRan(4, 2)
  })

  it('and were held back are neither deleted', async () => {
    const connection = await deafened()
    const jobs = await open(connection, { ackWait: 600 })
    refusing(connection)
    await consume(jobs)
    await edit('later', { max_deliver: 1 })
    // Given back until they are due, and not delivered again.
    await castAll(jobs, 6, 0, { delay: 6000 })
    await until(async () => (await jobs.inspect()).delayed === 0, 'they were given up')
    expect((await messages()) + runs.size).toBe(6)
    // What is done behind them raises the place up to which all counts as done.
    await jobs.cast({ type: 'work', id: 'next' }, { delay: 1 })
    await until(() => runs.delete('next'), 'it goes on')
    await server.kill('SIGTERM')
    await server.start()
    await asked(() => jobs.cast({ type: 'work', id: 'next' }, { delay: 1 }))
    await until(() => runs.delete('next'), 'it goes on')
    await countLooks()
    await looked(4)
    expect((await asked(messages)) + runs.size).toBe(6)
  })
})
