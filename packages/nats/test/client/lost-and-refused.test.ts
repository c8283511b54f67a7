import { virtualClock } from '@genpool/runtime/testing'
import { RemoteClient } from '../../src/client/remote-client'
import { remotePoolOptions } from '../../src/client/remote-options'
import { type Deed, FakeNetwork } from '../support/fake-network'

/** A call that may be repeated is at one of two nodes, which is lost. The other one does `then` with it. */
async function repeated(then: Deed, how: 'kill' | 'down') {
  const clock = virtualClock()
  const network = new FakeNetwork(clock, [['late'], ['late']])
  const options = remotePoolOptions.parse({ name: 'n', prefix: 'p', clock, random: () => 0.5 })
  const client = new RemoteClient(network.connection, options)
  await clock.advance(10)
  const call = { timeout: 60_000, idempotent: true }
  const outcome = client.ask('call', 'again', call).catch((error: unknown) => error)
  await clock.advance(10)
  const had = client.pending.all()[0]?.node?.id
  for (const node of network.nodes) if (node.id !== had) node.deeds = [then]
  for (const node of network.nodes) if (node.id === had) network[how](node)
  await clock.advance(30_000)
  return { client, outcome, runs: network.runs.get('again') }
}

describe('a call whose node is lost, and that another node refuses then', () => {
  it.each([
    ['refuse', 'kill'],
    ['refuse', 'down'],
    ['stop', 'kill'],
    ['drop', 'down'],
  ] as const)('(%s, %s) is not told that it never ran', async (then, how) => {
    const { client, outcome, runs } = await repeated(then, how)
    expect(runs).toBe(1)
    expect(await outcome).toMatchObject({ code: 'ERR_GENPOOL_UNREACHABLE', mayHaveRun: true })
    client.stop()
  })

  it('has the answer of the other one, if that answers', async () => {
    const { client, outcome } = await repeated('answer', 'kill')
    expect(await outcome).toBe('again')
    client.stop()
  })
})
