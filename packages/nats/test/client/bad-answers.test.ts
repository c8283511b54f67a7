import { virtualClock } from '@genpool/runtime/testing'
import { RemoteClient } from '../../src/client/remote-client'
import { remotePoolOptions } from '../../src/client/remote-options'
import { type Deed, FakeNetwork } from '../support/fake-network'

describe('the error of a call whose answer cannot be read', () => {
  const errorAfter = async (deed: Deed): Promise<Error> => {
    const clock = virtualClock()
    const network = new FakeNetwork(clock, [[deed]])
    const client = new RemoteClient(network.connection, remotePoolOptions.parse({ name: 'n', prefix: 'p', clock }))
    await clock.advance(10)
    const failed = client.ask('call', 'hello', {}).then(
      () => new Error('it was answered'),
      (error: unknown) => error as Error,
    )
    await clock.advance(1000)
    client.stop()
    return failed
  }

  it.each<[Deed, string]>([
    ['garbage', 'it is no frame of @genpool/nats'],
    ['newer', 'the kind of frame 99 is not known here: has the other side a newer version of @genpool/nats?'],
  ])('names the node, and does not say that nothing was changed: %s', async (deed, why) => {
    const error = await errorAfter(deed)
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_INVALID', committed: 'maybe', mayBeCommitted: true })
    expect(error.message).toBe(
      'An answer of node "node-0" of remote pool "n" was refused; its handler may have run, and what it committed stands.\n' +
        `  at the whole value: ${why}`,
    )
  })
})
