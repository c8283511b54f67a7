import { virtualClock } from '@genpool/runtime/testing'
import { NS_PER_MS } from '@genpool/runtime'
import { JetStreamApiError } from '@nats-io/jetstream'
import { InFlight } from '../../src/durable/in-flight'
import { type Publication, Publisher } from '../../src/durable/publisher'

/** A server that acknowledges one message after the other, each in so many milliseconds; never if it is away. */
function setup(eachMs: number, refusal?: () => JetStreamApiError) {
  const clock = virtualClock()
  const subjects: string[] = []
  const server = { isAway: false, most: 0 }
  let [open, freeAt] = [0, 0]
  const request = async (subject: string, _frame: Uint8Array, { timeout }: { timeout: number }) => {
    server.most = Math.max(server.most, ++open)
    const seq = subjects.push(subject)
    const now = clock.now() / NS_PER_MS
    freeAt = Math.max(now, freeAt) + eachMs
    const isLate = server.isAway || freeAt - now > timeout
    await clock.wait(isLate ? timeout : freeAt - now)
    open--
    if (isLate) throw Object.assign(new Error('timeout'), { name: 'TimeoutError' })
    if (refusal !== undefined) throw refusal()
    return { data: Buffer.from(JSON.stringify({ seq })) }
  }
  const connection = { isClosed: () => false, request, status: async function* () {} }
  const casts = new InFlight(new Publisher(connection as never, clock, () => 5000), clock, 5000)
  const outcomes = new Map<string, number>()
  let settledAt = 0
  const cast = (subject: string, bytes = 1): void => {
    const publication: Publication = { subject, frame: new Uint8Array(bytes), messageId: subject }
    const told = (name: string): void => {
      settledAt = clock.now() / NS_PER_MS
      outcomes.set(name, (outcomes.get(name) ?? 0) + 1)
    }
    casts.store(publication).then(
      () => told('stored'),
      ({ name }: Error) => told(name),
    )
  }
  const settledAfter = async (ms: number) => (await clock.advance(ms), Object.fromEntries(outcomes))
  return { cast, settledAfter, subjects, server, settledAt: () => settledAt }
}

describe('many casts at once', () => {
  it('are all stored, in their order, though the server needs longer for all than each may take', async () => {
    const { cast, settledAfter, subjects, server } = setup(1)
    const names = Array.from({ length: 20_000 }, (_, i) => `cast ${i}`)
    for (const name of names) cast(name)
    expect(await settledAfter(30_000)).toEqual({ stored: 20_000 })
    expect(subjects).toEqual(names)
    expect(server.most).toBe(1024)
  })

  it('are fewer at once if they are large', async () => {
    const { cast, settledAfter, server } = setup(1)
    for (let i = 0; i < 100; i++) cast(`cast ${i}`, 1_000_000)
    cast('larger than all', 20_000_000)
    expect(await settledAfter(5000)).toEqual({ stored: 101 })
    expect(server.most).toBe(16)
  })

  it('are given up in time if nothing is acknowledged; those that were never sent are certainly not stored', async () => {
    const { cast, settledAfter, server, settledAt } = setup(1)
    server.isAway = true
    for (let i = 0; i < 5000; i++) cast(`cast ${i}`)
    expect(await settledAfter(60_000)).toEqual({ Unknown: 1024, TimeoutError: 5000 - 1024 })
    expect(settledAt()).toBeLessThanOrEqual(5100)
  })

  it('are each refused by a server that has no room', async () => {
    const full = { code: 503, err_code: 10077, description: 'maximum messages exceeded' }
    const { cast, settledAfter, subjects } = setup(1, () => new JetStreamApiError(full))
    for (let i = 0; i < 3000; i++) cast(`cast ${i}`)
    expect(await settledAfter(10_000)).toEqual({ [new JetStreamApiError(full).name]: 3000 })
    expect(subjects).toHaveLength(3000)
  })
})
