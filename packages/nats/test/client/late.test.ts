import { virtualClock } from '@genpool/runtime/testing'
import { RemoteClient } from '../../src/client/remote-client'
import { remotePoolOptions } from '../../src/client/remote-options'
import { type FakeNode, FakeNetwork } from '../support/fake-network'

describe('a call that waits for a node', () => {
  it('is sent once when a node that had it refuses it late', async () => {
    const clock = virtualClock()
    const network = new FakeNetwork(clock, [['answer'], ['drop']])
    const options = remotePoolOptions.parse({ name: 'n', prefix: 'p', clock, random: () => 0.5 })
    const client = new RemoteClient(network.connection, options)
    const [away, had] = network.nodes as [FakeNode, FakeNode]
    await clock.advance(10)
    const answer = client.ask('call', 'once', { idempotent: true, timeout: 20_000 })
    await clock.advance(10)
    expect(had.memory.size).toBe(1)
    // The node that has it stands still and is given up; the other one is gone.
    network.stall(had)
    await clock.advance(2500)
    network.down(away)
    await clock.advance(1500)
    expect(client.waiting.size).toBe(1)
    had.deeds = ['slow']
    network.wake(had)
    await clock.advance(1000)
    await expect(answer).resolves.toBe('once')
    expect(network.runs.get('once')).toBe(1)
    expect(client.roster.nodes.map(({ inFlight }) => inFlight)).toEqual([0])
    client.stop()
  })

  it('is sent to one that refused it, when the other ones left while it waited', async () => {
    const clock = virtualClock()
    const network = new FakeNetwork(clock, [['slow'], ['slow']])
    const options = remotePoolOptions.parse({ name: 'n', prefix: 'p', clock, random: () => 0.5 })
    const client = new RemoteClient(network.connection, options)
    await clock.advance(10)
    const earlier = client.ask('call', 'earlier', { key: 'a', timeout: Infinity })
    await clock.advance(10)
    const had = network.nodes.find(({ memory }) => memory.size > 0) as FakeNode
    had.deeds = ['stop']
    const answer = client.ask('call', 'answer', { key: 'a', timeout: Infinity })
    await clock.advance(10)
    expect(client.held).toBe(1)
    for (const node of network.nodes) if (node !== had) network.leave(node)
    await clock.advance(10)
    had.deeds = ['answer']
    await clock.advance(3000)
    expect(client.pending.size).toBe(0)
    await expect(Promise.all([earlier, answer])).resolves.toEqual(['earlier', 'answer'])
    client.stop()
  })
})
