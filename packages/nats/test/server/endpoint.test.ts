import { definePool, reply, spawnPool } from '@genpool/core'
import { systemClock } from '@genpool/runtime'
import fc from 'fast-check'
import { type ActorSystemRef, start, stop } from 'nact'
import { Endpoint } from '../../src/server/endpoint'
import { bodiesOf, defaultCodec } from '../../src/wire/codec'
import { cancelFrame, Kind, requestFrame } from '../../src/wire/frames'

const bodies = bodiesOf(defaultCodec)
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

function made(): { endpoint: Endpoint; sent: string[] } {
  const sent: string[] = []
  const endpoint = new Endpoint({
    pool: spawnPool(system, Orders, undefined, { size: 2 }) as never,
    name: 'orders',
    node: 'node',
    clock: systemClock,
    settings: { maxBytes: 5000 },
    bodies,
    maxPayload: 5000,
    publish: (subject) => void sent.push(subject),
    changed: () => undefined,
  })
  return { endpoint, sent }
}

const callFrame = (again = false, value: unknown = { type: 'add', value: 1 }): Uint8Array =>
  requestFrame(
    Kind.call,
    { budgetMs: 5000, ageMs: 0, priority: undefined, key: undefined, wantsProgress: false, again },
    { bodies, value, max: 5000 },
  )

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

  it('runs one call of an address while it waits for what else has come', async () => {
    const { endpoint, sent } = made()
    endpoint.hold()
    for (let i = 0; i < 3; i++) endpoint.receive({ data: callFrame(), reply: 'inbox.1' })
    expect(endpoint.running).toBe(1)
    await endpoint.idle()
    expect(sent).toEqual(['inbox.1'])
  })

  it('is idle again, whatever came: no frame leaves a request open', async () => {
    const inbox = fc.constantFrom('inbox.1', 'inbox.1', 'inbox.2', '')
    const message = fc.constantFrom<unknown>({ type: 'add', value: 1 }, { type: 'no such type' }, null, 'text')
    const frame = fc.oneof(
      { weight: 4, arbitrary: fc.tuple(fc.boolean(), message).map(([again, value]) => callFrame(again, value)) },
      { weight: 1, arbitrary: inbox.map(cancelFrame) },
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
