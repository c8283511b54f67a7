import { NS_PER_MS } from '@genpool/runtime'
import fc from 'fast-check'
import { Memory } from '../../src/server/memory'

const ms = (n: number): number => n * NS_PER_MS
const frame = (size = 1): Uint8Array => new Uint8Array(size)

describe('what a node remembers of its requests', () => {
  it('is whether one runs, its answer for a while, and that one has certainly not come', () => {
    const memory = new Memory(0)
    memory.began('a')
    expect(memory.recall('a', 5, ms(10))).toEqual({ kind: 'running' })
    memory.answered('a', frame(3), ms(20))
    expect(memory.recall('a', 15, ms(30))).toEqual({ kind: 'answered', frame: frame(3) })
    expect(memory.recall('b', 5, ms(30))).toEqual({ kind: 'new' })
  })

  it('is nothing of what was sent before it served, and of what it has forgotten', () => {
    const memory = new Memory(ms(100))
    expect(memory.recall('a', 50, ms(120))).toEqual({ kind: 'forgotten' })
    memory.began('a')
    memory.answered('a', frame(), ms(200))
    memory.began('b')
    memory.answered('b', frame(), ms(20_000))
    expect(memory.recall('a', 19_900, ms(20_000))).toEqual({ kind: 'forgotten' })
    expect(memory.recall('c', 19_700, ms(20_000))).toEqual({ kind: 'new' })
  })

  it('is bounded in number and in bytes', () => {
    const memory = new Memory(0)
    for (let i = 0; i < 50_000; i++) {
      memory.began(`${i}`)
      memory.answered(`${i}`, frame(), ms(i / 1000))
    }
    expect(memory.recall('0', 40, ms(50)).kind).toBe('forgotten')
    expect(memory.recall('49999', 1, ms(50)).kind).toBe('answered')
    memory.began('large')
    memory.answered('large', frame(17_000_000), ms(60))
    expect(memory.recall('49999', 10, ms(60)).kind).toBe('forgotten')
    expect(memory.running).toBe(0)
  })

  it('never calls a request new that it has had', () => {
    const steps = fc.array(fc.record({ id: fc.nat(50), wait: fc.nat(3000), size: fc.nat(4_000_000) }), {
      maxLength: 80,
    })
    fc.assert(
      fc.property(steps, (all) => {
        const memory = new Memory(0)
        const cameAt = new Map<string, number>()
        let now = 1
        for (const { id, wait, size } of all) {
          const name = `${id}`
          if (!cameAt.has(name)) {
            cameAt.set(name, now)
            memory.began(name)
            now += wait
            memory.answered(name, { length: size } as Uint8Array, ms(now))
          }
          now += wait
          // It was sent at the latest when it came.
          for (const [other, at] of cameAt) expect(memory.recall(other, now - at, ms(now)).kind).not.toBe('new')
        }
      }),
    )
  })
})
