import { type DeliveryEvent, DroppedError, onEvent } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import { NO_TRIES } from '../../src/durable/attempts'
import type { DeliveryPorts } from '../../src/durable/delivery-ports'
import { Endings } from '../../src/durable/endings'
import { ConsumerCounts } from '../../src/durable/figures'
import { Incoming } from '../../src/durable/incoming'
import { NO_HEADER } from '../../src/durable/job-frame'
import { Job } from '../../src/durable/job-runs'
import { Unknown } from '../../src/durable/publisher'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A cast whose last attempt was lost, and what is told of it, in its order. */
function dying(put: () => Promise<void>) {
  const { said, endings, job } = inHand(put)
  endings.die(job, undefined)
  return said
}

function inHand(put: () => Promise<void>) {
  const said: string[] = []
  const message = {
    reply: '$JS.ACK.jobs.any.4.7.9.1000000000.0',
    data: new Uint8Array(),
    respond: (bytes: Uint8Array) => said.push(Buffer.from(bytes).toString().split(' ')[0]!),
  }
  const ports = {
    pool: { name: 'mails' },
    queue: 'q',
    consumer: 'c',
    clock: virtualClock(),
    counts: new ConsumerCounts(),
    rules: { maxDeliver: 3, keepUnknown: 0, backoff: { initial: 1, factor: 2, max: 10 } },
    history: {
      write: async (_seq: number, tries: object, kept: object) => (
        said.push('history'),
        Promise.resolve({ ...kept, tries })
      ),
      forget: async () => void said.push('forget'),
    },
    letters: { put: async () => (said.push('put'), put().then(() => void said.push('stored'))) },
    refusals: { acknowledged: ({ seq }: { seq: number }) => said.push(`known ${seq}`), isUnheard: () => false },
    unknowns: { remove: () => undefined },
    mayTell: () => true,
    isStopping: () => false,
    forgotten: () => null,
    comesAgain: () => undefined,
    serverNow: () => 2000,
    failed: () => undefined,
  }
  const endings = new Endings(ports as unknown as DeliveryPorts, () => void said.push('finished'))
  const header = { ...NO_HEADER, id: 'a' }
  const job = new Job(Incoming.of(message as never)!, 0, header, new Uint8Array(), 0)
  job.attempt = 3
  job.kept = { tries: { ...NO_TRIES, noted: 3 }, revision: 5 }
  return { said, endings, job }
}

describe('a cast that dies', () => {
  it('is acknowledged, and its history forgotten, only when its letter is stored: then a process may end at any point', async () => {
    let stored = (): void => undefined
    const said = dying(() => new Promise((resolve) => (stored = resolve)))
    await turn()
    expect(said).toEqual(['put'])
    stored()
    await turn()
    expect(said).toEqual(['put', 'stored', '+ACK', 'known 7', 'forget', 'finished'])
  })

  it('stays in the queue if nobody knows whether its letter is stored: it comes again, and the same letter is stored once', async () => {
    const said = dying(() => Promise.reject(new Unknown('nobody answers')))
    await turn()
    expect(said).toEqual(['put', 'finished'])
  })

  it('stays in the queue if its letter is refused, and its history says that it died', async () => {
    const said = dying(() => Promise.reject(new Error('full')))
    await turn()
    expect(said).toEqual(['put', 'history', '-NAK', 'finished'])
  })
})

describe('a cast that an open breaker refuses', () => {
  it('is for others soon, however long the breaker waits, and listeners hear why', async () => {
    const events: DeliveryEvent[] = []
    const off = onEvent('genpool:delivery', (event) => events.push(event))
    const { said, endings, job } = inHand(() => Promise.resolve())
    const facts = { reason: 'breaker', waitedMs: 0, queueLength: 0, retryAfterMs: 20_000 } as const
    endings.ended(job, new DroppedError('mails', facts), 0)
    await turn()
    expect(said).toEqual(['history', '-NAK', 'finished'])
    expect(events).toMatchObject([{ outcome: 'returned', reason: expect.stringContaining('breaker'), retryInMs: 250 }])
    off()
  })
})
