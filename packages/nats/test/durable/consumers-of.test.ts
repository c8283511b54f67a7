import { type ConsumerInfo, JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream'
import { consumersOf } from '../../src/durable/consumers-of'

const NOT_FOUND = { code: 404, err_code: 10014, description: 'consumer not found' }
const any = { subject: 'q.any', consumer: 'any' }
const key = { subject: 'q.key', consumer: 'key' }

/** What is seen of a stream whose server lists these consumers, and has these if it is asked for one by one. */
const seen = async (listed: readonly unknown[], infos: Readonly<Record<string, unknown>>) => {
  async function* list() {
    yield* listed
  }
  const info = async (_: string, consumer: string) => {
    if (infos[consumer] === undefined) throw new JetStreamApiError(NOT_FOUND)
    return infos[consumer]
  }
  const jsm = { consumers: { list, info } } as unknown as JetStreamManager
  const { found, missing } = await consumersOf(jsm, { jobs: 's', all: [any, key] })
  return { found: found.map(({ name }: ConsumerInfo) => name), missing }
}

describe('the consumers of a stream that is deleted meanwhile', () => {
  it('are those of which the server says something: for one that has just gone it lists null', async () => {
    expect(await seen([null, { name: 'key' }], {})).toEqual({ found: ['key'], missing: [any] })
    expect(await seen([null, null], {})).toEqual({ found: [], missing: [any, key] })
  })

  it('are asked for one by one if they were not listed', async () => {
    expect(await seen([null], { any: { name: 'any' } })).toEqual({ found: ['any'], missing: [key] })
  })

  it('are missing if the answer for one says nothing of it', async () => {
    expect(await seen([{ name: 'key' }], { any: {} })).toEqual({ found: ['key'], missing: [any] })
  })
})
