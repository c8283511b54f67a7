import { NS_PER_MS } from '@genpool/runtime'
import fc from 'fast-check'
import { choose } from '../../src/nodes/choice'
import { Node } from '../../src/nodes/node'
import { rendezvous } from '../../src/nodes/rendezvous'
import { type Said, saidFrom } from '../../src/nodes/said'
import { said } from '../support/said'
import { simulate, type SimulatedNode } from './simulation'

const rules = { probeAfter: 250, silentAfter: 3000, goneAfter: 500 }
const node = (id: string, more: Partial<Said> = {}, now = 0): Node => new Node(said(id, more), rules, now)
const ms = (n: number): number => n * NS_PER_MS
const pick = (nodes: readonly Node[], now = 0, except?: ReadonlySet<string>) =>
  choose(nodes, { now, random: () => 0.3, except })?.id

describe('the choice of a node', () => {
  it('is the one where a request is answered first, by what nodes say and what was sent since', () => {
    const a = node('a', { inHand: 8 })
    const b = node('b', { inHand: 0 })
    expect(pick([a, b])).toBe('b')
    for (let i = 0; i < 12; i++) b.sends(0)
    expect(pick([a, b])).toBe('a')
    b.says(said('b', { inHand: 2 }), ms(1))
    expect(b.inHand).toBe(12)
  })

  it('counts the requests of other clients, and its own only once', () => {
    const a = node('a')
    for (let i = 0; i < 5; i++) a.sends(0)
    a.says(said('a', { inHand: 9 }), ms(1))
    expect(a.inHand).toBe(9)
    a.answers(0, { inHand: 8 }, ms(2))
    expect(a.inHand).toBe(8)
    a.loses()
    expect(a.inHand).toBe(7)
  })

  it('avoids a slow node while others are not much fuller, and uses it when they are', () => {
    const slow = node('slow', { runMs: 100 })
    const fast = node('fast', { inHand: 16 })
    expect(pick([slow, fast])).toBe('fast')
    fast.says(said('fast', { inHand: 200 }), 0)
    expect(pick([slow, fast])).toBe('slow')
  })

  it('avoids a node that leaves, is silent, or has refused this request, unless there is no other', () => {
    const a = node('a', { leaving: true })
    const b = node('b')
    expect(pick([a, b])).toBe('b')
    expect(pick([a])).toBe('a')
    expect(pick([a, b], 0, new Set(['b']))).toBe('a')
    expect(pick([a], 0, new Set(['a']))).toBeUndefined()
    const c = node('c', { inHand: 100 })
    c.says(said('c', { inHand: 100 }), ms(3000))
    expect(pick([b, c], ms(3000))).toBe('c')
    expect(pick([])).toBeUndefined()
  })

  it('gives a new node few requests first, and more with each answer', () => {
    const fresh = node('fresh', { upMs: 0 })
    const old = node('old', { inHand: 7 })
    let sent = 0
    for (; pick([fresh, old]) === 'fresh'; sent++) fresh.sends(0)
    expect(sent).toBe(2)
    fresh.answers(0, { inHand: 1 }, ms(1))
    fresh.answers(0, { inHand: 0 }, ms(1))
    for (sent = 0; pick([fresh, old], ms(1)) === 'fresh'; sent++) fresh.sends(ms(1))
    expect(sent).toBe(4)
    expect(pick([fresh], ms(1))).toBe('fresh')
  })

  it('of many nodes is the better of two different ones', () => {
    const nodes = Array.from({ length: 20 }, (_, i) => node(`n${i}`, { inHand: 8 + i }))
    const law = fc.property(
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (x, y) => {
        const drawn = [x, y]
        const chosen = choose(nodes, { now: 0, random: () => drawn.shift()! })!
        const first = Math.floor(x * 20)
        const second = Math.floor(y * 19)
        expect(chosen.id).toBe(`n${Math.min(first, second < first ? second : second + 1)}`)
      },
    )
    fc.assert(law)
  })
})

