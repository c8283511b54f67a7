import { virtualClock } from '@genpool/runtime/testing'
import type { NatsConnection } from '@nats-io/transport-node'
import { NS_PER_MS } from '@genpool/runtime'
import { Connected } from '../../src/store/connected'
import { DeadLetters } from '../../src/durable/dead-letters'

/** A connection that is not there. */
const connection = (more: Partial<NatsConnection>): NatsConnection =>
  ({
    info: undefined,
    isClosed: () => false,
    isDraining: () => false,
    getServer: () => '10.0.0.7:4222',
    closed: () => new Promise(() => undefined),
    status: async function* () {
      return
    },
    ...more,
  }) as unknown as NatsConnection

const whyNot = async (more: Partial<NatsConnection>): Promise<string | undefined> => {
  const clock = virtualClock()
  const connected = new Connected(connection(more), clock, { changed: () => undefined, back: () => undefined })
  const why = connected.until(clock.now() + 100 * NS_PER_MS)
  await clock.advance(101)
  connected.end()
  return (await why)?.message
}

describe('the error of a store without a connection', () => {
  it('names the last server, and says what to check', async () => {
    expect(await whyNot({})).toBe(
      'there is no connection to NATS, the last one was to "10.0.0.7:4222". Check that a server runs and can be reached: it ' +
        'connects again by itself.',
    )
  })

  it('names none where there was none', async () => {
    const getServer = (): never => {
      throw new Error('not connected')
    }
    expect(await whyNot({ getServer })).toMatch(/^there is no connection to NATS\. Check that a server runs/)
  })

  it('says of one that is closed that it does not come back', async () => {
    expect(await whyNot({ isClosed: () => true })).toMatch(
      /is closed: the program has closed it, or it gave up connecting again \("maxReconnectAttempts" of connect\)\. Open another/,
    )
  })
})

describe('a dead letter', () => {
  const lettersOf = (streams: object): DeadLetters =>
    new DeadLetters('mails', { jsm: { streams }, names: { dead: 'DEAD' } } as never)
  const noAnswer = (): Promise<never> => Promise.reject(new Error('no responders'))

  it('is not said to be gone when the server cannot be asked', async () => {
    const letters = lettersOf({ deleteMessage: noAnswer, getMessage: noAnswer })
    await expect(letters.discard({ seq: 7 })).rejects.toThrow('no responders')
  })

  it('is not said to be gone when it is there and cannot be deleted', async () => {
    const letters = lettersOf({
      deleteMessage: () => Promise.reject(new Error('not allowed')),
      getMessage: () => Promise.resolve({ seq: 7 }),
    })
    await expect(letters.discard({ seq: 7 })).rejects.toThrow('not allowed')
  })

  it('was not there if the server says so', async () => {
    const letters = lettersOf({ deleteMessage: noAnswer, getMessage: () => Promise.resolve(null) })
    expect(await letters.discard({ seq: 7 })).toBe(false)
    await expect(letters.send({ seq: 7 })).rejects.toThrow('dead letter 7 of "mails"')
  })
})
