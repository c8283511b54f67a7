import { definePool, noReply, spawnPool } from '@genpool/core'
import { durable, natsStore } from '@genpool/nats'
import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { start, stop } from 'nact'
import { type Fault, makeFaulty } from './support/faulty-api'
import { endJetStream, startJetStream, startJetStreamCluster } from './support/jetstream'
import { connectTo, type NatsServer } from './support/server'
import { until } from './support/until'

let server: NatsServer
let names = 0

beforeAll(async () => {
  server = await startJetStream()
})
afterAll(endJetStream)

const connections = (count: number, of: readonly NatsServer[]): Promise<NatsConnection[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => connectTo(of[i % of.length]!)))
const error = (err_code: number, description: string, code = 400): Fault => ({ code, err_code, description })

/** What JetStream says to whoever makes something that another one makes at the same time, or while it elects a leader. */
const FAULTS: readonly Fault[] = [
  error(10058, 'stream name already in use with a different configuration'),
  error(10065, 'subjects overlap with an existing stream'),
  error(10013, 'consumer name already in use'),
  error(10148, 'consumer already exists'),
  error(10008, 'JetStream system temporarily unavailable', 503),
  error(10009, 'JetStream cluster can not handle request', 500),
  'no answer',
]
/** Each of them, if another process has made it meanwhile, and if not. */
const CASES = FAULTS.flatMap((fault) =>
  ['there', 'missing'].map((then) => [typeof fault === 'string' ? fault : fault.description, then, fault] as const),
)

describe.each(CASES)('"%s", and what is made is %s then', (_, then, fault) => {
  it('does not keep a store from opening', async () => {
    const nc = await connectTo(server)
    const failed = makeFaulty(nc, fault, then === 'there')
    const store = await natsStore(nc, { bucket: `once-${++names}`, initial: 0, storage: 'memory' })
    expect(failed()).toBeGreaterThanOrEqual(3)
    expect(await store.cell<number>('a').update((n) => n + 1)).toBe(1)
    store.destroy()
  })

  it('keeps neither a queue from opening nor its consumer from starting', async () => {
    const nc = await connectTo(server)
    const name = `once-${++names}`
    const opening = makeFaulty(nc, fault, then === 'there')
    const jobs = await durable(nc, { name, lanes: 2, storage: 'memory' })
    expect(opening()).toBeGreaterThanOrEqual(4)
    // What is missing is made again.
    await (await jetstreamManager(await connectTo(server))).streams.delete(`genpool_${name}_jobs`)
    const starting = makeFaulty(nc, fault, then === 'there')
    const system = start()
    const pool = spawnPool(system, definePool({ casts: { any: () => noReply() } }), 'pool')
    const consumer = await jobs.consume(pool as never)
    expect(starting()).toBeGreaterThanOrEqual(4)
    await jobs.cast({ type: 'any' })
    await until(() => consumer.inspect().done === 1, 'it is done')
    await consumer.stop()
    stop(system)
  })
})

describe('what stays as it is', () => {
  it('is told in the words of JetStream: another stream has the subjects', async () => {
    const nc = await connectTo(server)
    await (await jetstreamManager(nc)).streams.add({ name: 'other', subjects: ['$KV.taken.>', 'genpool.taken.>'] })
    const message = expect.stringContaining('subjects overlap with an existing stream') as string
    const unreachable = { code: 'ERR_GENPOOL_UNREACHABLE', mayHaveRun: false, message }
    await expect(natsStore(nc, { bucket: 'taken', timeout: 300 })).rejects.toMatchObject(unreachable)
    await expect(durable(nc, { name: 'taken', timeout: 300 })).rejects.toMatchObject(unreachable)
  })
})

describe('many processes that open the same at once', () => {
  it('all open it, on one server', async () => {
    const many = await connections(16, [server])
    for (let i = 0; i < 10; i++) {
      const bucket = `many-${++names}`
      const stores = await Promise.all(many.map((nc) => natsStore(nc, { bucket, storage: 'memory' })))
      for (const store of stores) store.destroy()
      await Promise.all(many.map((nc) => durable(nc, { name: bucket, lanes: 2, storage: 'memory' })))
    }
  }, 60_000)

  it.each([1, 3])(
    'all open it, on a cluster that has just started and elects its leaders (%d replicas)',
    async (replicas) => {
      const many = await connections(9, await startJetStreamCluster())
      const shared = { replicas, timeout: 60_000 }
      const stores = await Promise.all(many.map((nc) => natsStore(nc, { bucket: 'many', initial: 0, ...shared })))
      const queues = await Promise.all(many.map((nc) => durable(nc, { name: 'many', lanes: 2, ...shared })))
      await Promise.all(stores.map((store) => store.cell<number>('a').update((n) => n + 1)))
      expect(await stores[0]!.fresh('a')).toBe(9)
      await Promise.all(queues.map((jobs) => jobs.cast({ type: 'any' })))
      // The leader of the consumer, on another server, may count the last one a moment later.
      await until(async () => (await queues[0]!.inspect()).waiting === 9, 'all nine wait')
      for (const store of stores) store.destroy()
    },
    120_000,
  )
})
