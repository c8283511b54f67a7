import { definePool, noReply, spawnPool } from '@genpool/core'
import { type Consumer, type DeadLetter, durable, type Durable, type DurableOptions } from '@genpool/nats'
import { DiscardPolicy, jetstreamManager, type StreamConfig } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo } from '../support/server'
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
let connection: NatsConnection
let system: ActorSystemRef
let consumer: Consumer | undefined

beforeEach(async () => {
  const server = await startJetStream('', 'max_file_store: 3M')
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
  (consumer = await jobs.consume(spawnPool(system, Work, 'work', { size: 2 }) as never))
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
  it('says that nobody makes room, and with which limit they go on: none is lost, each runs once', async () => {
    open()
    const jobs = await queue()
    await edit('jobs', { max_msgs: 3 })
    const ids = ['a', 'b', 'c']
    for (const id of ids) await jobs.cast({ type: 'work', failures: 0, pad: '' }, { id, delay: 50 })
    await consume(jobs)
    await until(() => consumer!.inspect().trouble !== null, 'it says so')
    expect(consumer!.inspect().trouble).toMatch(/"genpool_q_jobs" is full.*nobody makes room, and all stand still/)
    expect(consumer!.explain().text).toContain('nats stream edit genpool_q_jobs --max-msgs=')
    expect(tries.size).toBe(0)
    await edit('jobs', { max_msgs: 4 })
    await until(() => consumer!.inspect().done === 3, 'they go on')
    expect([...tries]).toEqual(expect.arrayContaining(ids.map((id) => [id, 1])))
    expect(await jobs.inspect()).toMatchObject({ waiting: 0, delayed: 0, dead: 0 })
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
