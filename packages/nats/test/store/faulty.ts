import { natsStore, type NatsStore, type NatsStoreOptions } from '@genpool/nats'
import type { NatsConnection } from '@nats-io/transport-node'
import { connectTo, type NatsServer } from '../support/server'
import { endJetStream, startJetStream } from '../support/jetstream'

export let server: NatsServer
let made = 0

beforeAll(async () => {
  server = await startJetStream()
})
afterAll(endJetStream)

export const newBucket = (): string => `faults-${made++}`
export const RECONNECTING = { reconnectTimeWait: 20, maxReconnectAttempts: -1 }
export const connected = (to: NatsServer | readonly NatsServer[] = server): Promise<NatsConnection> =>
  connectTo(to, RECONNECTING)
/** A store with a connection of its own, as another machine has it. */
export const machine = async (bucket: string, options: Partial<NatsStoreOptions> = {}): Promise<NatsStore> =>
  natsStore(await connected(), { bucket, initial: 0, timeout: 1000, ...options })
const add = (n: number): number => n + 1
export const up = async (store: NatsStore): Promise<number> => store.cell<number>('x').update(add)

/** Resolves when a reader of the store sees the value. */
export async function sees(store: NatsStore, value: number): Promise<void> {
  const cell = store.cell<number>('x')
  if (cell.value === value) return
  await new Promise<void>((resolve) => {
    const stop = cell.watch((now) => {
      if (now !== value) return
      stop()
      resolve()
    })
  })
}

/** Tries until it succeeds. Rejects with the last error if that takes too long. */
export async function until<T>(attempt: () => Promise<T>): Promise<T> {
  const end = performance.now() + 20_000
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
