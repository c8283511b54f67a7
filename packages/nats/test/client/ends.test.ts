import { virtualClock } from '@genpool/runtime/testing'
import { RemoteClient } from '../../src/client/remote-client'
import { remotePoolOptions } from '../../src/client/remote-options'
import { FakeNetwork } from '../support/fake-network'

describe('the end of a client', () => {
  const setup = () => {
    const clock = virtualClock()
    const network = new FakeNetwork(clock, [])
    const client = new RemoteClient(network.connection, remotePoolOptions.parse({ name: 'n', prefix: 'p', clock }))
    return { clock, network, client }
  }

  it('rejects who waits until it is ready when its address stops, and who asks later', async () => {
    const { client } = setup()
    const waits = expect(client.ready()).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
    client.stop()
    await waits
    await expect(client.ready()).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
  })

  it('rejects who waits until it is ready when its connection is closed, and who asks later', async () => {
    const { client, clock, network } = setup()
    const waits = expect(client.ready()).rejects.toMatchObject({ code: 'ERR_GENPOOL_UNREACHABLE' })
    network.close()
    await clock.settle()
    await waits
    await expect(client.ready()).rejects.toMatchObject({ code: 'ERR_GENPOOL_UNREACHABLE' })
  })

  it.each(['stop', 'close'] as const)('counts casts that wait here as lost: %s', async (end) => {
    const { client, clock, network } = setup()
    network.link(false)
    await clock.settle()
    client.cast('hello', {})
    if (end === 'stop') client.stop()
    else network.close()
    await clock.settle()
    expect(client.counts).toMatchObject({ casts: 1, lostCasts: 1 })
  })

  it('leaves Node its time when callers try again as soon as they are refused', async () => {
    const network = new FakeNetwork(virtualClock(), [])
    const client = new RemoteClient(network.connection, remotePoolOptions.parse({ name: 'n', prefix: 'p' }))
    client.stop()
    let isOver = false
    setTimeout(() => (isOver = true), 10)
    let refused = 0
    while (!isOver && refused < 300_000) await client.ask('call', { type: 'a' }, {}).catch(() => refused++)
    expect(refused).toBeLessThan(300_000)
  })
})
