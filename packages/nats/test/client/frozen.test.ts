import { NS_PER_MS } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import { RemoteClient } from '../../src/client/remote-client'
import { remotePoolOptions } from '../../src/client/remote-options'
import { NodeAliveness } from '../../src/nodes/aliveness'
import { FakeNetwork } from '../support/fake-network'

describe('a node whose process stands still', () => {
  const worldOf = async (options: object) => {
    const clock = virtualClock()
    const network = new FakeNetwork(clock, [['answer']])
    const client = new RemoteClient(
      network.connection,
      remotePoolOptions.parse({ name: 'n', prefix: 'p', clock, ...options }),
    )
    await clock.advance(10)
    const ask = async (timeout: number) => {
      const begun = clock.now()
      const error = await client.ask('call', 'hello', { timeout }).then(
        () => ({ code: 'answered', mayHaveRun: undefined }),
        (failed: { code: string; mayHaveRun?: boolean }) => failed,
      )
      return { code: error.code, mayHaveRun: error.mayHaveRun, ms: (clock.now() - begun) / NS_PER_MS }
    }
    return { clock, network, client, ask }
  }

  it.each([400, 1000, 3000])('is given up after "silentAfter" (%i) by a call that it has', async (silentAfter) => {
    const { clock, network, client, ask } = await worldOf({ silentAfter })
    network.stall(network.nodes[0]!)
    const asked = ask(60_000)
    await clock.advance(20_000)
    const { code, mayHaveRun, ms } = await asked
    expect({ code, mayHaveRun }).toEqual({ code: 'ERR_GENPOOL_UNREACHABLE', mayHaveRun: true })
    expect(ms).toBeGreaterThanOrEqual(silentAfter)
    expect(ms).toBeLessThan(silentAfter + 150)
    client.stop()
  })

  it('keeps the calls after that waiting for about as long, and not for their whole deadline', async () => {
    const { clock, network, client, ask } = await worldOf({ silentAfter: 1000 })
    network.stall(network.nodes[0]!)
    const first = ask(60_000)
    await clock.advance(1100)
    await first
    for (let i = 0; i < 2; i++) {
      const next = ask(60_000)
      await clock.advance(5000)
      const { code, mayHaveRun, ms } = await next
      expect({ code, mayHaveRun }).toEqual({ code: 'ERR_GENPOOL_UNREACHABLE', mayHaveRun: false })
      expect(ms).toBeLessThan(1600)
    }
    network.wake(network.nodes[0]!)
    const last = ask(60_000)
    await clock.advance(100)
    expect(await last).toMatchObject({ code: 'answered' })
    client.stop()
  })
})

describe('a node with a slow rhythm', () => {
  const rules = { probeAfter: 250, silentAfter: 600, goneAfter: 400 }
  const every = 5000
  const at = (ms: number): number => ms * NS_PER_MS

  it('is given up after "silentAfter" once it does not answer a question, if it has something in hand', () => {
    const node = new NodeAliveness(rules, 0)
    node.sent(at(1000))
    expect(node.judge(at(1299), every)).toBe('probe')
    node.probed(at(1299))
    expect(node.judge(at(1500), every)).toBe('doubtful')
    expect(node.judge(at(1600), every)).toBe('lost')
  })

  it('is not given up before it was asked, or if it has nothing in hand', () => {
    const node = new NodeAliveness(rules, 0)
    expect(node.judge(at(11_000), every)).toBe('fine')
    node.sent(at(11_000))
    expect(node.judge(at(11_400), every)).toBe('probe')
    node.probed(at(11_600))
    expect(node.judge(at(11_650), every)).not.toBe('lost')
    node.heard(at(11_700))
    expect(node.judge(at(12_000), every)).toBe('probe')
  })
})
