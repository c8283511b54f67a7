import { virtualClock } from '@genpool/runtime/testing'
import { RemoteClient } from '../../src/client/remote-client'
import { remotePoolOptions } from '../../src/client/remote-options'
import { type FakeNode, FakeNetwork } from '../support/fake-network'

/** A client of one node that sends a call of one key, and a cast of it, each 2 ms. */
const setup = async (nodes = 1) => {
  const clock = virtualClock()
  const network = new FakeNetwork(
    clock,
    Array.from({ length: nodes }, () => ['answer'] as const),
  )
  const options = remotePoolOptions.parse({ name: 'n', prefix: 'p', clock, random: () => 0.5 })
  const client = new RemoteClient(network.connection, options)
  await clock.advance(20)
  let sent = 0
  const outcomes: Promise<unknown>[] = []
  const send = async (count: number, { key = 'k', cast = true, every = 2 } = {}): Promise<void> => {
    for (let i = 0; i < count; i++) {
      outcomes.push(client.ask('call', sent++, { key, timeout: 20_000 }).catch((error: Error) => error))
      if (cast) client.cast(sent++, { key })
      await clock.advance(every)
    }
  }
  const [node] = network.nodes as [FakeNode]
  return { clock, network, client, node, send, outcomes, count: () => sent }
}

/** Whether all came, once, and in the order in which they were sent. Casts that were on their way are lost. */
const expectInOrder = (took: readonly unknown[], sent: number, lost: number): void => {
  const numbers = took as number[]
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
  expect(numbers.length).toBeGreaterThanOrEqual(sent - lost)
}

describe('the messages of a key of one client keep their order', () => {
  it.each<[string, number, number, (network: FakeNetwork, node: FakeNode, isBack: boolean) => void]>([
    ['its connection is lost, and made again', 20, 1, (network, _node, isBack) => network.link(isBack)],
    [
      'the node has connected again, and this client does not know it yet',
      3,
      5,
      (network, node, isBack) => (isBack ? network.up(node) : network.down(node, { silently: true })),
    ],
    [
      'the node is away for longer, and NATS says so',
      30,
      1,
      (network, node, isBack) => (isBack ? network.up(node) : network.down(node)),
    ],
  ])('when %s', async (_name, meanwhile, lost, is) => {
    const { clock, network, node, send, outcomes, count } = await setup()
    await send(5)
    is(network, node, false)
    await send(meanwhile)
    is(network, node, true)
    await send(20)
    await clock.advance(1000)
    expectInOrder(network.took, count(), lost)
    expect(await Promise.all(outcomes)).toEqual(outcomes.map((_, i) => 2 * i))
  })

  it.each([0, 1, 2, 3, 5, 8, 60])(
    'when the server restarts, and the node is back %d ms after this client',
    async (late) => {
      const { clock, network, node, send, outcomes, count } = await setup()
      await send(5)
      network.link(false)
      network.down(node)
      await send(10)
      network.link(true)
      for (let i = 0; i < late; i += 2) await send(1)
      network.up(node)
      await send(20)
      await clock.advance(1000)
      expectInOrder(network.took, count(), 1)
      expect(await Promise.all(outcomes)).toEqual(outcomes.map((_, i) => 2 * i))
    },
  )

  it('when one was refused since its node had connected again, and the break that follows loses the refusal of the next', async () => {
    const { clock, network, node, send } = await setup()
    network.down(node)
    network.link(false)
    network.up(node)
    await clock.advance(1)
    network.link(true)
    await clock.settle()
    await send(2, { cast: false, every: 1 })
    network.link(false)
    network.link(true)
    await clock.advance(1000)
    expect(network.took).toEqual([0, 1])
  })

  it('without those of other keys or without a key having to wait for them', async () => {
    const { clock, network, client, node, send } = await setup()
    network.down(node, { silently: true })
    await send(1)
    network.up(node)
    void client.ask('call', 'without', {})
    await clock.advance(1)
    expect(network.took).toEqual(['without'])
    await clock.advance(100)
    expect(network.took.at(-1)).toBe(0)
  })

  it('and are asked for at once at a node that has connected again and leaves: it answers no questions', async () => {
    const { clock, network, node, send, outcomes } = await setup()
    await send(1, { cast: false })
    network.down(node, { silently: true })
    network.leave(node)
    await clock.advance(20)
    network.up(node)
    await clock.advance(20)
    expect(await Promise.race([outcomes[0], clock.settle().then(() => 'none')])).toBe(0)
  })

  it('within their deadlines, and leaves nothing behind', async () => {
    const { clock, network, client, node } = await setup()
    network.down(node)
    const call = client.ask('call', 1, { key: 'k', timeout: 100 }).catch(({ code }: { code: string }) => code)
    await clock.advance(10)
    const behind = client.ask('call', 2, { key: 'k', timeout: 20 }).catch(({ code }: { code: string }) => code)
    await clock.advance(200)
    expect(await Promise.all([call, behind])).toEqual(['ERR_GENPOOL_EXPIRED', 'ERR_GENPOOL_EXPIRED'])
    network.up(node)
    void client.ask('call', 3, { key: 'k' })
    await clock.advance(50)
    expect(network.took).toEqual([3])
    expect([client.waiting.size, client.held]).toEqual([0, 0])
  })
})
