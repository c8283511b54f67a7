import { virtualClock } from '@genpool/runtime/testing'
import { NS_PER_MS } from '@genpool/runtime'
import { type Publication, Publisher, Unknown } from '../../src/durable/publisher'

/** A connection whose first answers are lost: their leader is killed before it sends them. */
function setup(lost: number) {
  const clock = virtualClock()
  const sentAt: number[] = []
  const request = async (_subject: string, _frame: Uint8Array, { timeout }: { timeout: number }) => {
    const count = sentAt.push(clock.now() / NS_PER_MS)
    if (count > lost) return { data: Buffer.from(JSON.stringify({ seq: 7 })) }
    await clock.wait(timeout)
    throw Object.assign(new Error('timeout'), { name: 'TimeoutError' })
  }
  const connection = { isClosed: () => false, request, status: async function* () {} }
  const publisher = new Publisher(connection as never, clock, () => 60_000)
  const store = async (more: Partial<Publication>): Promise<unknown> => {
    let outcome: unknown
    const told = (value: unknown): void => void (outcome ??= value)
    publisher.store({ subject: 'jobs', frame: new Uint8Array(1), ...more }).then(told, told)
    await clock.advance(5000)
    return outcome
  }
  return { store, sentAt }
}

describe('what is stored while its leader is killed', () => {
  it.each<[string, Partial<Publication>]>([
    ['its id', { messageId: 'a' }],
    ['the place that it expects', { expected: 3 }],
  ])('is sent again after 2 s, as it is stored once: %s', async (_, more) => {
    const { store, sentAt } = setup(1)
    expect(await store(more)).toEqual({ seq: 7, duplicate: false })
    expect(sentAt).toEqual([0, 2100])
  })

  it('is given up after 2 s if it could be stored twice: who wrote it decides', async () => {
    const { store, sentAt } = setup(1)
    expect(await store({})).toBeInstanceOf(Unknown)
    expect(sentAt).toEqual([0])
  })
})
