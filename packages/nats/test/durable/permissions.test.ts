import { durable } from '@genpool/nats'
import { spawnPool } from '@genpool/core'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { done, Mails } from '../support/mailbox'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

const OWN = 'genpool.q.>'
const API = '$JS.API.>'
const ACK = '$JS.ACK.>'
const user = (name: string, publish: readonly string[], subscribe = '_INBOX.>'): string =>
  `{ user: ${name}, password: x, permissions: { publish: ${JSON.stringify(publish)}, subscribe: "${subscribe}" } }`
const USERS = [
  user('all', [OWN, API, ACK]),
  user('noown', [API, ACK]),
  user('noapi', [OWN]),
  user('noack', [OWN, API]),
  user('nocast', ['genpool.q.tries.>', API, ACK]),
  `{ user: nodelete, password: x, permissions: { publish: { allow: ">", deny: "$JS.API.STREAM.MSG.DELETE.>" } } }`,
  user('noinbox', [OWN, API, ACK], 'nothing'),
  user('nonext', [OWN, '$JS.API.INFO', '$JS.API.STREAM.>', '$JS.API.CONSUMER.LIST.>', ACK]),
]

let server: NatsServer
let system: ActorSystemRef
beforeEach(async () => {
  server = await startJetStream(`authorization { users = [${USERS.join('\n')}] }`)
  system = start()
  done.length = 0
})
afterEach(async () => {
  stop(system)
  await endJetStream()
})

const as = (name: string): Promise<NatsConnection> => connectTo(server, { user: name, pass: 'x' })
const options = { name: 'q', lanes: 2, ackWait: 600, maxDeliver: 3, backoff: { initial: 20 }, timeout: 1500 }
const pool = () => spawnPool(system, Mails, 'mails', { size: 2 }) as never

describe('an account that lacks a permission', () => {
  it.each([
    ['noown', 'Publish to "genpool.q.'],
    ['noapi', 'Publish to "$JS.API.'],
    ['noinbox', 'Subscription to "_INBOX.'],
  ])('%s: opening the queue fails, and says which one', async (name, permission) => {
    await durable(await as('all'), options)
    const refused = await durable(await as(name), options).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'ERR_GENPOOL_UNREACHABLE', mayHaveRun: false })
    expect(String(refused)).toContain(`NATS refuses it: Permissions Violation for ${permission}`)
  })

  it('to store: a cast fails at once, and is certainly not stored', async () => {
    const jobs = await durable(await as('nocast'), options)
    const refused = await jobs.cast({ type: 'send', to: 'ann' }).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'ERR_GENPOOL_UNREACHABLE', mayHaveRun: false })
    expect(String(refused)).toMatch(/Permissions Violation for Publish to "genpool.q.jobs.any".*The cast is not stored/)
    expect(await jobs.inspect()).toMatchObject({ waiting: 0 })
  })

  it('to acknowledge: a consumer takes no more than it had asked for, and says what is missing', async () => {
    const all = await durable(await as('all'), options)
    await all.cast({ type: 'send', to: 'ann' })
    const jobs = await durable(await as('noack'), options)
    const consumer = await jobs.consume(pool())
    await until(() => consumer.inspect().trouble !== null, 'it says so')
    expect(consumer.inspect().trouble).toMatch(/Violation for Publish to "\$JS\.ACK\..*may publish to "\$JS\.ACK\.>"/)
    expect(consumer.explain()).toMatchObject({ calm: false, findings: [{ finding: 'unreachable' }] })
    expect(consumer.inspect().asked).toBe(0)
    expect(consumer.explain().text).toContain('Give the account of this connection the permission')
    // Who looks at the queue in this process sees it, too; elsewhere nobody knows, but it is named.
    expect((await jobs.inspect()).trouble).toBe(consumer.inspect().trouble)
    expect((await jobs.explain()).text).toMatch(/may publish to "\$JS\.ACK\.>"/)
    // Another one that may acknowledge does it.
    await (await all.consume(spawnPool(system, Mails, 'allowed', { size: 2 }) as never)).inspect()
    await until(async () => (await all.inspect()).inHand === 0, 'it is acknowledged')
    expect(done).toEqual(['ann', 'ann'])
    expect(consumer.inspect().trouble).not.toBeNull()
    await consumer.stop()
    expect(await jobs.inspect()).toMatchObject({ trouble: null })
  })

  it('to ask for casts: a consumer says so', async () => {
    const all = await durable(await as('all'), options)
    const consumer = await (await durable(await as('nonext'), options)).consume(pool())
    await until(() => consumer.inspect().trouble !== null, 'it says so')
    expect(consumer.explain().text).toMatch(
      /Publish to "\$JS\.API\.CONSUMER\.MSG\.NEXT\..*may publish to "\$JS\.API\.>"/,
    )
    await all.cast({ type: 'send', to: 'ann' })
    expect(await all.inspect()).toMatchObject({ waiting: 1 })
    await consumer.stop()
  })

  it('to delete: a dead letter that is sent again says that it is, and that the letter is still there', async () => {
    const all = await durable(await as('all'), { ...options, maxDeliver: 1 })
    const mails = pool()
    const first = await all.consume(mails)
    await all.cast({ type: 'send', to: 'fail' })
    await until(async () => (await all.dead()).length === 1, 'it died')
    // Who begins it would delete its letter.
    await first.stop()
    const jobs = await durable(await as('nodelete'), { ...options, maxDeliver: 1 })
    const [letter] = await jobs.dead()
    const refused = await jobs.retry(letter!).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'ERR_GENPOOL_UNREACHABLE', mayHaveRun: true })
    expect(String(refused)).toMatch(
      /letter 1 is stored again, but the letter could not be deleted: .*MSG\.DELETE.*discard\(\)/,
    )
    expect(String(refused)).not.toContain('was not run')
    const consumer = await all.consume(mails)
    await until(() => consumer.inspect().dead === 1, 'it ran again, and died')
    await consumer.stop()
  })

  it('goes on when it is given', async () => {
    const jobs = await durable(await as('noack'), options)
    await jobs.cast({ type: 'send', to: 'ann' })
    const consumer = await jobs.consume(pool())
    await until(() => consumer.inspect().trouble !== null, 'it says so')
    await server.configure((config) => config.replace(user('noack', [OWN, API]), user('noack', [OWN, API, ACK])))
    await until(async () => (await jobs.inspect()).inHand === 0, 'it is acknowledged')
    await until(() => consumer.inspect().trouble === null, 'the trouble is over')
    await jobs.cast({ type: 'send', to: 'ben' })
    await until(() => done.includes('ben'), 'it goes on')
    await consumer.stop()
  })
})
