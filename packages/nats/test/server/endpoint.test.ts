import { definePool, reply, spawnPool } from '@genpool/core'
import fc from 'fast-check'
import { type ActorSystemRef, start, stop } from 'nact'
import type { Endpoint } from '../../src/server/endpoint'
import type { EndpointPorts } from '../../src/server/endpoint-ports'
import { cancelFrame, Kind } from '../../src/wire/frames'
import { sentFrame, smallEndpoint } from '../support/endpoint'

const Orders = definePool({
  init: () => 0,
  calls: {
    add: async ({ value }: { value: number }) => {
      await Promise.resolve()
      return reply(value + 1)
    },
  },
})

let system: ActorSystemRef
beforeEach(() => (system = start()))
afterEach(() => stop(system))

function made(more: Partial<EndpointPorts['settings']> = {}): { endpoint: Endpoint; sent: string[] } {
  const sent: string[] = []
  const endpoint = smallEndpoint(spawnPool(system, Orders, undefined, { size: 2 }), {
    settings: { maxBytes: 5000, ...more },
    publish: (subject) => void sent.push(subject),
  })
  return { endpoint, sent }
}

/** A few turns of the event loop are more than enough: a promise that is open then stays so. */
async function withinTurns(idle: Promise<void>): Promise<'idle' | 'still busy'> {
  let state: 'idle' | 'still busy' = 'still busy'
  void idle.then(() => (state = 'idle'))
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
  return state
}

const callFrame = (again = false, value: unknown = { type: 'add', value: 1 }, kind: Kind = Kind.call): Uint8Array =>
  sentFrame(value, { again }, kind)

describe('the endpoint of a node', () => {
  it('answers once, and is idle again, when two calls have the same address for the answer', async () => {
    const { endpoint, sent } = made()
    endpoint.receive({ data: callFrame(), reply: 'inbox.1' })
    endpoint.receive({ data: callFrame(), reply: 'inbox.1' })
    expect(endpoint.running).toBe(1)
    await endpoint.idle()
    expect(sent).toEqual(['inbox.1'])
    expect(endpoint).toMatchObject({ running: 0, counts: { received: 1, answered: 1, repeated: 1 } })
  })

  it('takes no message of a key from a sender that does not know how often it has connected again', () => {
    const { endpoint, sent } = made()
    const keyed = (epoch: number, kind: Kind): Uint8Array =>
      sentFrame({ type: 'add', value: 1 }, { key: 'k', epoch }, kind)
    endpoint.receive({ data: keyed(1, Kind.call), reply: 'inbox.1' })
    endpoint.receive({ data: keyed(1, Kind.cast), reply: 'inbox.2' })
    expect(sent).toEqual(['inbox.1', 'inbox.2'])
    expect(endpoint).toMatchObject({ running: 0, counts: { received: 0 } })
    endpoint.receive({ data: keyed(0, Kind.call), reply: 'inbox.1' })
    expect(endpoint).toMatchObject({ running: 1, counts: { received: 1 } })
  })

  it('runs one call of an address while it waits for what else has come', async () => {
    const { endpoint, sent } = made()
    endpoint.hold()
    for (let i = 0; i < 3; i++) endpoint.receive({ data: callFrame(), reply: 'inbox.1' })
    expect(endpoint.running).toBe(1)
    await endpoint.idle()
    expect(sent).toEqual(['inbox.1'])
  })

  it('answers a call that it holds, though a cast with the same address comes after it', async () => {
    const { endpoint, sent } = made()
    endpoint.hold()
    endpoint.receive({ data: callFrame(), reply: 'inbox.1' })
    endpoint.receive({ data: callFrame(false, undefined, Kind.cast), reply: 'inbox.1' })
    endpoint.receive({ data: callFrame(false, undefined, Kind.dispatch), reply: 'inbox.1' })
    await endpoint.idle()
    expect(endpoint.counts.answered).toBe(2)
    expect(sent.length).toBeGreaterThanOrEqual(2)
  })

  it.each([
    ['its caller gave up', () => cancelFrame({ reply: 'inbox.1', reason: 'enough' })],
    ['what it held has no answer', () => callFrame(false, { type: 'no such cast' }, Kind.cast)],
  ])('is idle when %s while it held what came', async (_, second) => {
    const { endpoint } = made()
    endpoint.hold()
    endpoint.receive({ data: callFrame(false, undefined, Kind.cast), reply: 'inbox.2' })
    endpoint.receive({ data: callFrame(), reply: 'inbox.1' })
    endpoint.receive({ data: cancelFrame({ reply: 'inbox.1', reason: undefined }) })
    endpoint.receive({ data: second(), reply: '' })
    await expect(withinTurns(endpoint.idle())).resolves.toBe('idle')
  })

  it('refuses what its propagation cannot begin, also after it was held', async () => {
    const within = (): never => {
      throw new Error('no context')
    }
    const { endpoint, sent } = made({ propagation: { inject: () => ({}), within } })
    const carried = { get: () => '', keys: () => [] }
    endpoint.hold()
    for (const to of ['inbox.1', 'inbox.2']) endpoint.receive({ data: callFrame(), reply: to, headers: carried })
    await expect(withinTurns(endpoint.idle())).resolves.toBe('idle')
    expect(sent).toEqual(['inbox.1', 'inbox.2'])
  })

  it('is idle again, whatever came: no frame leaves a request open', async () => {
    const inbox = fc.constantFrom('inbox.1', 'inbox.1', 'inbox.2', '')
    const message = fc.constantFrom<unknown>({ type: 'add', value: 1 }, { type: 'no such type' }, null, 'text')
    const frame = fc.oneof(
      { weight: 4, arbitrary: fc.tuple(fc.boolean(), message).map(([again, value]) => callFrame(again, value)) },
      { weight: 1, arbitrary: inbox.map((reply) => cancelFrame({ reply, reason: 'enough' })) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
      {
        weight: 2,
        arbitrary: fc
          .uint8Array({ maxLength: 60 })
          .map((rest) => Uint8Array.from([0x67, 1, 1, 0, 9, 0, 0, 0, 9, 0, 0, 0, 0, ...rest])),
      },
    )
    const step = fc.record({
      data: frame,
      reply: inbox,
      hold: fc.constantFrom(false, false, false, true),
      turn: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 30, size: 'max' }), async (steps) => {
        const { endpoint } = made()
        for (const { data, reply: to, hold, turn } of steps) {
          if (hold) endpoint.hold()
          endpoint.receive({ data, reply: to })
          if (turn) await new Promise((resolve) => setImmediate(resolve))
        }
        await endpoint.idle()
        expect(endpoint.running).toBe(0)
      }),
      { numRuns: 200 },
    )
  })
})
