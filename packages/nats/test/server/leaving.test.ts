import { call, definePool, inspect, reply, spawnPool } from '@genpool/core'
import { remotePool, serve } from '@genpool/nats'
import { type ActorSystemRef, start, stop } from 'nact'
import { connectTo, endServers, startServer } from '../support/server'
import { until } from '../support/until'

let held: Promise<void>
let release: () => void
const Waits = definePool({
  calls: {
    wait: async () => {
      await held
      return reply('waited')
    },
  },
})
let system: ActorSystemRef
beforeEach(() => {
  held = new Promise((resolve) => (release = resolve))
  system = start()
})
afterEach(async () => {
  release()
  stop(system)
  await endServers()
})

describe('a node that leaves while it works for long', () => {
  it('answers who asks whether it is there, and then the call', async () => {
    const server = await startServer()
    const service = await serve(spawnPool(system, Waits, 'pool'), await connectTo(server), { name: 'waits' })
    const mine = await connectTo(server)
    const publish = jest.spyOn(mine, 'publish')
    const options = { name: 'waits', probeAfter: 50, goneAfter: 0 }
    const remote = remotePool<typeof Waits>(system, mine, options)
    const answer = call(remote, { type: 'wait' }, { timeout: 100_000 }).catch(String)
    await until(() => service.inspect().requests.received === 1, 'it has the call')
    const stopped = service.stop()
    await until(() => inspect(remote).nodes[0]?.leaving === true, 'its client knows')
    const asked = (): number => publish.mock.calls.filter(([subject]) => subject.endsWith('.ask')).length
    const before = asked()
    let early: string | null = null
    void answer.then((value) => (early ??= value))
    await until(() => early !== null || asked() > before + 5, 'it was asked often')
    expect(early).toBeNull()
    release()
    expect(await answer).toBe('waited')
    await stopped
    await until(() => inspect(remote).nodes.length === 0, 'it is gone')
    expect(await call(remote, { type: 'wait' }).catch(String)).toContain('nobody serves')
  })
})
