import { NS_PER_MS } from '@genpool/runtime'
import fc from 'fast-check'
import { choose } from '../../src/nodes/choice'
import { Node } from '../../src/nodes/node'
import { Paces } from '../../src/nodes/paces'
import { rendezvous } from '../../src/nodes/rendezvous'
import { type Said, saidFrom } from '../../src/nodes/said'
import { said } from '../support/said'
import { simulate, type SimulatedNode } from './simulation'

const rules = { probeAfter: 250, silentAfter: 3000, goneAfter: 500 }
const node = (id: string, more: Partial<Said> = {}, now = 0): Node => new Node(said(id, more), rules, now)
const ms = (n: number): number => n * NS_PER_MS
const pick = (nodes: readonly Node[], now = 0, except?: ReadonlySet<string>) =>
  choose(nodes, { type: null, now, random: () => 0.3, except, paces: new Paces() })?.id

describe('the choice of a node', () => {
  it('is the one where a request is answered first, by what nodes say and what was sent since', () => {
    const a = node('a', { inHand: 8 })
    const b = node('b', { inHand: 0 })
    expect(pick([a, b])).toBe('b')
    for (let i = 0; i < 12; i++) b.sends(0, 10)
    expect(pick([a, b])).toBe('a')
    b.says(said('b', { inHand: 2 }), ms(1))
    expect(b.inHand).toBe(12)
  })

  it('counts the requests of other clients, and its own only once', () => {
    const a = node('a')
    for (let i = 0; i < 5; i++) a.sends(0, 10)
    a.says(said('a', { inHand: 9 }), ms(1))
    expect(a.inHand).toBe(9)
    a.answers({ sentAt: 0, workMs: 10 }, { inHand: 8 }, ms(2))
    expect(a.inHand).toBe(8)
    a.loses({ workMs: 10 })
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

  it.each(['paused', 'starting'] as const)('avoids a node that is %s while others work, also full ones', (halted) => {
    const a = node('a', { halted })
    const fresh = node('fresh', { upMs: 0, inHand: 50 })
    for (let i = 0; i < 5; i++) fresh.sends(0, 10)
    expect(pick([a, fresh])).toBe('fresh')
    expect(pick([a])).toBe('a')
    expect(pick([a, node('b', { leaving: true })])).toBe('a')
    const silent = node('silent', { halted: undefined }, -ms(3000))
    expect(pick([a, silent])).toBe('a')
    a.says(said('a'), 0)
    expect(pick([a, fresh])).toBe('a')
  })

  it('avoids a node at its rate until that lets the next one begin, as far as that costs less time', () => {
    const rated = node('rated', { openings: { free: 2, nextMs: 500, everyMs: 250 } })
    const slow = node('slow', { runMs: 100 })
    let sent = 0
    for (; pick([rated, slow]) === 'rated'; sent++) rated.sends(0, 10)
    expect(sent).toBe(2)
    expect(rated.beginsInMs(0)).toBe(500)
    expect(pick([rated])).toBe('rated')
    // When the wait is shorter than what the other one takes more, the wait is better.
    const soon = { free: 0, nextMs: 100, everyMs: 250 }
    rated.says(said('rated', { inHand: 2, openings: soon }), ms(400))
    expect(pick([rated, slow], ms(401))).toBe('slow')
    expect(pick([rated, slow], ms(411))).toBe('rated')
    rated.sends(ms(420), 10)
    expect(rated.beginsInMs(ms(420))).toBe(330)
  })

  it('counts for a rate what is still on its way to the node', () => {
    const rated = node('rated', { openings: { free: 5, nextMs: 500, everyMs: 100 } })
    for (let i = 0; i < 5; i++) rated.sends(0, 10)
    rated.says(said('rated', { inHand: 2, openings: { free: 3, nextMs: 500, everyMs: 100 } }), 0)
    expect(rated.beginsInMs(0)).toBe(500)
    rated.says(said('rated', { inHand: 5, openings: { free: 3, nextMs: 500, everyMs: 100 } }), 0)
    expect(rated.beginsInMs(0)).toBe(0)
    rated.says(said('rated'), 0)
    expect(rated.beginsInMs(0)).toBe(0)
  })

  it('finds the one of many that can begin, also one that warms up, while all others are at their rate', () => {
    const openings = { free: 0, nextMs: 60_000, everyMs: 60_000 }
    const rated = Array.from({ length: 20 }, (_, i) => node(`n${i}`, { openings }))
    const open = node('open', { inHand: 20 })
    expect(pick([...rated, open])).toBe('open')
    const fresh = node('fresh', { upMs: 0 })
    for (let i = 0; i < 5; i++) fresh.sends(0, 10)
    expect(pick([...rated, fresh])).toBe('fresh')
    expect(pick(rated)).toBe('n6')
  })

  it('gives a new node few requests first, and more with each answer', () => {
    const fresh = node('fresh', { upMs: 0 })
    const old = node('old', { inHand: 7 })
    let sent = 0
    for (; pick([fresh, old]) === 'fresh'; sent++) fresh.sends(0, 10)
    expect(sent).toBe(2)
    fresh.answers({ sentAt: 0, workMs: 10 }, { inHand: 1 }, ms(1))
    fresh.answers({ sentAt: 0, workMs: 10 }, { inHand: 0 }, ms(1))
    for (sent = 0; pick([fresh, old], ms(1)) === 'fresh'; sent++) fresh.sends(ms(1), 10)
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
        const chosen = choose(nodes, { type: null, now: 0, random: () => drawn.shift()!, paces: new Paces() })!
        const first = Math.floor(x * 20)
        const second = Math.floor(y * 19)
        expect(chosen.id).toBe(`n${Math.min(first, second < first ? second : second + 1)}`)
      },
    )
    fc.assert(law)
  })
})

