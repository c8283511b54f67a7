import { definePool, type DeliveryEvent, noReply, onEvent, spawnPool } from '@genpool/core'
import { durable } from '@genpool/nats'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

/* A consumer that cannot tell the server when a cast is to come again: as if its process ended just before. */
const NO_ACK = `{ user: noack, password: x, permissions: { subscribe: "_INBOX.>", publish: ["genpool.q.>", "$JS.API.>"] } }`
const BACKOFF = 3000

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

describe('the wait between two attempts', () => {
  it.each([
    ['with a key', { key: 'k' }],
    ['without a key', {}],
  ])('is kept if the cast comes again earlier, since the server has not heard of it: %s', async (_, how) => {
    const times: number[] = []
    const attempts: number[] = []
    const Work = definePool({
      init: () => null,
      casts: {
        work: (_message: object, _state, ctx) => {
          times.push(performance.now())
          attempts.push(ctx.delivery!.attempt)
          if (times.length < 3) throw new Error('not yet')
          return noReply()
        },
      },
    })
    const told: Partial<DeliveryEvent>[] = []
    const off = onEvent('genpool:delivery', (event) => told.push(event))
    const options = { name: 'q', lanes: 2, ackWait: 500, maxDeliver: 3, backoff: { initial: BACKOFF, factor: 1 } }
    const as = (user: string): Promise<NatsConnection> => connectTo(server, { user, pass: 'x' })
    const jobs = await durable(await as('all'), options)
    const deaf = await (
      await durable(await as('noack'), options)
    ).consume(spawnPool(system, Work, 'deaf', { size: 1 }) as never)
    await jobs.cast({ type: 'work' }, how)
    await until(() => told.some(({ outcome }) => outcome === 'again'), 'the first attempt has failed')
    const failedAt = performance.now()
    const next = await jobs.consume(spawnPool(system, Work, 'next', { size: 1 }) as never)
    await until(() => times.length === 2, 'it is tried again')
    // By the clock of the server, which nobody knows exactly.
    expect(times[1]! - failedAt).toBeGreaterThan(BACKOFF - 400)
    await until(() => next.inspect().done === 1, 'it is done')
    off()
    expect(attempts).toEqual([1, 2, 3])
    const early = told.filter(({ outcome }) => outcome === 'returned')
    expect(early.length).toBeGreaterThan(0)
    expect(early[0]).toMatchObject({ reason: expect.stringContaining('"backoff"') as string, attempt: 2 })
    await deaf.stop({ within: 0 })
    await next.stop()
  })
})
