import { definePool, noReply, spawnPool } from '@genpool/core'
import { DiscardPolicy, type StreamConfig } from '@nats-io/jetstream'
import { type ActorSystemRef, start, stop } from 'nact'
import { thrownAway } from '../../src/durable/thrown-away'
import { endJetStream } from '../support/jetstream'
import { Operator } from '../support/operator'
import { until } from '../support/until'

let operator: Operator
let system: ActorSystemRef
beforeAll(async () => void (operator = await Operator.ofNewServer()))
beforeEach(() => void (system = start()))
afterEach(() => stop(system))
afterAll(endJetStream)

const Work = definePool({ casts: { work: () => noReply() } })
/** Changes a stream of a queue, as an operator does. */
const edit = async (stream: string, change: Partial<StreamConfig>): Promise<void> => {
  const { config } = await operator.streams.info(stream)
  await operator.streams.update(stream, { ...config, ...change })
}

describe('a stream that somebody has changed so that it throws messages away', () => {
  const changes: readonly (readonly [string, string, Partial<StreamConfig>, RegExp])[] = [
    ['jobs', 'the oldest when it is full', { discard: DiscardPolicy.Old, max_msgs: 3 }, /"discard: old".*max_msgs/],
    ['jobs', 'the old ones', { max_age: 3_600_000e6, duplicate_window: 60_000e6 }, /"max_age"/],
    [
      'dead',
      'the oldest when it is full',
      { discard: DiscardPolicy.Old, max_bytes: 5000 },
      /"discard: old".*max_bytes/,
    ],
    [
      'tries',
      'the oldest when it is full',
      { discard: DiscardPolicy.Old, max_msgs: 1000 },
      /"discard: old".*max_msgs.*of attempts/,
    ],
    ['tries', 'the old ones', { max_age: 3_600_000e6, duplicate_window: 60_000e6 }, /"max_age".*of attempts/],
    ['jobs', 'the oldest if one nearly fits', { max_bytes: 50_000 }, /"max_bytes".* 2\.9\..* counts less/],
  ]
  it.each(changes)('(%s, %s) is in trouble, and explain says how to mend it', async (kind, what, change, says) => {
    const name = `${kind}-${what.replace(/ /g, '-')}`
    const stream = `genpool_${name}_${kind}`
    const jobs = await operator.opened(name)
    const consumer = await jobs.consume(spawnPool(system, Work, name, { size: 1 }) as never)
    expect(await jobs.inspect()).toMatchObject({ trouble: null })
    const before = (await operator.streams.info(stream)).config
    await edit(stream, change)
    const { trouble } = await jobs.inspect()
    expect(trouble).toContain(`the stream "${stream}"`)
    expect(trouble).toMatch(says)
    expect((await jobs.explain()).text).toMatch(/throws .* away.*[^]*nats stream edit/)
    await until(() => consumer.inspect().trouble === trouble, 'the consumer says so, too')
    expect(consumer.explain().text).toContain('nats stream edit')
    // It works all the same.
    await jobs.cast({ type: 'work' })
    await until(() => consumer.inspect().done === 1, 'it is done')
    await edit(stream, before)
    expect(await jobs.inspect()).toMatchObject({ trouble: null })
    await consumer.stop()
  })

  it('is in no trouble if it keeps attempts for as long as the queue asks for, or longer', async () => {
    const jobs = await operator.opened('longer')
    const { max_age } = (await operator.streams.info('genpool_longer_tries')).config
    for (const longer of [max_age, 2 * max_age, 0]) {
      await edit('genpool_longer_tries', { max_age: longer, discard: DiscardPolicy.Old })
      expect(await jobs.inspect()).toMatchObject({ trouble: null })
    }
  })

  it('is in no trouble as long as it has no limit', async () => {
    const jobs = await operator.opened('unlimited')
    await edit('genpool_unlimited_jobs', { discard: DiscardPolicy.Old })
    expect(await jobs.inspect()).toMatchObject({ trouble: null })
  })
})

describe('a stream with "max_bytes" and "discard: new"', () => {
  const limited = { name: 's', discard: DiscardPolicy.New, max_bytes: 1000 } as StreamConfig
  const says = (version: string): boolean => thrownAway(limited, 'casts', version) !== null

  it('is in trouble with a server that counts less of a message than it stores', () => {
    expect(['2.9.10', '2.9.25', '2.10.0', '2.10.4', '2.10.4-beta', '1.20.30'].filter(says)).toHaveLength(6)
    expect(['2.10.5', '2.10.18', '2.11.0', '2.12.1-RC.1', '3.0.0'].filter(says)).toEqual([])
  })
})