describe('simulated nodes', () => {
  const alike: SimulatedNode[] = ['a', 'b', 'c'].map((id) => ({ id, members: 8 }))
  const fast = alike.slice(0, 2)
  const slow: SimulatedNode = { id: 'slow', members: 8, slower: () => 10 }
  const anyOf = (nodes: readonly Node[], random: () => number): Node => nodes[Math.floor(random() * nodes.length)]!
  const work = (rate: number) => [{ type: 'work', runMs: 10, rate }]
  // 60 % of what three nodes of 8 members can do when one of them is ten times slower.
  const load = { types: work(0.6 * 1.68), lengthMs: 10_000, seed: 7 }
  const unevenness = (sent: Readonly<Record<string, number>>): number =>
    Math.max(...Object.values(sent)) / Math.min(...Object.values(sent))

  it('of which one is ten times slower: p99 is at most 0.3 of that of a queue group', () => {
    const ours = simulate({ ...load, nodes: [...fast, slow] })
    const group = simulate({ ...load, nodes: [...fast, slow], pick: anyOf })
    expect(ours.of('work').p99).toBeLessThanOrEqual(0.3 * group.of('work').p99)
    expect(ours.of('work').p99).toBeLessThan(40)
    expect(group.longestQueue).toBeGreaterThan(50)
    expect(ours.slowest['slow']).toBeGreaterThan(5)
  })

  it('are all used alike if they are alike', () => {
    const { of } = simulate({ ...load, nodes: alike, types: work(0.8 * 2.4) })
    expect(unevenness(of('work').sent)).toBeLessThan(1.1)
    expect(of('work').p99).toBeLessThan(20)
  })

  it.each([
    { members: 1, clients: 1, load: 0.45 },
    { members: 4, clients: 1, load: 0.45 },
    { members: 4, clients: 5, load: 0.45 },
    { members: 4, clients: 1, load: 0.02 },
    { members: 8, clients: 3, load: 0.8 },
  ])('are used alike for long and short messages: $members members, $clients clients, load $load', (setup) => {
    const nodes = alike.map(({ id }) => ({ id, members: setup.members }))
    const rate = (setup.load * 3 * setup.members) / 10
    const types = [
      { type: 'long', runMs: 10, rate },
      { type: 'short', runMs: 0.1, rate },
    ]
    const mixed = simulate({ nodes, types, lengthMs: 20_000, seed: 3, clients: setup.clients })
    const alone = simulate({ nodes, types: types.slice(0, 1), lengthMs: 20_000, seed: 3, clients: setup.clients })
    const most = setup.load < 0.1 ? 1.3 : 1.1
    expect(unevenness(mixed.of('long').sent)).toBeLessThan(most)
    expect(mixed.of('long').p50).toBeLessThan(11)
    expect(mixed.of('long').p99).toBeLessThan(1.5 * alone.of('long').p99 + 1)
    expect(Math.max(...Object.values(mixed.slowest))).toBeLessThan(1.5)
  })

  it('of which one is slower get their share of long and short messages by how fast they are', () => {
    const types = [
      { type: 'long', runMs: 10, rate: 0.5 },
      { type: 'short', runMs: 1, rate: 0.5 },
    ]
    const { of, slowest } = simulate({ nodes: [...fast, slow], types, lengthMs: 20_000, seed: 3 })
    expect(of('long').p99).toBeLessThan(25)
    expect(of('short').p99).toBeLessThan(15)
    expect(slowest['slow']).toBeGreaterThan(5)
  })

  it('are tried again when they were slow', () => {
    const recovers: SimulatedNode = { id: 'c', members: 8, slower: (now) => (now < 5000 ? 10 : 1) }
    const { of, sentBetween } = simulate({ ...load, nodes: [...fast, recovers], lengthMs: 30_000 })
    expect(sentBetween(1000, 5000)['c']).toBeLessThan(0.02 * 4000)
    expect(unevenness(sentBetween(20_000, 30_000))).toBeLessThan(1.1)
    expect(of('work').p99).toBeLessThan(40)
  })

  it('get nothing while they are frozen, and are used again afterwards', () => {
    const dying: SimulatedNode = { id: 'c', members: 8, frozen: [[2000, 6000]] }
    const { of, sentToFrozen } = simulate({ ...load, nodes: [...fast, dying] })
    expect(sentToFrozen).toBe(0)
    expect(of('work').sent['c']).toBeGreaterThan(1000)
  })

  it('that flap get few requests while they are frozen', () => {
    const frozen = Array.from({ length: 10 }, (_, i): [number, number] => [i * 1000 + 500, i * 1000 + 1000])
    const flapping: SimulatedNode = { id: 'c', members: 8, frozen }
    const { of, longestQueue } = simulate({ ...load, nodes: [...fast, flapping] })
    expect(longestQueue).toBeLessThan(60)
    expect(of('work').p50).toBeLessThan(15)
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
