import { definePool, type Delivery, noReply, spawnPool } from '@genpool/core'
import { type Consumer, durable, type Durable, type DurableOptions } from '@genpool/nats'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { setTimeout as sleep } from 'node:timers/promises'
import { endJetStream, startJetStream } from './jetstream'
import { connectTo, type NatsServer } from './server'
import { until } from './until'

/* A queue of mails and its consumers, on a server of their own. */
export interface Mail {
  readonly to: string
  readonly ms?: number
}

export const done: string[] = []
export const deliveries: Delivery[] = []
let running = 0
export let most = 0
export const Mails = definePool({
  init: () => null,
  casts: {
    send: async ({ to, ms = 0 }: Mail, _state, ctx) => {
      running++
      most = Math.max(most, running)
      try {
        // Until its time is over, or it is aborted: an abort is no failure of these.
        if (ms > 0) await sleep(ms, undefined, { signal: ctx.signal }).catch(() => undefined)
        if (to.startsWith('fail')) throw new Error(`no mailbox "${to}"`)
        if (to.startsWith('second') && ctx.delivery!.attempt === 1) throw new Error('not yet')
        deliveries.push(ctx.delivery!)
        done.push(to)
        return noReply()
      } finally {
        running--
      }
    },
  },
})

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
  most = 0
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
