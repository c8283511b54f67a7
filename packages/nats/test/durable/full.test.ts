import { definePool, noReply, spawnPool } from '@genpool/core'
import { type Consumer, type DeadLetter, durable, type Durable, type DurableOptions } from '@genpool/nats'
import { DiscardPolicy, jetstream, jetstreamManager, type StreamConfig } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { movedFrame, readJob } from '../../src/durable/job-frame'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

/* A server whose storage is used up, and streams that are full. */
const tries = new Map<string, number>()
let open = (): void => undefined
let gate = Promise.resolve()
const Work = definePool({
  casts: {
    work: async ({ failures }: { failures: number; pad: string }, _state, ctx) => {
      await gate
      const { id } = ctx.delivery!
      const run = (tries.get(id) ?? 0) + 1
      tries.set(id, run)
      if (run <= failures) throw new Error(`fails ${run}`)
      return noReply()
    },
  },
})
let server: NatsServer
let connection: NatsConnection
let system: ActorSystemRef
let pools = 0
let consumer: Consumer | undefined

beforeEach(async () => {
  server = await startJetStream('', 'max_file_store: 3M')
  connection = await connectTo(server)
  system = start()
  tries.clear()
  gate = new Promise((resolve) => (open = resolve))
})
afterEach(async () => {
  open()
  await consumer?.stop({ within: 0 })
  consumer = undefined
  stop(system)
  await endJetStream()
})

const queue = (options: Partial<DurableOptions> = {}): Promise<Durable> =>
  durable(connection, { name: 'q', lanes: 4, backoff: { initial: 20 }, ...options })
const consume = async (jobs: Durable): Promise<Consumer> =>
  (consumer = await jobs.consume(spawnPool(system, Work, `work-${++pools}`, { size: 2 }) as never))
/** Stores casts until the server refuses them. */
const fill = async (jobs: Durable, failures: number): Promise<number> => {
  for (let stored = 0; ; stored++) {
    const cast = { type: 'work', failures, pad: 'x'.repeat(200_000) }
    const refused = await jobs.cast(cast, { id: `id-${stored}` }).catch(String)
    if (typeof refused !== 'string') continue
    expect(refused).toContain('The queue is full')
    return stored
  }
}
const emptied = (jobs: Durable): Promise<void> =>
  until(
    async () => {
      const { waiting, inHand } = await jobs.inspect()
      return waiting + inHand === 0
    },
    'nothing waits and nothing is in hand',
    20_000,
  )

describe('a server whose storage is used up', () => {
  it('lets a consumer start, and another process open the queue: what is stored is done, and then there is room', async () => {
    const jobs = await queue()
    const stored = await fill(jobs, 0)
    open()
    await consume(await queue())
    await emptied(jobs)
    expect(consumer!.inspect()).toMatchObject({ done: stored, again: 0, left: 0 })
    await jobs.cast({ type: 'work', failures: 0, pad: '' })
    await until(() => consumer!.inspect().done === stored + 1, 'one more is done')
  })

  it('lets second attempts begin, and counts them', async () => {
    const jobs = await queue()
    await consume(jobs)
    const stored = await fill(jobs, 2)
    open()
    await until(() => consumer!.inspect().trouble !== null, 'it says so')
    expect(consumer!.inspect().trouble).toMatch(/storage .* is used up: insufficient resources \(10023\)/)
    expect(consumer!.explain().text).toContain('is used up')
    await emptied(jobs)
    expect(consumer!.inspect()).toMatchObject({ done: stored, left: 0, dead: 0 })
    expect([...tries.values()]).toEqual(Array.from({ length: stored }, () => 3))
  })

  it('keeps casts that died in the queue, does not run them again, and makes letters of them when there is room', async () => {
    const jobs = await queue({ maxDeliver: 2 })
    await consume(jobs)
    const stored = await fill(jobs, 1000)
    open()
    const ran = (): number[] => [...tries.values()]
    await until(() => ran().length === stored && ran().every((runs) => runs >= 2), 'each has had its attempts')
    const { left } = consumer!.inspect()
    await until(() => consumer!.inspect().left > left + stored, 'letters were tried')
    expect(ran()).toEqual(Array.from({ length: stored }, () => 2))
    expect((await jobs.explain()).text).toContain('is used up')
    expect(await jobs.dead()).toEqual([])
    // Somebody makes room.
    const jsm = await jetstreamManager(connection as never)
    await jsm.streams.purge('genpool_q_jobs', { keep: 3 })
    await until(async () => (await jobs.dead()).length >= 3, 'there are letters')
    const [letter] = await jobs.dead()
    expect(letter!.history.map(({ attempt, reason }) => [attempt, reason])).toEqual([
      [1, 'fails 1'],
      [2, 'fails 2'],
    ])
    expect(letter).toMatchObject({ reason: 'fails 2', attempts: 2 })
    await until(() => consumer!.inspect().trouble === null, 'the trouble is over')
  })
})

