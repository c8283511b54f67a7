import { definePool, type DeliveryEvent, noReply, onEvent, spawnPool } from '@genpool/core'
import { type Consumer, durable, type Durable } from '@genpool/nats'
import { type ActorSystemRef, start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

/* Pools of which each works on one cast of a tenant at a time. */
let server: NatsServer
let system: ActorSystemRef
const ran: string[] = []
let open = (): void => undefined
let gate: Promise<void>
beforeAll(async () => {
  server = await startJetStream()
})
beforeEach(() => {
  system = start()
  ran.length = 0
  gate = new Promise((resolve) => (open = resolve))
})
afterEach(() => stop(system))
afterAll(endJetStream)

const consume = (jobs: Durable, name: string): Promise<Consumer> => {
  const Work = definePool({
    casts: {
      work: async ({ n }: { tenant: string; n: number }) => {
        ran.push(`${name} ${n}`)
        await gate
        return noReply()
      },
    },
  })
  const limits = { by: 'tenant', concurrency: 1 }
  return jobs.consume(spawnPool(system, Work as never, name, { size: 3, state: 'isolated', limits }) as never)
}

describe('casts that the limits of a pool hold back', () => {
  it.each(['without keys', 'of several keys'])('are given back, so another consumer runs them: %s', async (what) => {
    const told: DeliveryEvent[] = []
    const off = onEvent('genpool:delivery', (event) => told.push(event))
    const name = what.replace(/ /g, '-')
    const jobs: Durable = await durable(await connectTo(server), { name, ackWait: 600, lanes: 8 })
    const cast = (n: number) =>
      jobs.cast({ type: 'work', tenant: 'acme', n }, what === 'of several keys' ? { key: `key-${n}` } : {})
    const first = await consume(jobs, 'first')
    for (let n = 0; n < 3; n++) await cast(n)
    await until(() => first.inspect().inHand > 1, 'it has more than it can begin')
    expect(ran).toHaveLength(1)
    const second = await consume(jobs, 'second')
    await until(() => ran.length === 2, 'another one runs one of them')
    expect(ran.map((each) => each.split(' ')[0])).toEqual(['first', 'second'])
    expect(told).toContainEqual(
      expect.objectContaining({
        outcome: 'returned',
        reason: expect.stringContaining('it waited here') as string,
        retryInMs: 250,
      }),
    )
    open()
    await until(() => first.inspect().done + second.inspect().done === 3, 'all are done')
    off()
    // It was no attempt.
    expect(new Set(ran.map((each) => each.split(' ')[1])).size).toBe(3)
    expect(told.filter(({ outcome }) => outcome === 'done').map(({ attempt }) => attempt)).toEqual([1, 1, 1])
    await Promise.all([first, second].map((consumer) => consumer.stop()))
  })
})

describe('what holds casts back in a pool', () => {
  const Gated = definePool({
    casts: {
      work: async (_: { tenant: string }) => {
        await gate
        return noReply()
      },
    },
  })
  const explained = async (name: string, options: object, enough: (consumer: Consumer) => boolean) => {
    const jobs: Durable = await durable(await connectTo(server), { name, lanes: 4, ackWait: 60_000 })
    const pool = spawnPool(system, Gated as never, name, { size: 3, state: 'isolated', ...options })
    const consumer = await jobs.consume(pool as never)
    for (let n = 0; n < 4; n++) await jobs.cast({ type: 'work', tenant: 'acme' })
    await until(() => enough(consumer), 'it takes no more')
    const { findings, text } = consumer.explain()
    open()
    await consumer.stop({ within: 0 })
    return { findings, text }
  }

  it('is named with its option if it is a limit of keys, and not that members are missing', async () => {
    const limits = { by: 'tenant', concurrency: 1 }
    const isFull = (consumer: Consumer) => consumer.inspect().inHand === 3
    const { findings, text } = await explained('limited', { limits }, isFull)
    expect(findings).toMatchObject([{ finding: 'limits', option: 'limits.concurrency', figures: { inHand: 3 } }])
    expect(text).toContain('at most 1 of a key may run at once')
    expect(text).not.toContain('Add members')
  })

  it('is named with its option if it is the rate of all', async () => {
    const rate = { limit: 1, interval: 600_000 }
    const isShut = (consumer: Consumer) => consumer.inspect().closed === 'rate'
    const { findings, text } = await explained('rated', { rate }, isShut)
    expect(findings).toMatchObject([{ finding: 'rate', option: 'rate.limit' }])
    expect(text).toContain('Raise "rate.limit"')
    expect(text).not.toContain('Add members')
  })
})
