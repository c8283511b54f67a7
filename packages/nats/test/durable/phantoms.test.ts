import type { ConsumerInfo } from '@nats-io/jetstream'
import { Phantoms } from '../../src/durable/phantoms'

/** A stream with these messages, and what is acknowledged of a consumer. @param skips what it forgets when it is asked for the next one */
function stream(messages: readonly number[], skips: readonly number[] = []) {
  const acknowledged: number[] = []
  let asked = 0
  const getMessage = (_: string, { seq, next_by_subj }: { seq: number; next_by_subj?: string }): Promise<unknown> => {
    asked++
    const isNext = next_by_subj !== undefined
    const found = messages.find((each) => (isNext ? each >= seq && !skips.includes(each) : each === seq))
    return Promise.resolve(found === undefined ? null : { seq: found })
  }
  const phantoms = new Phantoms({
    connection: { publish: (subject: string) => void acknowledged.push(Number(subject.split('.')[5])) },
    jsm: { streams: { getMessage } as never },
    names: { jobs: 'jobs', allJobs: 'jobs.>' },
  })
  return { phantoms, acknowledged, asked: () => asked }
}
const info = (name: string, floor: number, last: number, more: Partial<ConsumerInfo> = {}): ConsumerInfo =>
  ({
    name,
    num_ack_pending: 1,
    num_pending: 0,
    ack_floor: { stream_seq: floor, consumer_seq: 0 },
    delivered: { stream_seq: last, consumer_seq: 0 },
    config: { max_ack_pending: name === 'any' ? -1 : 1 },
    ...more,
  }) as ConsumerInfo

describe('what counts as in hand though its message is gone', () => {
  it('of a lane of keys is acknowledged, and nothing that is there', async () => {
    const { phantoms, acknowledged } = stream([3, 9])
    await phantoms.clear([info('key-1', 2, 7), info('key-2', 2, 9), info('key-3', 2, 3)], false)
    expect(acknowledged).toEqual([7])
  })

  it('of casts without a key is found between those that are there, when none waits', async () => {
    const { phantoms, acknowledged } = stream([3, 5, 9])
    await phantoms.clear([info('any', 2, 7, { num_pending: 1 })], true)
    expect(acknowledged).toEqual([])
    await phantoms.clear([info('any', 2, 7)], true)
    expect(acknowledged).toEqual([4, 6, 7])
    await phantoms.clear([info('any', 2, 7)], true)
    expect(acknowledged).toEqual([4, 6, 7])
  })

  it.each([
    ['any', 3],
    ['key-1', 1],
  ])('is none that is there after all, though the server named another one as the next (%s)', async (name, inHand) => {
    const { phantoms, acknowledged } = stream([3, 7, 9], [7])
    await phantoms.clear([info(name, 2, 7, { num_ack_pending: inHand })], true)
    expect(acknowledged).toEqual(name === 'any' ? [4, 5, 6] : [])
  })

  it('is left to a server that may not have all of the stream yet', async () => {
    const { phantoms, acknowledged } = stream([])
    await phantoms.clear([info('key-1', 2, 7)], false)
    expect(acknowledged).toEqual([])
    await phantoms.clear([info('key-1', 2, 7)], true)
    expect(acknowledged).toEqual([7])
  })

  it('is not looked for in a lane that goes on, or has nothing in hand', async () => {
    const { phantoms, acknowledged, asked } = stream([])
    await phantoms.clear([info('key-1', 2, 7, { num_ack_pending: 0 }), info('key-2', 0, 0)], true)
    await phantoms.clear([info('key-1', 3, 8)], true)
    expect(asked()).toBe(0)
    phantoms.again()
    await phantoms.clear([info('key-1', 3, 8)], true)
    expect(acknowledged).toEqual([8])
  })
})