/** Changes a stream of the queue, as an operator does. */
const edit = async (which: string, change: Partial<StreamConfig>): Promise<void> => {
  const jsm = await jetstreamManager(connection as never)
  const { config } = await jsm.streams.info(`genpool_q_${which}`)
  await jsm.streams.update(config.name, { ...config, ...change })
}
const configOf = async (which: string): Promise<StreamConfig> =>
  (await (await jetstreamManager(connection as never)).streams.info(`genpool_q_${which}`)).config
/** Discards letters until there were so many; resolves with them, in the order of their ids. */
const lettersOf = async (jobs: Durable, count: number): Promise<DeadLetter[]> => {
  const letters: DeadLetter[] = []
  const look = async (): Promise<boolean> => {
    for (const letter of await jobs.dead()) {
      letters.push(letter)
      await jobs.discard(letter)
    }
    return letters.length >= count
  }
  await until(look, 'all letters came')
  return letters.sort((one, other) => (one.id < other.id ? -1 : 1))
}
const idsOf = (letters: readonly DeadLetter[]): string[] => letters.map(({ id }) => id)

describe('a full stream of dead letters', () => {
  const limits: readonly (readonly [string, Partial<StreamConfig>])[] = [
    ['max_msgs', { max_msgs: 2 }],
    ['max_bytes', { max_bytes: 1200 }],
  ]
  it.each(limits)('(%s) loses none: casts that died wait in the queue until there is room', async (_, limit) => {
    open()
    const jobs = await queue({ maxDeliver: 2 })
    await edit('dead', limit)
    await consume(jobs)
    const ids = Array.from({ length: 8 }, (_, i) => `id-${i}`)
    for (const id of ids) await jobs.cast({ type: 'work', failures: 1000, pad: '' }, { id })
    await until(() => ids.every((id) => tries.get(id) === 2), 'each has had its attempts')
    await until(() => consumer!.inspect().left > 0, 'a letter was refused')
    const { dead, inHand, waiting } = await jobs.inspect()
    expect(dead).toBeLessThan(ids.length)
    expect(dead + inHand + waiting).toBe(ids.length)
    expect(idsOf(await lettersOf(jobs, ids.length))).toEqual(ids)
    expect(ids.map((id) => tries.get(id))).toEqual(ids.map(() => 2))
    await emptied(jobs)
  })

  it('of an earlier version, which threw the oldest letters away, is changed when the queue is opened', async () => {
    await queue()
    await edit('dead', { discard: DiscardPolicy.Old, max_msgs: 1000 })
    await edit('tries', { discard: DiscardPolicy.Old })
    await queue({ keepDead: 3_600_000 })
    expect(await configOf('dead')).toMatchObject({ discard: 'new', max_msgs: 1000, max_age: 3_600_000e6 })
    expect(await configOf('tries')).toMatchObject({ discard: 'new', max_msgs_per_subject: 1 })
  })
})

