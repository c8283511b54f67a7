import { definePool, noReply, spawnPool } from '@genpool/core'
import { type Consumer, durable, type Durable } from '@genpool/nats'
import { jetstreamManager, type StreamConfig } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

/* Streams that do not take what consumers write down. */
const runs: string[] = []
const Work = definePool({
  casts: {
    work: ({ isBad }: { isBad: boolean }, _state, ctx) => {
      runs.push(ctx.delivery!.id)
      if (isBad) throw new Error('always')
      return noReply()
    },
  },
})
const OPTIONS = { name: 'q', lanes: 2, ackWait: 600, maxDeliver: 2, backoff: { initial: 20 }, timeout: 700 } as const
const NO_LETTERS = `{ user: noletters, password: x, permissions: { subscribe: "_INBOX.>", publish:
  ["genpool.q.jobs.>", "genpool.q.tries.>", "$JS.API.>", "$JS.ACK.>"] } }`
let server: NatsServer
let connection: NatsConnection
let system: ActorSystemRef
let pools = 0
let consumer: Consumer | undefined

beforeEach(async () => {
  const authorization = `authorization { users = [{ user: all, password: x }\n${NO_LETTERS}] }`
  server = await startJetStream(authorization)
  connection = await connectTo(server, { user: 'all', pass: 'x' })
  system = start()
  runs.length = 0
})
afterEach(async () => {
  await consumer?.stop({ within: 0 })
  consumer = undefined
  stop(system)
  await endJetStream()
})

const consume = async (jobs: Durable): Promise<Consumer> =>
  (consumer = await jobs.consume(spawnPool(system, Work, `work-${++pools}`, { size: 2 }) as never))
const edit = async (which: string, change: Partial<StreamConfig>): Promise<void> => {
  const jsm = await jetstreamManager(connection as never)
  await jsm.streams.update(`genpool_q_${which}`, change)
}
const says = (text: RegExp): Promise<void> =>
  until(() => text.test(consumer!.inspect().trouble ?? ''), `it says ${text}`)
const isWell = (): Promise<void> => until(() => consumer!.inspect().trouble === null, 'the trouble is over')

describe('a stream of dead letters that takes none', () => {
  const causes: readonly (readonly [string, Partial<StreamConfig>, RegExp, Partial<StreamConfig>])[] = [
    ['too small', { max_msg_size: 10 }, /message size exceeds maximum allowed \(10054\)\./, { max_msg_size: -1 }],
    ['other subjects', { subjects: ['other.>'] }, /nobody listens/, { subjects: ['genpool.q.dead.>'] }],
    ['no_ack', { no_ack: true }, /nothing is acknowledged/, { no_ack: false }],
  ]
  it.each(causes)('(%s) is told, and casts that died wait without a run until it does', async (_, bad, text, good) => {
    const jobs = await durable(connection, OPTIONS)
    await edit('dead', bad)
    await consume(jobs)
    for (const id of ['one', 'two']) await jobs.cast({ type: 'work', isBad: true }, { id, key: 'k' })
    await says(text)
    expect(consumer!.inspect().trouble).toMatch(/"genpool_q_dead" cannot be written: .* hold back those of their keys/)
    const { findings } = consumer!.explain()
    expect(findings[0]).toMatchObject({
      finding: 'unreachable',
      advice: expect.stringMatching(/nats stream edit/) as string,
    })
    expect((await jobs.explain()).text).toMatch(text)
    const { left } = consumer!.inspect()
    await until(() => consumer!.inspect().left > left, 'it was tried again')
    await says(text)
    expect(runs).toEqual(['one', 'one'])
    await edit('dead', good)
    await until(() => consumer!.inspect().dead === 2, 'both are letters')
    expect(runs).toEqual(['one', 'one', 'two', 'two'])
    expect((await jobs.dead()).map(({ id, attempts, reason }) => [id, attempts, reason])).toEqual([
      ['one', 2, 'always'],
      ['two', 2, 'always'],
    ])
    await isWell()
  })

  it('(a permission) is told, and another consumer makes letters of them', async () => {
    const all = await durable(connection, OPTIONS)
    const jobs = await durable(await connectTo(server, { user: 'noletters', pass: 'x' }), OPTIONS)
    await consume(jobs)
    await all.cast({ type: 'work', isBad: true }, { id: 'one' })
    await says(
      /"genpool_q_dead" cannot be written: NATS refuses it: Permissions Violation for Publish to "genpool.q.dead/,
    )
    expect(consumer!.explain().findings[0]).toMatchObject({ finding: 'unreachable' })
    await consumer!.stop()
    await consume(all)
    await until(async () => (await all.dead()).length === 1, 'it is a letter')
    expect(runs).toEqual(['one', 'one'])
  })
})

