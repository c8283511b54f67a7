import { NS_PER_MS } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import fc from 'fast-check'
import { RemoteClient } from '../../src/client/remote-client'
import { remotePoolOptions } from '../../src/client/remote-options'
import { type FakeNode, FakeNetwork } from '../support/fake-network'

/** `GENPOOL_LAW_RUNS` asks for more. */
const RUNS = Number(process.env['GENPOOL_LAW_RUNS'] ?? 120)
const SILENT_AFTER = 300

/** What happens to the only node, or to the connection of the client; and what the client sends. */
const steps = fc.array(
  fc.record({
    do: fc.constantFrom('kill', 'down', 'vanish', 'leave', 'up', 'up', 'cut', 'join', 'call', 'keyed', 'cast'),
    ms: fc.constantFrom(0, 1, 2, 3, 6, 50, 51, 60, 200),
  }),
  { minLength: 5, maxLength: 30 },
)
type Deed = 'kill' | 'down' | 'vanish' | 'leave' | 'up' | 'cut' | 'join'

/** A client of one node. */
class World {
  readonly clock = virtualClock()
  readonly network = new FakeNetwork(this.clock, [['answer']])
  readonly client = new RemoteClient(
    this.network.connection,
    remotePoolOptions.parse({
      ...{ name: 'n', prefix: 'p', clock: this.clock, random: () => 0.5, silentAfter: SILENT_AFTER },
    }),
  )
  /** When calls were told that nobody serves, and how long after a node was there. */
  readonly tooEarly: number[] = []
  readonly outcomes: number[] = []
  #isLinked = true
  #thereAt = 0

  get #ms(): number {
    return this.clock.now() / NS_PER_MS
  }

  call(key?: string): void {
    const id = this.outcomes.push(0) - 1
    const settled = (error?: { code: string; mayHaveRun?: boolean }): void => {
      this.outcomes[id]!++
      if (error?.code !== 'ERR_GENPOOL_UNREACHABLE' || error.mayHaveRun === true) return
      const after = this.#ms - this.#thereAt
      if (after < SILENT_AFTER) this.tooEarly.push(after)
    }
    const options = { timeout: 20_000, ...(key === undefined ? {} : { key }) }
    this.client.ask('call', id, options).then(() => settled(), settled)
  }

  happens(deed: Deed): void {
    const { network } = this
    const [node] = network.nodes as [FakeNode]
    if (deed === 'cut' || deed === 'join') network.link((this.#isLinked = deed === 'join'))
    else if (deed === 'vanish') network.down(node, { silently: true })
    else network[deed](node)
  }

  async passes(ms: number): Promise<void> {
    await this.clock.settle()
    for (let i = 0; i < ms; i++) {
      await this.clock.advance(1)
      const [{ isUp, isLeaving }] = this.network.nodes as [FakeNode]
      if (isUp && !isLeaving && this.#isLinked) this.#thereAt = this.#ms
    }
  }
}

describe('calls that wait for a node', () => {
  it('wait for "silentAfter" after one was there, however it went', () =>
    fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const world = new World()
        await world.passes(20)
        for (const { do: deed, ms } of all) {
          if (deed === 'call') world.call()
          else if (deed === 'keyed') world.call('k')
          else if (deed === 'cast') world.client.cast('cast', { key: 'k' })
          else world.happens(deed)
          await world.passes(ms)
        }
        world.happens('join')
        await world.passes(50)
        await world.clock.advance(25_000)
        expect(world.tooEarly).toEqual([])
        expect(world.outcomes).toEqual(world.outcomes.map(() => 1))
        world.client.stop()
      }),
      { numRuns: 3 * RUNS },
    ))
})
