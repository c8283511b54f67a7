import { NS_PER_MS } from '@genpool/runtime'
import { Roster } from '../../src/client/roster'
import { said } from '../support/said'

const ms = (n: number): number => n * NS_PER_MS
const nothing = {
  probe: () => undefined,
  lost: () => undefined,
  reconnected: () => undefined,
  gaveBack: () => undefined,
}

describe('the nodes that a client knows', () => {
  it('are a thousand at most, whoever makes up nodes: those that speak stay, those silent for longest go first', () => {
    const roster = new Roster({ probeAfter: 250, silentAfter: 3000, goneAfter: 500 }, nothing)
    roster.says(said('true'), 0)
    for (let i = 0; i < 5000; i++) roster.says(said(`fake-${i}`), ms(i < 500 ? 0 : 1))
    expect(roster.nodes).toHaveLength(1000)
    expect(roster.node('fake-3000')).toBeUndefined()
    // They say nothing more; the true one does.
    roster.says(said('true'), ms(10_000))
    for (let i = 0; i < 400; i++) roster.says(said(`new-${i}`), ms(10_001))
    expect(roster.nodes).toHaveLength(1000)
    expect(roster.node('true')).toBeDefined()
    expect(roster.node('new-399')).toBeDefined()
    expect([roster.node('fake-1'), roster.node('fake-600')]).toEqual([undefined, expect.anything()])
  })
})
