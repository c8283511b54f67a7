import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import { until } from '../support/until'
import { connection, consume, done, doneAre, open } from '../support/mails'

/* Somebody deletes what JetStream has for a queue beside its streams: "nats consumer rm". */
let jsm: JetStreamManager
beforeEach(async () => {
  jsm = await jetstreamManager(connection as never)
})

const remove = async (name: string, only?: readonly string[]): Promise<void> => {
  const stream = `genpool_${name}_jobs`
  const all: string[] = []
  for await (const each of jsm.consumers.list(stream)) all.push(each.name)
  for (const consumer of only ?? all) await jsm.consumers.delete(stream, consumer)
}

describe('JetStream consumers of a queue that are deleted', () => {
  it('while nobody consumes: what is stored is counted, it is said, and the next consumer makes them again', async () => {
    const jobs = await open()
    for (let i = 0; i < 20; i++) await jobs.cast({ type: 'send', to: `${i}` }, i % 2 === 0 ? {} : { key: `k${i}` })
    for (let i = 20; i < 23; i++) await jobs.cast({ type: 'send', to: `${i}` }, { delay: 1 })
    await remove(jobs.name)
    const seen = await jobs.inspect()
    expect(seen).toMatchObject({ waiting: 20, delayed: 3, inHand: 0, leftovers: 0 })
    expect(seen.oldestMs).toBeGreaterThan(0)
    expect(seen.trouble).toBe(
      `the consumers "any", "key-1", "key-2" and 3 more of the stream "genpool_${jobs.name}_jobs" were deleted at the server, so nobody ` +
        'gets their casts',
    )
    const explanation = await jobs.explain()
    expect(explanation.calm).toBe(false)
    expect(explanation.text).toContain('Call jobs.consume(pool): that makes them again')
    await consume(jobs)
    await doneAre(23)
    await until(async () => (await jobs.inspect()).inHand === 0, 'acknowledged')
    expect(new Set(done).size).toBe(23)
    expect(await jobs.inspect()).toMatchObject({ waiting: 0, delayed: 0, trouble: null })
    expect((await jobs.explain()).calm).toBe(true)
  })

  it('of one lane, and of delayed casts, while somebody consumes: they are made again', async () => {
    const jobs = await open({ ackWait: 1000 })
    await consume(jobs)
    await jobs.cast({ type: 'send', to: 'first' })
    await doneAre(1)
    await remove(jobs.name, ['key-1', 'later'])
    for (let i = 0; i < 8; i++) await jobs.cast({ type: 'send', to: `${i}` }, { key: `k${i}` })
    await jobs.cast({ type: 'send', to: 'later' }, { delay: 10 })
    await doneAre(10)
    expect(await jobs.inspect()).toMatchObject({ trouble: null })
  })
})

describe('a JetStream consumer of a queue that somebody edits', () => {
  const editAny = (name: string) => jsm.consumers.update(`genpool_${name}_jobs`, 'any', { max_deliver: 1 })
  const mostDeliveries = async (name: string): Promise<number> =>
    (await jsm.consumers.info(`genpool_${name}_jobs`, 'any')).config.max_deliver as number

  it('is set back by whoever begins to consume, and by those who do', async () => {
    const jobs = await open({ ackWait: 1000 })
    const whileNobody = await editAny(jobs.name)
    expect(whileNobody.config.max_deliver).toBe(1)
    const consumer = await consume(jobs)
    await until(async () => (await mostDeliveries(jobs.name)) === -1, 'it is set back')
    await editAny(jobs.name)
    await until(async () => (await mostDeliveries(jobs.name)) === -1, 'it is set back once more')
    expect(consumer.inspect().trouble).toBeNull()
  })

  it('is named, with what was changed, if it cannot be set back', async () => {
    const jobs = await open({ ackWait: 1000 })
    await editAny(jobs.name)
    const request = connection.request.bind(connection)
    jest.spyOn(connection, 'request').mockImplementation((subject, payload, options) => {
      if (!subject.includes('.CONSUMER.DURABLE.CREATE.') && !subject.includes('.CONSUMER.CREATE.'))
        return request(subject, payload, options)
      const error = { code: 403, err_code: 10999, description: 'not for you' }
      return Promise.resolve({ data: new TextEncoder().encode(JSON.stringify({ error })) } as never)
    })
    const consumer = await consume(jobs)
    await until(() => consumer.inspect().trouble !== null, 'it says so')
    expect(consumer.inspect().trouble).toContain(
      `somebody has edited the consumer "any" of the stream "genpool_${jobs.name}_jobs": it has "max_deliver" 1 in place of -1, and casts may`,
    )
    expect(consumer.explain().text).toContain('not for you')
  })
})
