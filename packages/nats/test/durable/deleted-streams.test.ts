import { definePool, noReply, onEvent, spawnPool } from '@genpool/core'
import { durable, type Durable } from '@genpool/nats'
import { jetstreamManager, type JetStreamManager, type StreamState } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { start, stop } from 'nact'
import { explainQueue } from '../../src/durable/explain-consumer'
import { notDelivered } from '../../src/durable/trouble'
import { undelivered } from '../../src/durable/undelivered'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

const again = { reconnectTimeWait: 50, maxReconnectAttempts: -1 }
let server: NatsServer
let connection: NatsConnection
let operator: JetStreamManager
let system: ReturnType<typeof start>
beforeAll(async () => {
  server = await startJetStream()
  connection = await connectTo(server, again)
  operator = await jetstreamManager((await connectTo(server, again)) as never)
})
beforeEach(() => {
  system = start()
})
afterEach(() => stop(system))
afterAll(endJetStream)

const streamsOf = (name: string, kinds: readonly string[]): string[] => kinds.map((kind) => `genpool_${name}_${kind}`)
const ALL = ['dead', 'jobs', 'tries']
const remove = async (names: readonly string[]): Promise<void> => {
  for (const name of names) await operator.streams.delete(name)
}
/** A pool that consumes, and the ids of what has run. `gate`: what a run waits for. */
async function consuming(
  name: string,
  gate: () => Promise<void> | void = () => undefined,
  { ackWait = 60_000, timeout = 20_000 } = {},
) {
  const ran: string[] = []
  const behaviour = definePool({
    init: () => ({}),
    casts: {
      work: async (_: object, _state, ctx) => {
        ran.push(ctx.delivery!.id)
        await gate()
        return noReply()
      },
    },
  })
  const jobs: Durable = await durable(connection, {
    name,
    lanes: 4,
    ackWait,
    timeout,
    backoff: { initial: 50 },
  })
  const consumer = await jobs.consume(spawnPool(system, behaviour, `${name}-${Math.random()}`, { size: 4 }))
  return { jobs, consumer, ran }
}
const cast = (jobs: Durable, id: string, key?: string) =>
  jobs.cast({ type: 'work' }, { id, ...(key === undefined ? {} : { key }) })

