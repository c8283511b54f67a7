import { natsStore, type NatsStoreOptions } from '@genpool/nats'
import { storeContract } from '@genpool/state-ane/testing'
import type { NatsConnection } from '@nats-io/transport-node'
import { connectTo } from '../support/server'
import { endJetStream, startJetStream } from '../support/jetstream'

let connection: NatsConnection
let made = 0

beforeAll(async () => {
  connection = await connectTo(await startJetStream())
})
afterAll(endJetStream)

/** Each law has a bucket of its own, with all cells in one entry: the contract has transactions. */
const oneEntry = (options: Partial<NatsStoreOptions>) =>
  natsStore(connection, { bucket: `law-${made++}`, storage: 'memory', entry: 'store', ...options })

describe('a store on NATS', () => {
  it.each(storeContract.map((law) => [law.name, law] as const))('%s', (_, law) => law.check(oneEntry), 120_000)
})
