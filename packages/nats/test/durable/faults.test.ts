import { definePool, noReply, resume, spawnPool } from '@genpool/core'
import { durable, type Durable } from '@genpool/nats'
import type { NatsConnection } from '@nats-io/transport-node'
import { start, stop } from 'nact'
import { Effects } from '../support/effects'
import { endJetStream, startJetStream } from '../support/jetstream'
import { repeated } from '../support/load'
import { endNodes, type NodeProcess, startNodes } from '../support/processes'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

const ackWait = 1500
let server: NatsServer
let connection: NatsConnection
let effects: Effects

beforeAll(async () => {
  server = await startJetStream()
  connection = await connectTo(server, { reconnectTimeWait: 50, maxReconnectAttempts: -1 })
  effects = await new Effects(connection).open()
})
afterEach(endNodes)
afterAll(async () => {
  await endJetStream()
})

const open = (name: string): Promise<Durable> =>
  durable(connection, { name, lanes: 4, ackWait, maxDeliver: 3, backoff: { initial: 20 }, timeout: 20_000 })
const consumers = (name: string, count: number, runMs = 5): Promise<NodeProcess[]> =>
  startNodes(count, { servers: [server], name, size: 4, runMs, ackWait }, 'consumer-process.ts')
const castAll = (jobs: Durable, count: number, keyOf?: (n: number) => string) =>
  Promise.all(
    Array.from({ length: count }, (_, n) =>
      jobs.cast({ type: 'work', n }, { id: `id-${n}`, ...(keyOf === undefined ? {} : { key: keyOf(n) }) }),
    ),
  )
const numbers = async (name: string): Promise<number[]> => (await effects.all(name)).map(Number)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)
const sorted = (list: readonly number[]): number[] => [...list].sort((a, b) => a - b)
const rest = (jobs: Durable) =>
  until(async () => {
    const { waiting, inHand, delayed } = await jobs.inspect()
    return waiting + inHand + delayed === 0
  }, 'nothing waits and nothing is in hand')

