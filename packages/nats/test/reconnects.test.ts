import { virtualClock } from '@genpool/runtime/testing'
import { Publisher } from '../src/durable/publisher'
import { patiently } from '../src/patience'
import { orLost } from '../src/reconnects'

/** A connection that can be lost and be there again. What is asked before is never answered. */
function setup() {
  const tell: (() => void)[] = []
  const requests: string[] = []
  let listeners = 0
  const connection = {
    isClosed: () => false,
    async *status() {
      listeners++
      for (;;) {
        await new Promise<void>((resolve) => tell.push(resolve))
        yield { type: 'disconnect' }
        yield { type: 'reconnect' }
      }
    },
    request: (subject: string) => {
      const isFirst = requests.push(subject) === 1
      return isFirst ? new Promise(() => undefined) : Promise.resolve({ data: Buffer.from('{"seq":3}') })
    },
  }
  const back = (): void => tell.splice(0).forEach((each) => each())
  return { connection: connection as never, back, requests, listeners: () => listeners }
}

describe('what is asked while a connection is lost', () => {
  it('is asked again as soon as it is there again', async () => {
    const { connection, back } = setup()
    const clock = virtualClock()
    let times = 0
    const asked = patiently(() => (++times === 1 ? new Promise(() => undefined) : Promise.resolve('answer')), {
      connection,
      clock,
      timeoutMs: 5000,
    })
    await clock.advance(0)
    back()
    await clock.advance(100)
    expect(await asked).toBe('answer')
    expect(times).toBe(2)
  })

  it('is stored then, if it may be sent twice; otherwise its answer is waited for', async () => {
    for (const [messageId, sent] of [
      ['a', 2],
      [undefined, 1],
    ] as const) {
      const { connection, back, requests } = setup()
      const clock = virtualClock()
      const publisher = new Publisher(connection, clock, () => 5000)
      let stored: unknown
      const publication = { subject: 'jobs', frame: new Uint8Array(1), ...(messageId !== undefined && { messageId }) }
      void publisher.store(publication).then((value) => (stored = value))
      await clock.advance(0)
      back()
      await clock.advance(150)
      expect(requests.length).toBe(sent)
      expect(stored).toEqual(sent === 2 ? { seq: 3, duplicate: false } : undefined)
    }
  })

  it('is heard through one listener for each connection, and an answer that came stays', async () => {
    const { connection, back, listeners } = setup()
    const answers = [orLost(connection, Promise.resolve(1)), orLost(connection, Promise.reject(new Error('no')))]
    expect(await Promise.allSettled(answers)).toMatchObject([{ value: 1 }, { reason: { message: 'no' } }])
    const lost = orLost(connection, new Promise(() => undefined))
    back()
    await expect(lost).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(listeners()).toBe(1)
  })
})
