import { NS_PER_MS } from '@genpool/runtime'
import fc from 'fast-check'
import { NodeAliveness } from '../../src/nodes/aliveness'

const ms = (n: number): number => n * NS_PER_MS
const rules = { probeAfter: 250, silentAfter: 3000, goneAfter: 500 }
const alive = (): NodeAliveness => new NodeAliveness(rules, 0)
const judge = (node: NodeAliveness, at: number) => node.judge(ms(at), 1000)

describe('a node', () => {
  it('without work is fine while it says something, doubtful after 2.5 of its own rhythm, and lost after the stated time', () => {
    const node = alive()
    expect(judge(node, 2500)).toBe('fine')
    expect(judge(node, 2600)).toBe('doubtful')
    expect(judge(node, 3000)).toBe('lost')
    node.heard(ms(2900))
    expect(judge(node, 3000)).toBe('fine')
  })

  it('with work is asked whether it is there once it is silent, and again, until it is lost', () => {
    const node = alive()
    node.sent(ms(100))
    expect(judge(node, 340)).toBe('fine')
    expect(judge(node, 350)).toBe('probe')
    node.probed(ms(350))
    expect(judge(node, 400)).toBe('doubtful')
    expect(judge(node, 600)).toBe('probe')
    node.heard(ms(610))
    expect(judge(node, 800)).toBe('fine')
    expect(judge(node, 860)).toBe('probe')
    expect(judge(node, 3610)).toBe('lost')
  })

  it('that does not answer stays doubtful when its work has expired, until it says something', () => {
    const node = alive()
    node.sent(ms(100))
    expect(judge(node, 350)).toBe('probe')
    node.probed(ms(350))
    node.rests()
    expect(node.isDoubtful(ms(700), 1000)).toBe(true)
    expect(judge(node, 700)).toBe('probe')
    node.heard(ms(800))
    expect(node.isDoubtful(ms(900), 1000)).toBe(false)
    expect(judge(node, 900)).toBe('fine')
  })

  it('that NATS says is gone is lost within half a second, unless it connects again', () => {
    const node = alive()
    node.sent(ms(100))
    node.missing(ms(350))
    node.probed(ms(350))
    expect(node.isDoubtful(ms(351), 1000)).toBe(true)
    expect(judge(node, 500)).toBe('doubtful')
    expect(judge(node, 600)).toBe('probe')
    expect(judge(node, 850)).toBe('lost')
    node.heard(ms(849))
    expect(judge(node, 850)).toBe('fine')
  })

  it('that is killed is lost within a second of the last sign, if it had work', () => {
    fc.assert(
      fc.property(fc.nat(999), (sentAt) => {
        const node = alive()
        node.sent(ms(sentAt))
        let at = sentAt
        for (; judge(node, at) !== 'lost'; at += 10) {
          // Each question is answered by NATS: nobody is there.
          if (judge(node, at) === 'probe') {
            node.probed(ms(at))
            node.missing(ms(at))
          }
        }
        expect(at - sentAt).toBeLessThan(1000)
      }),
    )
  })

  it('that answers everything is never doubtful, however slow its handlers are', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400), { minLength: 1, maxLength: 50 }), (steps) => {
        const node = alive()
        node.sent(0)
        let now = 0
        for (const step of steps) {
          now += step
          if (judge(node, now) === 'probe') {
            node.probed(ms(now))
            node.heard(ms(now))
          }
          expect(['fine', 'probe']).toContain(judge(node, now))
        }
      }),
    )
  })
})
