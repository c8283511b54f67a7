import { definePool, noReply, spawnPool } from '@genpool/core'
import { durable, type Durable } from '@genpool/nats'
import { type ActorSystemRef, start, stop } from 'nact'
import { endJetStream } from '../support/jetstream'
import { Operator } from '../support/operator'
import { connectTo } from '../support/server'
import { until } from '../support/until'

const Fails = definePool({
  casts: {
    work: ({ fails }: { fails: boolean }) => {
      if (fails) throw new Error('it fails')
      return noReply()
    },
  },
})
let operator: Operator
let system: ActorSystemRef
beforeAll(async () => void (operator = await Operator.ofNewServer()))
beforeEach(() => void (system = start()))
afterEach(() => stop(system))
afterAll(endJetStream)

describe('a stream of a queue that is deleted while somebody asks', () => {
  it.each([
    ['jobs', true],
    ['jobs', false],
    ['tries', true],
    ['tries', false],
    ['dead', true],
    ['dead', false],
  ])('%s (consumed: %s): inspect, explain and dead answer all the time', async (kind, isConsumed) => {
    const name = `asked-${kind}-${String(isConsumed)}`
    const jobs = await operator.opened(name, { maxDeliver: 1, timeout: 8000 })
    const consumer = isConsumed ? await jobs.consume(spawnPool(system, Fails, name, { size: 2 }) as never) : null
    for (let n = 0; n < 20; n++) await jobs.cast({ type: 'work', fails: n < 5 }, { key: `k${n % 3}` })
    if (isConsumed) await until(async () => (await jobs.dead()).length === 5, 'five died')
    const errors: string[] = []
    const asked = <T>(what: Promise<T>) => what.catch((error: unknown) => void errors.push(String(error)))
    const said = new Set<string | null>()
    let isOver = false
    const asking = Array.from({ length: 4 }, async () => {
      while (!isOver) {
        const seen = await asked(jobs.inspect())
        if (seen !== undefined) said.add(seen.trouble)
        await Promise.all([asked(jobs.dead()), asked(jobs.explain())])
      }
    })
    await operator.streams.delete(`genpool_${name}_${kind}`)
    const missing = `the stream "genpool_${name}_${kind}" was deleted`
    const isSaid = () => [...said].some((trouble) => trouble?.includes(missing) === true)
    await until(() => isSaid(), 'it is said', 20_000)
    if (isConsumed)
      await until(async () => (await jobs.inspect().catch(() => null))?.trouble === null, 'all is well', 30_000)
    isOver = true
    await Promise.all(asking)
    await consumer?.stop()
    expect([...new Set(errors)]).toEqual([])
  })
})

describe('a stream of casts that is deleted between two questions', () => {
  it('is said to be missing by the same inspect and explain', async () => {
    const connection = await connectTo(operator.server)
    const jobs: Durable = await durable(connection, { name: 'between', lanes: 4 })
    const request = connection.request.bind(connection)
    connection.request = async (subject, ...rest) => {
      const answer = await request(subject, ...rest)
      if (subject === '$JS.API.STREAM.INFO.genpool_between_jobs') {
        await operator.streams.delete('genpool_between_jobs').catch(() => undefined)
      }
      return answer
    }
    for (const ask of [async () => (await jobs.inspect()).trouble, async () => (await jobs.explain()).text]) {
      await jobs.cast({ type: 'work' }, { delay: 60_000 })
      expect(await ask()).toContain('the stream "genpool_between_jobs" was deleted')
      await operator.opened('between')
    }
  })
})

describe('a list of consumers that holds null, as of a stream that is being deleted', () => {
  it('keeps nobody from opening the queue, consuming, and asking', async () => {
    const connection = await connectTo(operator.server)
    const request = connection.request.bind(connection)
    let nulls = 0
    connection.request = async (subject, ...rest) => {
      const answer = await request(subject, ...rest)
      if (!subject.startsWith('$JS.API.CONSUMER.LIST.')) return answer
      const said = answer.json<{ consumers: (object | null)[] | null }>()
      if (said.consumers === null || said.consumers.length === 0) return answer
      nulls++
      const consumers = [null, ...said.consumers.slice(1)]
      return { ...answer, data: new TextEncoder().encode(JSON.stringify({ ...said, consumers })) } as never
    }
    await operator.opened('with-null')
    const jobs: Durable = await durable(connection, { name: 'with-null', lanes: 4, maxDeliver: 1, timeout: 8000 })
    const consumer = await jobs.consume(spawnPool(system, Fails, 'with-null', { size: 2 }) as never)
    await jobs.cast({ type: 'work', fails: false })
    await until(() => consumer.inspect().done === 1, 'it is done')
    expect((await jobs.inspect()).trouble).toBeNull()
    expect((await jobs.explain()).text).toContain('nothing limits it')
    await consumer.stop()
    expect(nulls).toBeGreaterThan(3)
  })
})
