import { definePool, noReply, spawnPool } from '@genpool/core'
import { type Consumer, durable, type Durable } from '@genpool/nats'
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

/* Somebody gives the consumers of a queue a "max_deliver" at the server: it gives up what was delivered so often. */
const runs: string[] = []
const Work = definePool({
  casts: {
    /** Fails until it has run so often. */
    work: ({ id, fails }: { id: string; fails: number }) => {
      runs.push(id)
      if (runs.filter((each) => each === id).length <= fails) throw new Error('not yet')
      return noReply()
    },
  },
})
let server: NatsServer
let connection: NatsConnection
let jsm: JetStreamManager
let system: ActorSystemRef
let jobs: Durable
let consumers: Consumer[]

beforeEach(async () => {
  server = await startJetStream()
  connection = await connectTo(server)
  jsm = await jetstreamManager(connection as never)
  system = start()
  runs.length = 0
  consumers = []
  jobs = await durable(connection, OPTIONS)
})
afterEach(async () => {
  await Promise.all(consumers.map((consumer) => consumer.stop({ within: 0 })))
  stop(system)
  await endJetStream()
})

const OPTIONS = { name: 'q', lanes: 2, ackWait: 600, maxDeliver: 5, backoff: { initial: 20 } } as const
const consume = async (name: string): Promise<void> => {
  const queue = await durable(await connectTo(server), OPTIONS)
  consumers.push(await queue.consume(spawnPool(system, Work, name, { size: 2 }) as never))
}
const edit = (consumer: string) => jsm.consumers.update('genpool_q_jobs', consumer, { max_deliver: 1 })
const isEmpty = async (): Promise<boolean> => (await jsm.streams.info('genpool_q_jobs')).state.messages === 0
/** How many the server gave up. */
const givenUp = (): (() => number) => {
  let count = 0
  const callback = (): void => void count++
  connection.subscribe('$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.genpool_q_jobs.>', { callback })
  return () => count
}

describe('casts that the server gives up', () => {
  it('are brought back, and done once, by one of the processes that consume', async () => {
    const given = givenUp()
    await consume('one')
    await consume('two')
    for (const consumer of ['any', 'key-1', 'key-2']) await edit(consumer)
    const ids = ['a', 'b', 'c', 'd', 'e', 'f']
    for (const [i, id] of ids.entries()) {
      await jobs.cast({ type: 'work', id, fails: 1 }, i % 2 === 0 ? { id } : { id, key: id })
    }
    await until(() => given() > 0, 'the server gives up some')
    await until(isEmpty, 'all are done')
    expect(runs.sort()).toEqual(ids.flatMap((id) => [id, id]))
    expect(await jobs.inspect()).toMatchObject({ waiting: 0, inHand: 0, leftovers: 0, dead: 0 })
  })

  it('die if they fail as often as others do, since they were brought back', async () => {
    const given = givenUp()
    await consume('one')
    await edit('any')
    await jobs.cast({ type: 'work', id: 'a', fails: 1000 }, { id: 'a' })
    await until(async () => (await jobs.dead()).length === 1, 'it died')
    await until(isEmpty, 'it is gone from the queue')
    expect((await jobs.dead())[0]).toMatchObject({ id: 'a', attempts: 5 })
    // What it had before is lost with the place where it was.
    expect(given()).toBe(1)
    expect(runs).toHaveLength(6)
  })

  it('run if they were held back', async () => {
    const given = givenUp()
    await consume('one')
    await edit('later')
    // Longer than one process keeps it: it is given back to the server, and not delivered again.
    await jobs.cast({ type: 'work', id: 'a', fails: 0 }, { id: 'a', delay: 6000 })
    await until(() => given() > 0, 'the server gives it up')
    await until(isEmpty, 'it is done')
    expect(runs).toEqual(['a'])
  })
})