describe('400 casts, and three processes', () => {
  it('of which one is killed: all are done, and none twice in effect', async () => {
    const jobs = await open('kill')
    await castAll(jobs, 400)
    const processes = await consumers('kill', 3, 20)
    await until(async () => (await effects.count('kill')) > 60, 'some are done')
    await processes[0]!.kill('SIGKILL')
    await rest(jobs)
    expect(sorted(await numbers('kill'))).toEqual(upTo(400))
    expect(await jobs.dead()).toEqual([])
    // Those that the killed one had in hand ran again; no others did.
    const ran = processes.flatMap((each) => each.ran())
    expect(repeated(ran).length).toBeLessThanOrEqual(4)
    expect(processes[1]!.ran().length).toBeGreaterThan(50)
  })

  it('of which each is killed once and started again, while casts come: all are done', async () => {
    const jobs = await open('rolling')
    let processes = await consumers('rolling', 3)
    const casts = castAll(jobs, 400, (n) => `key-${n % 10}`)
    for (let i = 0; i < 3; i++) {
      const before = await effects.count('rolling')
      await until(async () => (await effects.count('rolling')) >= Math.min(390, before + 40), 'some more are done')
      await processes[0]!.kill('SIGKILL')
      processes = [...processes.slice(1), ...(await consumers('rolling', 1))]
    }
    await casts
    await rest(jobs)
    const done = await numbers('rolling')
    expect(sorted(done)).toEqual(upTo(400))
    // Each key in its order, whoever ran it.
    for (let key = 0; key < 10; key++) {
      const own = done.filter((n) => n % 10 === key)
      expect(own).toEqual(sorted(own))
    }
  })

  it('of which one stands still for longer than its casts are its own: others do them, and none twice in effect', async () => {
    const jobs = await open('frozen')
    const processes = await consumers('frozen', 2, 20)
    await castAll(jobs, 100, (n) => (n % 2 === 0 ? 'even' : `odd-${n}`))
    await until(() => processes[0]!.ran().length > 5, 'it has some')
    processes[0]!.signal('SIGSTOP')
    await rest(jobs)
    processes[0]!.signal('SIGCONT')
    await jobs.cast({ type: 'work', n: 100 }, { id: 'id-100' })
    await until(async () => (await effects.count('frozen')) === 101, 'the last one is done')
    const done = await numbers('frozen')
    expect(sorted(done)).toEqual(upTo(101))
    const even = done.filter((n) => n % 2 === 0 && n < 100)
    expect(even).toEqual(sorted(even))
  })

  it('that came while the process stood still are left to others, and do not run here when it goes on', async () => {
    const jobs = await open('socket')
    const [still] = await consumers('socket', 1)
    await jobs.cast({ type: 'work', n: 0 }, { id: 'id-0' })
    await until(async () => (await effects.count('socket')) === 1, 'it works')
    still!.signal('SIGSTOP')
    for (const n of [1, 2, 3]) await jobs.cast({ type: 'work', n }, { id: `id-${n}`, key: 'k' })
    await until(async () => (await jobs.inspect()).inHand > 0, 'one has come to it')
    await consumers('socket', 1)
    await rest(jobs)
    still!.signal('SIGCONT')
    for (let n = 4; n < 24; n++) await jobs.cast({ type: 'work', n }, { id: `id-${n}` })
    await until(async () => (await effects.count('socket')) === 24, 'all are done')
    await until(() => still!.ran().some((n) => Number(n) > 3), 'it works again')
    expect(still!.ran().filter((n) => [1, 2, 3].includes(Number(n)))).toEqual([])
    expect(await numbers('socket')).toEqual(expect.arrayContaining([1, 2, 3]))
  })

  it('that are told to stop hand over at once, and lose nothing', async () => {
    const jobs = await open('gentle')
    const processes = await consumers('gentle', 2, 10)
    await castAll(jobs, 200)
    await until(async () => (await effects.count('gentle')) > 20, 'some are done')
    await processes[0]!.kill('SIGTERM')
    await rest(jobs)
    expect(sorted(await numbers('gentle'))).toEqual(upTo(200))
    expect(repeated(processes.flatMap((each) => each.ran()))).toEqual([])
  })
})

describe('a cast that ends each process that runs it', () => {
  const mustBeDead = async (jobs: Durable): Promise<void> => {
    const letters = await jobs.dead()
    expect(letters).toMatchObject([{ id: 'p', attempts: 3, message: { type: 'poison' } }])
    expect(letters[0]!.history.map(({ attempt }) => attempt)).toEqual([1, 2, 3])
    expect(letters[0]!.reason).toContain('its process ended')
  }

  it('is a dead letter in the end, which says so, and stops no other', async () => {
    const jobs = await open('poison')
    const processes = await consumers('poison', 4)
    await jobs.cast({ type: 'poison' }, { id: 'p' })
    await castAll(jobs, 50)
    await until(async () => (await jobs.dead()).length > 0, 'it is dead')
    await rest(jobs)
    await mustBeDead(jobs)
    expect(processes.filter((each) => each.hasEnded)).toHaveLength(3)
    expect(sorted(await numbers('poison'))).toEqual(upTo(50))
  })

  it('is the only dead letter, though the one process that is started again each time loses others with it', async () => {
    const jobs = await open('lonely')
    await jobs.cast({ type: 'poison' }, { id: 'p' })
    await castAll(jobs, 20)
    for (let i = 0; i < 3; i++) {
      const [process] = await consumers('lonely', 1)
      await process!.ended
    }
    const [last] = await consumers('lonely', 1)
    await rest(jobs)
    await mustBeDead(jobs)
    expect(last!.hasEnded).toBe(false)
    expect(sorted(await numbers('lonely'))).toEqual(upTo(20))
  })
})

