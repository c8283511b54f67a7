import { virtualClock } from '@genpool/runtime/testing'
import { RemoteClient } from '../../src/client/remote-client'
import { remotePoolOptions } from '../../src/client/remote-options'
import { type Deed, type FakeNode, FakeNetwork } from '../support/fake-network'

/** A client of three nodes, with a call that is at one of them. */
async function called(first: Deed) {
  const clock = virtualClock()
  const network = new FakeNetwork(clock, [[first], [first], [first]])
  const options = remotePoolOptions.parse({ name: 'n', prefix: 'p', clock, random: () => 0.5 })
  const client = new RemoteClient(network.connection, options)
  await clock.advance(10)
  const answer = client.ask('call', 'once', { timeout: 20_000 })
  await clock.settle()
  const had = client.pending.all()[0]?.node?.id
  const others = network.nodes.filter(({ id }) => id !== had)
  for (const node of others) node.deeds = ['slow']
  const reconnect = async (): Promise<void> => {
    network.link(false)
    await clock.settle()
    network.link(true)
    await clock.settle()
  }
  return { clock, network, client, answer, reconnect, had: network.nodes.find(({ id }) => id === had) as FakeNode }
}

describe('a call that may run only once', () => {
  it('runs once when its node refuses it, and is asked again because the connection was lost', async () => {
    const { clock, network, client, answer, reconnect } = await called('refuse')
    await reconnect()
    await clock.advance(1000)
    await expect(answer).resolves.toBe('once')
    expect(network.runs.get('once')).toBe(1)
    client.stop()
  })

  it('runs once when its node refuses it, and is gone when it is asked again', async () => {
    const { clock, network, client, answer, reconnect, had } = await called('refuse')
    await clock.advance(1)
    network.down(had)
    await reconnect()
    await clock.advance(1000)
    await expect(answer).resolves.toBe('once')
    expect(network.runs.get('once')).toBe(1)
    client.stop()
  })

  it('runs once when its node stops, and says so twice while it waits for an earlier call of its key', async () => {
    const clock = virtualClock()
    const network = new FakeNetwork(clock, [['slow'], ['slow'], ['slow']])
    const options = remotePoolOptions.parse({ name: 'n', prefix: 'p', clock, random: () => 0.5 })
    const client = new RemoteClient(network.connection, options)
    await clock.advance(10)
    const earlier = client.ask('call', 'earlier', { key: 'a' })
    await clock.advance(10)
    const had = network.nodes.find(({ memory }) => memory.size > 0) as FakeNode
    had.deeds = ['stop']
    const answer = client.ask('call', 'once', { key: 'a' })
    await clock.settle()
    network.link(false)
    await clock.settle()
    network.link(true)
    await clock.advance(10)
    expect(client.held).toBe(1)
    await clock.advance(1000)
    await expect(Promise.all([earlier, answer])).resolves.toEqual(['earlier', 'once'])
    expect(network.runs.get('once')).toBe(1)
    expect(client.roster.nodes.map(({ inFlight }) => inFlight)).toEqual([0, 0, 0])
    client.stop()
  })
})
