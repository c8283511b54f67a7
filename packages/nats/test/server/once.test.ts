import { definePool, reply, spawnPool } from '@genpool/core'
import { type ActorSystemRef, start, stop } from 'nact'
import type { EndpointPorts } from '../../src/server/endpoint-ports'
import { Kind, openFrame } from '../../src/wire/frames'
import { sentFrame, smallEndpoint } from '../support/endpoint'

let system: ActorSystemRef
beforeEach(() => (system = start()))
afterEach(() => stop(system))

/** A node that counts what its handlers begin. */
function served(state: EndpointPorts['state'] = null) {
  const seen = { runs: 0, answers: [] as number[] }
  const Orders = definePool({
    init: () => 0,
    calls: {
      add: async (_: object) => {
        seen.runs++
        await Promise.resolve()
        return reply(seen.runs)
      },
    },
  })
  const endpoint = smallEndpoint(spawnPool(system, Orders, undefined, { size: 2 }), {
    state,
    publish: (_, frame) => void seen.answers.push(openFrame(frame).kind),
  })
  const receive = (kind: Kind, again: boolean, version?: number): void => {
    const at = version === undefined ? undefined : { version, place: 1 }
    endpoint.receive({ data: sentFrame({ type: 'add', value: 1 }, { again, state: at }, kind), reply: 'inbox.1' })
  }
  return { endpoint, seen, receive }
}

/** A few turns of the event loop: what needs no timer is done then. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}

describe('a node that gets a request again, because the connection was lost', () => {
  it.each([
    ['call', Kind.call],
    ['dispatch', Kind.dispatch],
  ])('runs a %s once, and sends its answer again', async (_, kind) => {
    const { seen, receive } = served()
    receive(kind, false)
    receive(kind, true)
    await turns()
    receive(kind, true)
    await turns()
    expect(seen).toEqual({ runs: 1, answers: [Kind.answer, Kind.answer] })
  })

  it('runs a dispatch once while it waits for what else has come', async () => {
    const { endpoint, seen, receive } = served()
    endpoint.hold()
    receive(Kind.dispatch, false)
    receive(Kind.dispatch, true)
    await turns()
    expect(seen).toEqual({ runs: 1, answers: [Kind.answer] })
    expect(endpoint.running).toBe(0)
  })

  it('refuses it again that it has refused because its state was too old', async () => {
    let isBehind = true
    const state = { at: undefined, isBehind: () => isBehind, reach: () => Promise.resolve(false) }
    const { endpoint, seen, receive } = served(state as never)
    receive(Kind.call, false, 7)
    await turns()
    expect(seen).toEqual({ runs: 0, answers: [Kind.failure] })
    isBehind = false
    receive(Kind.call, true, 7)
    await turns()
    expect(seen).toEqual({ runs: 0, answers: [Kind.failure, Kind.failure] })
    expect(endpoint.running).toBe(0)
  })
})
