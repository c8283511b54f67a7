import { NS_PER_MS } from '@genpool/runtime'
import { explainRemote } from '../../src/client/explain-remote'
import { RemoteCounts } from '../../src/client/inspect-remote'
import { Node } from '../../src/nodes/node'
import { Paces } from '../../src/nodes/paces'
import { saidFrom } from '../../src/nodes/said'

const rules = { probeAfter: 250, silentAfter: 3000, goneAfter: 500 }
const said = (id: string, more: object = {}) => {
  const work = { size: 4, idle: 4, waiting: 0, inHand: 0, oldestWaitMs: 0, runMs: 5 }
  return saidFrom({ id, version: '1.0.0', ...work, upMs: 9000, everyMs: 1000, epoch: 0, ...more })!
}
const ms = (n: number): number => n * NS_PER_MS

/** A node whose requests take so long here, of which it has them for 5 ms. */
const far = (id: string, tookMs: number, more: object = {}): Node => {
  const node = new Node(said(id, more), rules, 0)
  for (let i = 0; i < 10; i++) {
    node.sends(0, 10)
    node.answers({ sentAt: 0, workMs: 10 }, { inHand: 0, heldMs: 5 }, ms(tookMs))
  }
  return node
}

const explained = (nodes: readonly Node[], sharesState = false) => {
  const paces = new Paces()
  return explainRemote(
    {
      name: 'orders',
      phase: 'running',
      connected: true,
      refusal: null,
      counts: new RemoteCounts(0),
      roster: { nodes, timesSlower: (node, now) => paces.of(node, nodes, now), isMute: () => false },
      pending: { size: 0 },
      waiting: { size: 0 },
      held: 0,
      options: { maxInFlight: 100 },
      sharesState,
    },
    ms(100),
  )
}

describe('explain of a remote pool', () => {
  it.each<[string, string, string]>([
    ['paused', '"a" is paused, so other nodes are preferred', 'Call resume(pool) where it runs.'],
    ['starting', '"a" has no member that has started, so other nodes are preferred', 'Wait for it, '],
  ])('names a node that is %s', (halted, says, advice) => {
    const { findings, calm } = explained([far('a', 7, { halted, waiting: 3 }), far('b', 7)])
    expect(findings).toMatchObject([{ finding: halted, says, figures: { nodes: 2, halted: 1, waiting: 3 } }])
    expect(findings[0]!.advice).toContain(advice)
    expect(calm).toBe(false)
  })

  it('says that messages wait if all nodes are paused, and not that members are busy', () => {
    const { findings } = explained([far('a', 7, { halted: 'paused', waiting: 3 })])
    expect(findings).toMatchObject([{ finding: 'paused', says: '"a" is paused, so messages wait' }])
  })

  it('tells what holds requests back at nodes', () => {
    const { findings } = explained([
      far('a', 7, { waiting: 3, heldBack: '3 requests wait for the rate of work' }),
      far('b', 7),
    ])
    expect(findings).toMatchObject([
      { finding: 'limits', says: 'at "a", 3 requests wait for the rate of work', figures: { nodes: 1, waiting: 3 } },
    ])
  })

  it('names a node to which the way is long, with how long', () => {
    const { findings } = explained([far('near', 7), far('far', 85)])
    expect(findings).toMatchObject([{ finding: 'far-nodes', figures: { nearestMs: expect.any(Number) as number } }])
    expect(findings[0]!.says).toContain('"far"')
    expect(Math.abs(Number(findings[0]!.figures['roundTripP99Ms']) - 80)).toBeLessThan(6)
  })

  it('names a node whose handlers are slow, with the slowest of them', () => {
    const runs = (p50Ms: number) => [{ type: 'work', p50Ms, meanMs: p50Ms, perSecond: 1 }]
    const fast = { runMs: 5, runP99Ms: 9, runs: runs(5) }
    const nodes = [far('a', 7, fast), far('b', 7, { runMs: 50, runP99Ms: 90, runs: runs(50) })]
    expect(explained(nodes).findings).toMatchObject([{ finding: 'slow-nodes', figures: { runMs: 50, runP99Ms: 90 } }])
    expect(Math.round(Number(explained(nodes).findings[0]!.figures['timesSlower']))).toBe(10)
  })

  it('does not send people to the machines alone if the slow node shares one state with the others', () => {
    const runs = (p50Ms: number) => [{ type: 'work', p50Ms, meanMs: p50Ms, perSecond: 1 }]
    const slow = { runMs: 50, runP99Ms: 90, runs: runs(50) }
    const nodes = [far('a', 7, { runMs: 5, runP99Ms: 9, runs: runs(5) }), far('b', 7, slow)]
    expect(explained(nodes).findings[0]!.advice).toBe('Look at these machines.')
    const { advice } = explained(nodes, true).findings[0]!
    expect(advice).toMatch(/^Commits of all nodes to their one state compete: .*look at these machines\.$/)
  })

  it('is calm about a node that got the long messages: for the same ones it takes as long as others', () => {
    const short = { type: 'short', p50Ms: 0.1, meanMs: 0.1, perSecond: 9 }
    const long = { type: 'long', p50Ms: 30, meanMs: 30, perSecond: 9 }
    const nodes = [
      far('a', 7, { runMs: 30, runP99Ms: 30, runs: [short, long] }),
      far('b', 7, { runMs: 0.1, runP99Ms: 30, runs: [long, short] }),
    ]
    expect(explained(nodes).calm).toBe(true)
  })

  it('is calm about nodes that are alike, and says how many there are', () => {
    expect(explained([far('a', 7), far('b', 8)])).toMatchObject({
      calm: true,
      findings: [{ finding: 'calm', figures: { nodes: 2, inFlight: 0 } }],
    })
  })

  it('is calm about nodes of an older version that do not say how long 99 % of their runs take', () => {
    expect(explained([far('a', 7), far('b', 8)]).calm).toBe(true)
    expect(said('a')).toMatchObject({ runP99Ms: 0 })
    expect(said('a', { runP99Ms: 'much' })).toMatchObject({ runP99Ms: 0 })
  })
})