describe('a server that is killed and started again', () => {
  it('loses no cast that was stored, and consumers go on', async () => {
    const jobs = await open('restart')
    await consumers('restart', 2)
    const casts = castAll(jobs, 300)
    await until(async () => (await effects.count('restart')) > 30, 'some are done')
    await server.kill()
    await server.start()
    const stored = await casts
    expect(stored).toHaveLength(300)
    await rest(jobs)
    expect(sorted(await numbers('restart'))).toEqual(upTo(300))
    expect(await jobs.dead()).toEqual([])
  })

  it('is waited for: a cast is stored when it is back, or says that it may be', async () => {
    const jobs = await open('away')
    const short = await durable(connection, { name: 'away', lanes: 4, ackWait, timeout: 300 })
    await server.kill()
    const patient = jobs.cast({ type: 'work', n: 1 }, { id: 'patient' })
    await expect(short.cast({ type: 'work', n: 2 }, { id: 'short' })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_UNREACHABLE',
      message: expect.stringContaining('"short"') as string,
    })
    await server.start()
    expect(await patient).toMatchObject({ duplicate: expect.any(Boolean) as boolean })
  })

  it('that has forgotten its streams gets them again', async () => {
    const system = start()
    const seen: number[] = []
    const Work = definePool({ init: () => 0, casts: { work: ({ n }: { n: number }) => (seen.push(n), noReply()) } })
    const jobs = await durable(connection, { name: 'memory', storage: 'memory', lanes: 2, ackWait, timeout: 20_000 })
    const consumer = await jobs.consume(spawnPool(system, Work, 'memory') as never)
    await jobs.cast({ type: 'work', n: 1 })
    await until(() => seen.length === 1, 'one is done')
    await server.kill()
    await server.start()
    await jobs.cast({ type: 'work', n: 2 })
    await until(() => seen.includes(2), 'another one is done')
    await until(() => consumer.inspect().trouble === null && consumer.explain().calm, 'nothing limits it')
    await consumer.stop()
    stop(system)
  })
})

describe('a consumer', () => {
  it('whose connection closes ends, and says so', async () => {
    const own = await connectTo(server)
    const system = start()
    const Work = definePool({ init: () => 0, casts: { work: () => noReply() } })
    const jobs = await durable(own, { name: 'closing', lanes: 1, ackWait })
    const consumer = await jobs.consume(spawnPool(system, Work, 'closing') as never)
    await own.close()
    expect(await consumer.stopped).toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
    const { text } = consumer.explain()
    expect(text).toContain('the connection to NATS is closed: the program has closed it')
    expect(text).toContain('open another connection')
    expect(text).not.toMatch(/made again|call jobs\.consume/)
    const refused = {
      code: 'ERR_GENPOOL_UNREACHABLE',
      message: expect.stringContaining('The connection to NATS is closed: the program has closed it') as string,
    }
    await expect(jobs.cast({ type: 'work' })).rejects.toMatchObject(refused)
    await expect(jobs.inspect()).rejects.toMatchObject(refused)
    await expect(jobs.consume(spawnPool(system, Work, 'again') as never)).rejects.toMatchObject(refused)
    await consumer.stop()
    stop(system)
  })

  it('says that its pool takes nothing, instead of that all is in hand', async () => {
    const system = start()
    const Work = definePool({ init: () => 0, casts: { work: () => noReply() } })
    const jobs = await open('waiting')
    const pool = spawnPool(system, Work, 'waiting', { paused: true })
    const consumer = await jobs.consume(pool as never)
    expect(consumer.explain().text).toContain('its pool takes nothing now')
    resume(pool)
    expect(consumer.explain().text).not.toContain('takes nothing')
    await consumer.stop()
    stop(system)
  })

  it('ends with its pool, and gives back what that had not begun', async () => {
    const system = start()
    const Work = definePool({ init: () => 0, casts: { work: () => noReply() } })
    const jobs = await open('ending')
    const pool = spawnPool(system, Work, 'ending')
    const consumer = await jobs.consume(pool as never)
    stop(pool)
    expect(await consumer.stopped).toBeNull()
    expect(consumer.explain()).toMatchObject({ calm: false, findings: [{ finding: 'stopped' }] })
    await jobs.cast({ type: 'work' })
    expect(await jobs.inspect()).toMatchObject({ waiting: 1, inHand: 0 })
    expect((await jobs.explain()).text).toContain('nobody consumes')
    stop(system)
  })
})
