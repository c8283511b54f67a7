import { spawnPool } from '@genpool/core'
import { type Consumer, durable, type Durable, type DurableOptions } from '@genpool/nats'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { deliveries, done, Mails, runs } from './mailbox'
import { endJetStream, startJetStream } from './jetstream'
import { connectTo, type NatsServer } from './server'
import { until } from './until'

/* A queue of mails and its consumers, on a server of their own. */
export { deliveries, done, Mails, runs } from './mailbox'

let server: NatsServer
export let connection: NatsConnection
export let system: ActorSystemRef
export const consumers: Consumer[] = []
let queues = 0

beforeAll(async () => {
  server = await startJetStream()
})
afterAll(async () => {
  await endJetStream()
})
beforeEach(async () => {
  connection = await connectTo(server, { reconnectTimeWait: 100, maxReconnectAttempts: -1 })
  system = start()
  done.length = deliveries.length = 0
  runs.most = 0
})
afterEach(async () => {
  await Promise.all(consumers.splice(0).map((consumer) => consumer.stop({ within: 0 })))
  stop(system)
})

export const open = (options: Partial<DurableOptions> = {}): Promise<Durable> =>
  durable(connection, { name: `q${++queues}`, storage: 'memory', lanes: 4, ...options })
export const consume = async (jobs: Durable, options: { size?: number; atMost?: number; timeout?: number } = {}) => {
  const { size = 4, ...rest } = options
  const pool = spawnPool(system, Mails, `pool-${consumers.length}-${queues}`, { size })
  const consumer = await jobs.consume(pool as never, rest)
  consumers.push(consumer)
  return consumer
}
export const doneAre = (count: number) => until(() => done.length >= count, `${count} done, but ${done.length}`)