describe('when the streams of a queue are deleted', () => {
  it.each([
    ['all', ALL],
    ['only that of the casts', ['jobs']],
  ])('while consumers wait, each cast that is stored later runs once: %s', async (what, kinds) => {
    const name = `wait-${kinds.length}`
    const { jobs, ran } = await consuming(name, undefined, { ackWait: 1000 })
    const second = await consuming(name, undefined, { ackWait: 1000 })
    const all = () => [...ran, ...second.ran]
    const ids: string[] = []
    for (let round = 0; round < 3; round++) {
      await remove(streamsOf(name, kinds))
      const some = Array.from({ length: 6 }, (_, i) => `${round}-${i}`)
      ids.push(...some)
      await Promise.all(some.map((id, i) => cast(jobs, id, i % 2 === 0 ? undefined : `key-${i}`)))
      await until(() => ids.every((id) => all().includes(id)), `${what}: all have run`, 10_000)
    }
    expect(all().filter((id, i, ids) => ids.indexOf(id) !== i)).toEqual([])
    await until(async () => (await jobs.inspect()).trouble === null, 'all are there again', 10_000)
    expect(await jobs.inspect()).toMatchObject({ waiting: 0, inHand: 0, undelivered: 0, leftovers: 0 })
  })

  it('while casts run, their late acknowledgements count for none of the new ones', async () => {
    let open = (): void => undefined
    let gate = new Promise<void>((resolve) => (open = resolve))
    const { jobs, ran } = await consuming('late', () => gate)
    for (const id of ['old-1', 'old-2']) await cast(jobs, id)
    await until(() => ran.length === 2, 'they run')
    await remove(streamsOf('late', ['jobs']))
    const stored = [await cast(jobs, 'new-1'), await cast(jobs, 'new-2'), await cast(jobs, 'new-3')]
    open()
    await until(() => ran.length === 5, 'the new ones run', 10_000)
    expect(ran).toEqual(['old-1', 'old-2', 'new-1', 'new-2', 'new-3'])
    // What they keep of the old ones, like a fence, is never greater.
    expect(Math.min(...stored.map(({ seq }) => seq))).toBeGreaterThan(1_000_000)
    gate = Promise.resolve()
  })

  it('that of the attempts alone, attempts are counted again', async () => {
    let isBad = true
    const { jobs, consumer, ran } = await consuming(
      'tries',
      () => {
        if (isBad) throw new Error('not now')
      },
      { ackWait: 1500, timeout: 3000 },
    )
    await remove(streamsOf('tries', ['tries']))
    await cast(jobs, 'one')
    await until(async () => consumer.inspect().again > 0, 'an attempt is written down', 30_000)
    isBad = false
    await until(() => consumer.inspect().done === 1, 'it is done', 30_000)
    expect(ran.length).toBeGreaterThan(1)
  })

  it('says so until they are there again', async () => {
    const { jobs, consumer } = await consuming('said')
    await remove(streamsOf('said', ['jobs']))
    await until(() => consumer.inspect().trouble !== null, 'it notices', 5000)
    expect(consumer.explain().text).toContain(
      'the stream "genpool_said_jobs" was deleted, with all that was stored there',
    )
    expect(consumer.explain().text).toContain('Cast again what is lost')
    await cast(jobs, 'one')
    await until(() => consumer.inspect().done === 1, 'it goes on', 10_000)
    expect(consumer.inspect().trouble).toBeNull()
  })

  it.each(ALL)('while nobody consumes, it is said at once, and what to do: %s', async (kind) => {
    const name = `alone-${kind}`
    const options = { name, lanes: 4, ackWait: 60_000 }
    const jobs: Durable = await durable(connection, options)
    await jobs.cast({ type: 'work' }, { key: 'a' })
    await remove(streamsOf(name, [kind]))
    const isLost = kind === 'jobs'
    expect(await jobs.inspect()).toMatchObject({
      waiting: isLost ? 0 : 1,
      dead: 0,
      trouble: `the stream "genpool_${name}_${kind}" was deleted, with all that was stored there`,
    })
    const { text } = await jobs.explain()
    expect(text).toContain('If there is none, open the queue again with durable(), or call jobs.consume(pool).')
    if (kind === 'dead') expect(await jobs.dead()).toEqual([])
    await durable(connection, options)
    expect(await jobs.inspect()).toMatchObject({ trouble: null })
    if (kind === 'dead') expect(await jobs.dead()).toEqual([])
  })

  it('that of the attempts, it is made again as soon as one is to be written down', async () => {
    const outcomes: string[] = []
    const off = onEvent('genpool:delivery', ({ outcome }) => outcomes.push(outcome))
    let isBad = true
    // Nobody looks at it for 20 s: a third of "ackWait".
    const { jobs, ran } = await consuming('at-once', () => {
      if (!isBad) return
      isBad = false
      throw new Error('not now')
    })
    await remove(streamsOf('at-once', ['tries']))
    await cast(jobs, 'one')
    await until(() => outcomes.includes('done'), 'it is done', 15_000)
    off()
    expect(ran).toEqual(['one', 'one'])
    expect(outcomes).toEqual(['again', 'done'])
  })

  it('and the process that made them again ended half-way, the next consumer goes on', async () => {
    await durable(connection, { name: 'half', lanes: 4, ackWait: 60_000 })
    const { config } = await operator.streams.info('genpool_half_jobs')
    await remove(streamsOf('half', ['jobs']))
    await operator.streams.add({ ...config, subjects: ['genpool.half.jobs.new'] })
    const { jobs, ran } = await consuming('half')
    await cast(jobs, 'one')
    await until(() => ran.length === 1, 'it runs', 10_000)
  })
})

describe('a stream whose files are gone', () => {
  const now = Date.parse('2026-01-01T00:00:10Z')
  const state = { messages: 2, first_seq: 7, first_ts: '2026-01-01T00:00:00Z' } as StreamState
  /** A server that has a first message, or has none, and says how far its stream is at the second look. */
  const serverWith = (message: object | null, after = state): JetStreamManager =>
    ({ streams: { getMessage: async () => message, info: async () => ({ state: after }) } }) as never

  it('counts messages that nobody can read', async () => {
    const names = { jobs: 'genpool_q_jobs' }
    expect(await undelivered(serverWith(null), names, { state, now })).toBe(2)
    expect(await undelivered(serverWith({}), names, { state, now })).toBe(0)
    // It was done meanwhile, or has just come.
    expect(await undelivered(serverWith(null, { ...state, first_seq: 8 }), names, { state, now })).toBe(0)
    expect(await undelivered(serverWith(null), names, { state, now: now - 6000 })).toBe(0)
  })

  it('is told of, with what to do', async () => {
    const { jobs } = await consuming('told')
    const seen = await jobs.inspect()
    const trouble = notDelivered('genpool_told_jobs', 2)
    const { text } = explainQueue({ ...seen, undelivered: 2, trouble })
    expect(text).toContain('the stream "genpool_told_jobs" holds 2 messages that the server does not deliver')
    expect(text).toContain('Delete that stream ("nats stream rm"): consumers make it again. Cast again what it held')
    expect(text).not.toContain('Nothing to do')
  })
})