describe('simulated nodes', () => {
  const fast: SimulatedNode[] = ['a', 'b'].map((id) => ({ id, members: 8, runMs: 10 }))
  const slow: SimulatedNode = { id: 'slow', members: 8, runMs: 100 }
  const anyOf = (nodes: readonly Node[], random: () => number): Node => nodes[Math.floor(random() * nodes.length)]!
  // 60 % of what three nodes of 8 members can do when one of them is ten times slower.
  const load = { rate: 0.6 * 1.68, lengthMs: 10_000, seed: 7 }

  it('of which one is ten times slower: p99 is at most 0.3 of that of a queue group', () => {
    const ours = simulate({ ...load, nodes: [...fast, slow] })
    const group = simulate({ ...load, nodes: [...fast, slow], pick: anyOf })
    expect(ours.p99).toBeLessThanOrEqual(0.3 * group.p99)
    expect(ours.p99).toBeLessThan(40)
    expect(group.longestQueue).toBeGreaterThan(50)
  })

  it('are all used alike if they are alike', () => {
    const { sent, p99 } = simulate({ ...load, nodes: [...fast, { id: 'c', members: 8, runMs: 10 }], rate: 0.8 * 2.4 })
    expect(Math.max(...Object.values(sent)) / Math.min(...Object.values(sent))).toBeLessThan(1.1)
    expect(p99).toBeLessThan(20)
  })

  it('get nothing while they are frozen, and are used again afterwards', () => {
    const dying: SimulatedNode = { id: 'c', members: 8, runMs: 10, frozen: [[2000, 6000]] }
    const { sent, sentToFrozen } = simulate({ ...load, nodes: [...fast, dying] })
    expect(sentToFrozen).toBe(0)
    expect(sent['c']).toBeGreaterThan(1000)
  })

  it('that flap get few requests while they are frozen', () => {
    const frozen = Array.from({ length: 10 }, (_, i): [number, number] => [i * 1000 + 500, i * 1000 + 1000])
    const flapping: SimulatedNode = { id: 'c', members: 8, runMs: 10, frozen }
    const { p50, longestQueue } = simulate({ ...load, nodes: [...fast, flapping] })
    expect(longestQueue).toBeLessThan(60)
    expect(p50).toBeLessThan(15)
  })
})

describe('the node of a key', () => {
  const nodes = Array.from({ length: 8 }, (_, i) => ({ id: `node-${i}` }))

  it('is the same for all clients, whatever the order in which they know the nodes', () => {
    fc.assert(
      fc.property(fc.string(), fc.shuffledSubarray(nodes, { minLength: 8 }), (key, shuffled) => {
        expect(rendezvous(key, shuffled)).toBe(rendezvous(key, nodes))
      }),
    )
  })

  it('changes only for the keys of a node that leaves', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(...nodes), (key, gone) => {
        const before = rendezvous(key, nodes)!
        const after = rendezvous(
          key,
          nodes.filter((one) => one !== gone),
        )!
        if (before !== gone) expect(after).toBe(before)
      }),
    )
  })

  it('is each node for its share of the keys', () => {
    const counts = new Map<string, number>()
    for (let i = 0; i < 8000; i++) {
      const { id } = rendezvous(`customer-${i}`, nodes)!
      counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
    expect(rendezvous('k', [])).toBeUndefined()
  })
})

describe('what a node says of itself', () => {
  it('is read from any value, and what is something else is refused', () => {
    expect(saidFrom(said('a'))).toEqual(said('a'))
    fc.assert(fc.property(fc.anything(), (value) => expect(saidFrom(value)).toBeUndefined()))
    expect(saidFrom({ ...said('a'), size: NaN })).toBeUndefined()
    expect(saidFrom({ ...said('a'), id: 'a.b' })).toBeUndefined()
    expect(saidFrom({ ...said('a'), size: 0, more: 'x' })).toEqual(said('a', { size: 1 }))
  })
})
