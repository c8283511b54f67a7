import { definePool, noReply, spawnPool } from '@genpool/core'
import { durable } from '@genpool/nats'
import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

/* One that may move delayed casts, and whose server never hears that it did: as if its process ended between the two. */
const MOVER = `{ user: mover, password: x, permissions: { subscribe: "_INBOX.>", publish: { allow: ">", deny: "$JS.ACK.*.later.>" } } }`
const OPTIONS = {
  name: 'q',
  lanes: 2,
  ackWait: 600,
  maxDeliver: 3,
  backoff: { initial: 20 },
  timeout: 1500,
}

let server: NatsServer
let system: ActorSystemRef
beforeEach(async () => {
  server = await startJetStream(`authorization { users = [{ user: all, password: x }\n${MOVER}] }`)
  system = start()
  runs.length = 0
})
afterEach(async () => {
  stop(system)
  await endJetStream()
})

const runs: { readonly n: number; readonly seq: number; readonly attempt: number }[] = []
const Work = definePool({
  casts: {
    work: ({ n, fails = 0 }: { n: number; fails?: number }, _state, ctx) => {
      const { seq, attempt } = ctx.delivery!
      runs.push({ n, seq, attempt })
      if (attempt <= fails) throw new Error('not yet')
      return noReply()
    },
  },
})
const as = (user: string): Promise<NatsConnection> =>
  connectTo(server, { user, pass: 'x', reconnectTimeWait: 50, maxReconnectAttempts: -1 })
const queueOf = async (user: string) => durable<typeof Work>(await as(user), OPTIONS)
const pool = (name: string) => spawnPool(system, Work, name, { size: 4 })
/** Moves what is due again and again, and takes nothing. */
const moveTwice = async (): Promise<void> => {
  const mover = await (await queueOf('mover')).consume(pool('mover'), { atMost: 1 })
  const jobs = await queueOf('all')
  const { streams } = await jetstreamManager((await as('all')) as never)
  // So short that what is moved again is no duplicate to it.
  const { config } = await streams.info('genpool_q_jobs')
  await streams.update(config.name, { ...config, duplicate_window: 100_000_000 })
  const stored = async () => (await streams.info('genpool_q_jobs')).state.last_seq
  const before = await stored()
  const { delayed } = await jobs.inspect()
  await until(async () => (await stored()) >= before + 2 * delayed, 'all were moved twice')
  await mover.stop({ within: 0 })
}

describe('a delayed cast that was moved twice', () => {
  it.each([undefined, 'k'])('runs once, with the key %s', async (key) => {
    const jobs = await queueOf('all')
    const given = key === undefined ? {} : { key }
    for (let n = 0; n < 5; n++) await jobs.cast({ type: 'work', n }, { delay: 1, ...given })
    await moveTwice()
    const consumer = await jobs.consume(pool('all'))
    await until(async () => {
      const { waiting, inHand, delayed } = await jobs.inspect()
      return waiting + inHand + delayed === 0
    }, 'all is done')
    expect(runs.map(({ n }) => n).sort()).toEqual([0, 1, 2, 3, 4])
    expect(consumer.inspect().copies).toBeGreaterThanOrEqual(1)
    await consumer.stop()
  })

  it('has all attempts of the copy that began', async () => {
    const jobs = await queueOf('all')
    await jobs.cast({ type: 'work', n: 1, fails: 2 }, { delay: 1 })
    await moveTwice()
    const consumer = await jobs.consume(pool('all'))
    await until(() => consumer.inspect().done === 1, 'it is done')
    await until(async () => {
      const { waiting, inHand, delayed } = await jobs.inspect()
      return waiting + inHand + delayed === 0
    }, 'nothing is left')
    expect(new Set(runs.map(({ seq }) => seq)).size).toBe(1)
    expect(runs.map(({ attempt }) => attempt)).toEqual([1, 2, 3])
    await consumer.stop()
  })
})
