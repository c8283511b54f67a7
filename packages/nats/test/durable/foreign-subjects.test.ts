import { type DeliveryEvent, onEvent } from '@genpool/core'
import type { Durable } from '@genpool/nats'
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import { until } from '../support/until'
import { connection, consume, done, doneAre, open } from '../support/mails'

/* The stream of a queue takes all subjects below its own: also those that no lane has. */
let jsm: JetStreamManager
beforeEach(async () => {
  jsm = await jetstreamManager(connection as never)
})

const stream = ({ name }: Durable): string => `genpool_${name}_jobs`
const subject = ({ name }: Durable, rest: string): string => `genpool.${name}.jobs.${rest}`
const messages = async (jobs: Durable): Promise<number> => (await jsm.streams.info(stream(jobs))).state.messages
/** Stores a cast as a program does that has more lanes than the queue. */
const castTo = async (jobs: Durable, rest: string, id: string): Promise<void> => {
  const { seq } = await jobs.cast({ type: 'send', to: id }, { id, key: id })
  const { data } = (await jsm.streams.getMessage(stream(jobs), { seq }))!
  await jsm.streams.deleteMessage(stream(jobs), seq)
  connection.publish(subject(jobs, rest), data)
}

describe('what is stored on a subject that is no lane of the queue', () => {
  it('is counted and named, also while nobody consumes, and is no leftover', async () => {
    const jobs = await open()
    connection.publish(subject(jobs, 'foo'), 'nonsense')
    await castTo(jobs, 'key.99', 'lost')
    await castTo(jobs, 'key.99', 'too')
    await jobs.cast({ type: 'send', to: 'good' })
    await until(async () => (await messages(jobs)) === 4, 'all are stored')
    const seen = await jobs.inspect()
    expect(seen).toMatchObject({ waiting: 1, foreign: 3, leftovers: 0 })
    expect(seen.foreignSubjects).toEqual([subject(jobs, 'key.99'), subject(jobs, 'foo')])
    expect((await jobs.explain()).text).toContain(
      `3 messages are on subjects that are no lanes of the queue, so nobody gets them: "${subject(jobs, 'key.99')}", "${subject(jobs, 'foo')}"`,
    )
    const consumer = await consume(jobs)
    await doneAre(1)
    await until(() => consumer.explain().text.includes(subject(jobs, 'foo')), 'the consumer says so, too')
    // It may be for a newer version, which nobody has started yet.
    expect(await jobs.inspect()).toMatchObject({ waiting: 0, foreign: 3, leftovers: 0, oldestMs: 0, dead: 0 })
  })

  it('is a dead letter after "keepUnknown", and can be sent again, to its lane', async () => {
    const told: DeliveryEvent[] = []
    const off = onEvent('genpool:delivery', (event) => told.push(event))
    const jobs = await open({ keepUnknown: 0 })
    connection.publish(subject(jobs, 'foo'), 'nonsense')
    await castTo(jobs, 'key.99', 'lost')
    await until(async () => (await messages(jobs)) === 2, 'both are stored')
    const consumer = await consume(jobs)
    await until(() => consumer.inspect().dead === 2, 'both are dead')
    off()
    const letters = await jobs.dead()
    expect(letters).toHaveLength(2)
    expect(letters.map(({ reason }) => reason)).toEqual(
      ['foo', 'key.99'].map(
        (rest) => expect.stringContaining(`"${subject(jobs, rest)}" is no lane of the queue`) as string,
      ),
    )
    expect(letters[1]).toMatchObject({ id: 'lost', key: 'lost', message: { type: 'send', to: 'lost' }, attempts: 0 })
    expect(told.map(({ outcome, id }) => [outcome, id])).toEqual([
      ['dead', ''],
      ['dead', 'lost'],
    ])
    expect(await messages(jobs)).toBe(0)
    expect(await jobs.inspect()).toMatchObject({ foreign: 0, foreignSubjects: [] })
    await jobs.retry(letters[1]!)
    await doneAre(1)
    expect(done).toEqual(['lost'])
  })

  it('has one letter, whichever of several consumers sees it', async () => {
    const jobs = await open({ keepUnknown: 0 })
    const consumers = [await consume(jobs), await consume(jobs), await consume(jobs)]
    for (let i = 0; i < 20; i++) connection.publish(subject(jobs, `key.9${i}`), 'nonsense')
    const isSeen = (): boolean =>
      consumers.map((each) => each.inspect().server).some((seen) => seen !== null && seen.dead > 0)
    await until(isSeen, 'they look, all at about the same time')
    await until(async () => (await messages(jobs)) === 0, 'all are gone')
    expect(await jobs.dead()).toHaveLength(20)
    await until(() => consumers.reduce((sum, each) => sum + each.inspect().dead, 0) === 20, 'each is told of once')
  })

  it('stays if another program consumes it there', async () => {
    const jobs = await open({ keepUnknown: 0 })
    const consumer = {
      durable_name: 'other',
      filter_subject: subject(jobs, 'other.*'),
      ack_policy: 'explicit' as const,
    }
    await jsm.consumers.add(stream(jobs), consumer)
    connection.publish(subject(jobs, 'other.a'), 'for somebody else')
    connection.publish(subject(jobs, 'others'), 'for nobody')
    const own = await consume(jobs)
    await until(() => own.inspect().dead === 1, 'the other one is dead')
    expect((await jobs.dead())[0]!.reason).toContain('others')
    expect(await messages(jobs)).toBe(1)
    expect(await jobs.inspect()).toMatchObject({ foreign: 0, leftovers: 0, waiting: 0 })
  })
})