describe('a stream of casts with a limit, all of whose room is taken by delayed ones', () => {
  const ids = ['a', 'b', 'c']
  const castAll = async (jobs: Durable, pad = '', key?: string): Promise<void> => {
    const given = key === undefined ? {} : { key }
    for (const id of ids) await jobs.cast({ type: 'work', failures: 0, pad }, { id, delay: 50, ...given })
  }
  const allRanOnce = async (jobs: Durable): Promise<void> => {
    await until(() => consumer!.inspect().done === 3, 'all are done')
    expect([...tries].sort()).toEqual(ids.map((id) => [id, 1]))
    await emptied(jobs)
    expect(await jobs.inspect()).toMatchObject({ delayed: 0, dead: 0 })
  }
  /** How many messages the stream of attempts has of casts that were put aside. */
  const aside = async (): Promise<number> => {
    const jsm = await jetstreamManager(connection as never)
    const { state } = await jsm.streams.info('genpool_q_tries', { subjects_filter: 'genpool.q.tries.aside.>' })
    return Object.keys(state.subjects ?? {}).length
  }

  /** As a consumer is told it: a number of nanoseconds, as milliseconds. */
  const storedAtOf = (timestamp: string): number => {
    const [seconds, fraction = ''] = timestamp.replace('Z', '').split('.') as [string, string?]
    return Number(`${Date.parse(`${seconds}Z`) / 1000}${fraction.padEnd(9, '0')}`) / 1e6
  }

  it.each([undefined, 'k'])('lets all run once, with the key %s', async (key) => {
    open()
    const jobs = await queue()
    await edit('jobs', { max_msgs: 3 })
    await castAll(jobs, '', key)
    await consume(jobs)
    await allRanOnce(jobs)
    expect(await aside()).toBe(0)
    expect(consumer!.inspect().trouble).toBeNull()
  })

  it('lets them run one after another as soon as there is room, and sends none back to wait', async () => {
    open()
    const jobs = await queue()
    const many = Array.from({ length: 40 }, (_, i) => `${i}`)
    await edit('jobs', { max_msgs: many.length })
    for (const id of many) await jobs.cast({ type: 'work', failures: 0, pad: '' }, { id, delay: 1 })
    await until(async () => (await jobs.inspect()).overdue > 0, 'they are due')
    let sentBack = 0
    const other = await connectTo(server)
    const callback = (_: unknown, message: { string(): string }): void =>
      void (sentBack += message.string().startsWith('-NAK') ? 1 : 0)
    other.subscribe('$JS.ACK.genpool_q_jobs.later.>', { callback })
    await other.flush()
    await consume(jobs)
    await until(() => consumer!.inspect().done === many.length, 'all are done')
    await other.flush()
    expect([...tries].sort()).toEqual(many.map((id) => [id, 1]).sort())
    expect(sentBack).toBe(0)
  })

  it('lets all run once, also if the limit is one of bytes', async () => {
    open()
    const jobs = await queue()
    await castAll(jobs, 'x'.repeat(1000))
    const jsm = await jetstreamManager(connection as never)
    // With less than the room of one: where it nearly fits, nats-server 2.9 takes it, and throws the oldest one away.
    await edit('jobs', { max_bytes: (await jsm.streams.info('genpool_q_jobs')).state.bytes + 500 })
    await consume(jobs)
    await allRanOnce(jobs)
    expect(await aside()).toBe(0)
  })

  it('says of a cast that it refuses what fills it: to consume faster would not help', async () => {
    const jobs = await queue()
    await edit('jobs', { max_msgs: 3 })
    await castAll(jobs)
    const refused = await jobs.cast({ type: 'work', failures: 0, pad: '' }).catch(String)
    expect(refused).toMatch(/3 held back. Those that are held back begin when their "delay" is over/)
    expect(refused).not.toContain('Consume faster')
  })

  it('lets a cast run once that a process has put aside that ended then, whether its place was given up or not', async () => {
    open()
    const jobs = await queue()
    const publish = async (seq: number): Promise<void> => {
      const jsm = await jetstreamManager(connection as never)
      const found = (await jsm.streams.getMessage('genpool_q_jobs', { seq }))!
      const { header, body } = readJob(found.data)
      const storedAt = storedAtOf(found.timestamp)
      const frame = movedFrame({ ...header, delayMs: undefined, storedAt }, body)
      await jetstream(connection as never).publish(`genpool.q.tries.aside.${Math.trunc(storedAt)}.${seq}`, frame)
    }
    await castAll(jobs)
    await publish(1)
    await publish(2)
    await (await jetstreamManager(connection as never)).streams.deleteMessage('genpool_q_jobs', 1)
    expect(await jobs.inspect()).toMatchObject({ delayed: 4 })
    await consume(jobs)
    await allRanOnce(jobs)
    expect(await aside()).toBe(0)
  })

  it('stands still if the stream of attempts is full, too: that is said, and with more room all run once', async () => {
    open()
    const jobs = await queue()
    await edit('jobs', { max_msgs: 3 })
    // It writes down the time of the server.
    await (await consume(jobs)).stop()
    await castAll(jobs)
    const jsm = await jetstreamManager(connection as never)
    await edit('tries', { max_msgs: (await jsm.streams.info('genpool_q_tries')).state.messages })
    await consume(jobs)
    await until(() => consumer!.inspect().trouble !== null, 'it says so')
    expect(consumer!.inspect().trouble).toMatch(
      /"genpool_q_jobs" is full.*nobody makes room: .*"genpool_q_tries", .* all stand still/,
    )
    expect(consumer!.explain().text).toContain('nats stream edit genpool_q_jobs --max-msgs=')
    expect(tries.size).toBe(0)
    await edit('jobs', { max_msgs: 4 })
    await allRanOnce(jobs)
  })
})

describe('a full stream of attempts', () => {
  it('throws none away for newer ones, and all casts end', async () => {
    open()
    const jobs = await queue({ maxDeliver: 4 })
    await edit('tries', { max_msgs: 4 })
    await consume(jobs)
    const ids = Array.from({ length: 8 }, (_, i) => `id-${i}`)
    for (const id of ids) await jobs.cast({ type: 'work', failures: 1000, pad: '' }, { id })
    expect(idsOf(await lettersOf(jobs, ids.length))).toEqual(ids)
    expect(await configOf('tries')).toMatchObject({ discard: 'new' })
  })
})
