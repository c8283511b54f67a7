import { type Delivery, definePool, noReply, spawnPool } from '@genpool/core'
import { durable, natsStore, type NatsStore } from '@genpool/nats'
import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo } from '../support/server'
import { until } from '../support/until'

const QUEUE = { name: 'prices', lanes: 1, ackWait: 60_000 }
type Prices = Readonly<Record<string, { readonly by: string; readonly seq: number }>>

let connection: NatsConnection
let store: NatsStore
beforeAll(async () => {
  connection = await connectTo(await startJetStream())
  store = await natsStore(connection, { bucket: 'prices' })
})
afterAll(async () => {
  store.destroy()
  await endJetStream()
})

/** The server has lost all that it knew of deliveries, as a server of a cluster may that becomes the leader. */
async function forgetDeliveries(): Promise<void> {
  const { consumers } = await jetstreamManager(connection as never)
  const { config } = await consumers.info('genpool_prices_jobs', 'key-1')
  await consumers.delete('genpool_prices_jobs', 'key-1')
  await consumers.add('genpool_prices_jobs', config)
}

/** A consumer like one of another machine. Its runs wait for `until`, and keep the fence that the guide shows. */
async function consumerOf(by: string, until: Promise<void>) {
  const deliveries: Delivery[] = []
  const behaviour = definePool({
    init: (): Prices => ({}),
    casts: {
      set: async (_message: { by?: string }, _state, ctx) => {
        const { key, seq } = ctx.delivery!
        deliveries.push(ctx.delivery!)
        await until
        return noReply((prices) => (seq > (prices[key!]?.seq ?? 0) ? { ...prices, [key!]: { by, seq } } : prices))
      },
    },
  })
  const system = start()
  const pool = spawnPool(system, behaviour, by, { size: 1, state: { type: 'shared', store, key: 'prices' } })
  const jobs = await durable<typeof behaviour>(connection, QUEUE)
  const consumer = await jobs.consume(pool)
  const end = async (): Promise<void> => {
    await consumer.stop({ within: 0 })
    stop(system)
  }
  return { jobs, deliveries, done: () => consumer.inspect().done, end }
}

describe('a fence that keeps the last "seq" of each key', () => {
  it('refuses the late commit of a run, also if the server has forgotten that run and counts from 1 again', async () => {
    let goOn!: () => void
    const late = await consumerOf('late', new Promise((resolve) => (goOn = resolve)))
    await late.jobs.cast({ type: 'set' }, { key: 'k' })
    await until(() => late.deliveries.length === 1, 'it has begun')
    await forgetDeliveries()
    const other = await consumerOf('other', Promise.resolve())
    await until(() => other.done() === 1, 'it was done elsewhere')
    goOn()
    await until(() => late.done() === 1, 'the late run has ended')
    const [first] = late.deliveries
    // The number of the attempt tells nothing here.
    expect(other.deliveries).toEqual([{ ...first, attempt: 1 }])
    expect(await store.fresh('prices')).toEqual({ k: { by: 'other', seq: first!.seq } })
    await Promise.all([late.end(), other.end()])
  })
})