describe('a stream of casts that acknowledges none', () => {
  it('is named while a delayed cast cannot be moved, also if others are written down meanwhile', async () => {
    const jobs = await durable(connection, OPTIONS)
    await jobs.cast({ type: 'work', isBad: false }, { id: 'late', delay: 50 })
    await edit('jobs', { no_ack: true })
    await consume(jobs)
    await says(/"genpool_q_jobs" cannot be written: nothing is acknowledged.*"no_ack"/)
    expect(consumer!.explain().findings[0]).toMatchObject({ finding: 'unreachable' })
    await edit('jobs', { no_ack: false })
    await until(async () => (await jobs.inspect()).delayed === 0, 'it is moved')
    await isWell()
    expect(runs).toEqual(['late'])
  })
})

describe('a stream of attempts that takes none', () => {
  it('since it has other subjects is named, also by a consumer that looks at JetStream anew', async () => {
    const jobs = await durable(connection, OPTIONS)
    await consume(jobs)
    await edit('tries', { subjects: ['foreign.>'] })
    await jobs.cast({ type: 'work', isBad: true }, { id: 'one' })
    await says(/"genpool_q_tries" cannot be written: nobody listens\. It has other subjects/)
    // It looks whether all is there, and says the same.
    await until(() => consumer!.inspect().left > 0, 'its attempt was given up')
    await says(/"genpool_q_tries" cannot be written/)
    expect(consumer!.inspect().trouble).not.toContain('No server answers')
    await edit('tries', { subjects: ['genpool.q.tries.>'] })
    await until(() => consumer!.inspect().dead === 1, 'it is a letter')
    await isWell()
  })

  it('is told, and casts wait for their next attempt', async () => {
    const jobs = await durable(connection, OPTIONS)
    await consume(jobs)
    await jobs.cast({ type: 'work', isBad: false }, { id: 'first' })
    await until(() => consumer!.inspect().done === 1, 'one is done')
    await edit('tries', { max_msg_size: 30 })
    await jobs.cast({ type: 'work', isBad: true }, { id: 'one' })
    await says(/"genpool_q_tries" cannot be written: message size exceeds maximum allowed \(10054\)\. Casts may wait/)
    expect(consumer!.explain().calm).toBe(false)
    await edit('tries', { max_msg_size: -1 })
    await until(async () => (await jobs.dead()).length === 1, 'it has died')
    await isWell()
  })
})

describe('a stream of casts that takes none', () => {
  it('is told if casts with a delay cannot be moved', async () => {
    const jobs = await durable(connection, OPTIONS)
    await jobs.cast({ type: 'work', isBad: false, pad: 'x'.repeat(300) }, { id: 'one', delay: 200 })
    await edit('jobs', { max_msg_size: 150 })
    await consume(jobs)
    await says(/"genpool_q_jobs" cannot be written: message size exceeds .* "delay" wait/)
    expect((await jobs.explain()).calm).toBe(false)
    await edit('jobs', { max_msg_size: -1 })
    await until(() => consumer!.inspect().done === 1, 'it is done')
    await isWell()
  })
})

describe('a dead letter that is sent again', () => {
  it('may have been sent if nothing is acknowledged, and is sent once if that is tried again', async () => {
    const jobs = await durable(connection, OPTIONS)
    await consume(jobs)
    await jobs.cast({ type: 'work', isBad: true }, { id: 'one' })
    await until(async () => (await jobs.dead()).length === 1, 'it has died')
    await consumer!.stop()
    const [letter] = await jobs.dead()
    await edit('jobs', { no_ack: true })
    const error: unknown = await jobs.retry(letter!).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_UNREACHABLE', mayHaveRun: true })
    expect(String(error)).toMatch(/JetStream did not answer in time\. Try again: that does no harm/)
    await edit('jobs', { no_ack: false })
    expect(await jobs.retry(letter!)).toMatchObject({ duplicate: true })
    expect(await jobs.inspect()).toMatchObject({ waiting: 1, dead: 0 })
  })
})
