import { virtualClock } from '@genpool/runtime/testing'
import { RemoteClient } from '../../src/client/remote-client'
import { remotePoolOptions } from '../../src/client/remote-options'
import { FakeNetwork } from '../support/fake-network'

describe('casts of a key to a node that has connected again, which their sender has not heard', () => {
  it('are taken when it has, each once and in order', async () => {
    const clock = virtualClock()
    const network = new FakeNetwork(clock, [['answer']])
    const lost: unknown[] = []
    const options = remotePoolOptions.parse({ name: 'n', prefix: 'p', clock, random: () => 0.5 })
    const client = new RemoteClient(network.connection, options, (message) => lost.push(message))
    await clock.advance(10)
    network.nodes[0]!.epoch++
    for (const message of ['first', 'second']) expect(client.cast(message, { key: 'a' })).toEqual({ ok: true })
    await clock.advance(5000)
    expect([network.took, lost]).toEqual([['first', 'second'], []])
    client.stop()
  })
})
