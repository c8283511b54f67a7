import { spawnPool } from '@genpool/core'
import { durable } from '@genpool/nats'
import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { Mails } from '../support/mailbox'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

/* A consumer whose letters arrive, and whose acknowledgements do not: as if its process ended between the two. */
const NO_ACK = `{ user: noack, password: x, permissions: { subscribe: "_INBOX.>", publish: ["genpool.q.>", "$JS.API.>"] } }`
const OPTIONS = { name: 'q', lanes: 2, ackWait: 600, maxDeliver: 2, backoff: { initial: 20 }, timeout: 1500 } as const

let server: NatsServer
let system: ActorSystemRef
beforeEach(async () => {
  server = await startJetStream(`authorization { users = [{ user: all, password: x }\n${NO_ACK}] }`)
  system = start()
})
afterEach(async () => {
  stop(system)
  await endJetStream()
})

const as = (user: string): Promise<NatsConnection> => connectTo(server, { user, pass: 'x' })
const pool = (name: string) => spawnPool(system, Mails, name, { size: 2 }) as never
/** NATS knows for so short a time what it has stored that the second letter is no duplicate to it. */
const forgetSoon = async (connection: NatsConnection): Promise<void> => {
  const jsm = await jetstreamManager(connection as never)
  await jsm.streams.update('genpool_q_dead', { duplicate_window: 100_000_000 })
}

describe('a cast that died, and whose end the server does not know', () => {
  it('has one letter, however late it dies again elsewhere', async () => {
    const connection = await as('all')
    const jobs = await durable(connection, OPTIONS)
    await forgetSoon(connection)
    const first = await (await durable(await as('noack'), OPTIONS)).consume(pool('first'))
    connection.publish('genpool.q.jobs.any', 'no cast')
    await until(async () => (await jobs.dead()).length === 1, 'its letter is stored')
    await first.stop({ within: 0 })
    const second = await jobs.consume(pool('second'))
    await until(async () => (await jobs.inspect()).inHand + (await jobs.inspect()).waiting === 0, 'it is acknowledged')
    expect(second.inspect()).toMatchObject({ dead: 1 })
    expect(await jobs.dead()).toMatchObject([{ seq: 1, readable: false }])
    await second.stop()
  })

  it('has a letter of its own if there is one of another cast that had its place, in a stream that was made anew', async () => {
    const connection = await as('all')
    const jobs = await durable(connection, OPTIONS)
    const consumer = await jobs.consume(pool('consumer'))
    for (const count of [1, 2]) {
      connection.publish('genpool.q.jobs.any', 'no cast')
      await until(async () => (await jobs.dead()).length === count, 'its letter is stored')
    }
    // The next one will have the third place.
    const [letter] = await jobs.dead()
    const { data } = (await jetstreamManager(connection as never).then((jsm) =>
      jsm.streams.getMessage('genpool_q_dead', { seq: letter!.seq }),
    ))!
    connection.publish('genpool.q.dead.3', data)
    connection.publish('genpool.q.jobs.any', 'no cast')
    await until(async () => (await jobs.dead()).length === 4, 'the third one has a letter of its own')
    expect(new Set((await jobs.dead()).map(({ storedAt }) => storedAt.getTime())).size).toBe(3)
    await consumer.stop()
  })
})
