import { virtualClock } from '@genpool/runtime/testing'
import { RemoteClient } from '../../src/client/remote-client'
import { remotePoolOptions } from '../../src/client/remote-options'
import { type Deed, type FakeNode, FakeNetwork } from '../support/fake-network'

/** A client that knows its nodes, and a call whose outcome is told. */
async function setup(nodes: number, deed: Deed = 'answer') {
  const clock = virtualClock()
  const network = new FakeNetwork(
    clock,
    Array.from({ length: nodes }, () => [deed] as const),
  )
  const lost: unknown[] = []
  const options = remotePoolOptions.parse({ name: 'n', prefix: 'p', clock, random: () => 0.5 })
  const client = new RemoteClient(network.connection, options, (message) => void lost.push(message))
  await clock.advance(10)
  const ask = (message: string, given: object = {}): { outcome: unknown } => {
    const seen: { outcome: unknown } = { outcome: undefined }
    const told = (outcome: unknown): void => void (seen.outcome = outcome)
    client.ask('call', message, { timeout: 20_000, ...given }).then(told, told)
    return seen
  }
  return { clock, network, client, lost, ask }
}
const gone = { code: 'ERR_GENPOOL_UNREACHABLE', mayHaveRun: false }

describe('nodes that are all gone for a moment', () => {
  const ends: [string, (network: FakeNetwork, node: FakeNode) => void][] = [
    ['killed', (network, node) => network.kill(node)],
    ['cut off by a restart of their server', (network, node) => network.down(node)],
    ['stopped', (network, node) => network.leave(node)],
  ]
  it.each(ends)('are waited for within the deadline of a call: %s', async (_, end) => {
    const { clock, network, client, ask } = await setup(3)
    for (const node of network.nodes) end(network, node)
    await clock.advance(1100)
    const call = ask('hello')
    await clock.advance(1500)
    expect(call.outcome).toBeUndefined()
    for (const node of network.nodes) network.up(node)
    await clock.advance(20)
    expect(call.outcome).toBe('hello')
    client.stop()
  })

  it('are waited for by a call that was sent twice, and reached nobody twice', async () => {
    const { clock, network, client, ask } = await setup(1)
    const [node] = network.nodes
    network.down(node!)
    const call = ask('hello')
    // It is back, says so, and is gone again before the call arrives.
    network.up(node!)
    network.down(node!)
    await clock.advance(3000)
    expect(call.outcome).toBeUndefined()
    network.up(node!)
    await clock.advance(20)
    expect(call.outcome).toBe('hello')
    client.stop()
  })

  it('are waited for with casts, too', async () => {
    const { clock, network, client, lost } = await setup(1)
    network.kill(network.nodes[0]!)
    client.cast('hello', {})
    await clock.advance(1500)
    network.up(network.nodes[0]!)
    await clock.advance(20)
    expect(lost).toEqual([])
    expect(client.waiting.size).toBe(0)
    client.stop()
  })

  it('are waited for with casts that were sent to all of them', async () => {
    const { clock, network, client, lost, ask } = await setup(2, 'slow')
    for (const message of ['a', 'b', 'c', 'd']) ask(message)
    await clock.advance(10)
    expect(client.roster.nodes.map(({ inFlight }) => inFlight)).toEqual([2, 2])
    for (const node of network.nodes) network.kill(node)
    client.cast('hello', {})
    await clock.advance(1000)
    expect(lost).toEqual([])
    await clock.advance(3000)
    expect(lost).toEqual(['hello'])
    client.stop()
  })

  it('cost no call the budget for retries', async () => {
    const { clock, network, client, ask } = await setup(3, 'slow')
    for (let i = 0; i < 6; i++) ask('busy')
    await clock.advance(10)
    for (const node of network.nodes) network.kill(node)
    const calls = Array.from({ length: 20 }, (_, i) => ask(`${i}`))
    await clock.advance(1000)
    expect(calls.map(({ outcome }) => outcome)).toEqual(calls.map(() => undefined))
    for (const node of network.nodes) network.up(node)
    await clock.advance(1000)
    expect(calls.map(({ outcome }) => outcome)).toEqual(calls.map((_, i) => `${i}`))
    client.stop()
  })

  it('are given up after "silentAfter": then it says at once that nobody serves, until there is one again', async () => {
    const { clock, network, client, lost, ask } = await setup(2)
    for (const node of network.nodes) network.kill(node)
    const first = ask('first')
    client.cast('cast', {})
    await clock.advance(2900)
    expect(first.outcome).toBeUndefined()
    await clock.advance(200)
    expect(first.outcome).toMatchObject(gone)
    expect(lost).toEqual(['cast'])
    const second = ask('second')
    await clock.advance(10)
    expect(second.outcome).toMatchObject(gone)
    // They come back, and go again.
    network.up(network.nodes[0]!)
    await clock.advance(10)
    network.kill(network.nodes[0]!)
    const third = ask('third')
    await clock.advance(1000)
    expect(third.outcome).toBeUndefined()
    await clock.advance(2500)
    expect(third.outcome).toMatchObject(gone)
    client.stop()
  })

  it('are not waited for beyond the deadline', async () => {
    const { clock, network, client, ask } = await setup(1)
    network.kill(network.nodes[0]!)
    const call = ask('hello', { timeout: 500 })
    await clock.advance(510)
    expect(call.outcome).toMatchObject({ code: 'ERR_GENPOOL_EXPIRED', started: false })
    client.stop()
  })

  it('are not waited for by what may have run there, unless that may run twice', async () => {
    const { clock, network, client, ask } = await setup(1, 'slow')
    const [node] = network.nodes as [FakeNode]
    const once = ask('once')
    const twice = ask('twice', { idempotent: true })
    await clock.advance(10)
    network.kill(node)
    const later = ask('later')
    await clock.advance(1000)
    expect(once.outcome).toMatchObject({ code: 'ERR_GENPOOL_UNREACHABLE', mayHaveRun: true })
    expect([twice.outcome, later.outcome]).toEqual([undefined, undefined])
    network.up(node)
    await clock.advance(500)
    expect([twice.outcome, later.outcome]).toEqual(['twice', 'later'])
    client.stop()
  })

  it('are waited for by what the last one refused because it stops', async () => {
    const { clock, network, client, ask } = await setup(1, 'stop')
    const [node] = network.nodes as [FakeNode]
    network.leave(node)
    const call = ask('hello')
    await clock.advance(1500)
    expect(call.outcome).toBeUndefined()
    node.deeds = ['answer']
    network.up(node)
    await clock.advance(20)
    expect(call.outcome).toBe('hello')
    client.stop()
  })
})
