import { NS_PER_MS } from '@genpool/runtime'
import fc from 'fast-check'
import { Memory } from '../../src/server/memory'

const ms = (n: number): number => n * NS_PER_MS
const frame = (size = 1): Uint8Array => new Uint8Array(size)

describe('what a node remembers of its requests', () => {
  it('is whether one runs, its answer for a while, and that one has certainly not come', () => {
    const memory = new Memory(0)
    const signal = memory.began('a', ms(6))
    expect(memory.recall('a', 5, ms(10))).toEqual({ kind: 'running' })
    expect(memory.callerOf('a')).toBe(signal)
    expect(memory.running).toBe(1)
    memory.answered('a', 0, () => frame(3))
    expect(memory.callerOf('a')).toBeUndefined()
    expect(memory.running).toBe(0)
    expect(memory.recall('a', 15, ms(30))).toEqual({ kind: 'answered', frame: frame(3) })
    expect(memory.recall('b', 5, ms(30))).toEqual({ kind: 'new' })
  })

  it('is bounded by bytes, of both generations together', () => {
    const memory = new Memory(0, () => 1000)
    const answered = (id: string, at: number): void => {
      memory.began(id, ms(at))
      memory.answered(id, ms(at), () => new Uint8Array(100))
    }
    for (let i = 0; i < 20; i++) answered(`${i}`, i + 1)
    expect(memory.recall('0', 19, ms(20)).kind).toBe('forgotten')
    expect(memory.recall('19', 1, ms(20)).kind).toBe('answered')
  })

  it('is nothing of what was sent before it served, and of what it has forgotten', () => {
    const memory = new Memory(ms(100))
    expect(memory.recall('a', 50, ms(120))).toEqual({ kind: 'forgotten' })
    memory.began('a', ms(150))
    memory.answered('a', 0, () => frame())
    memory.began('long', ms(160))
    for (const at of [6000, 12_000, 18_000]) memory.began(`${at}`, ms(at))
    expect(memory.recall('a', 17_900, ms(18_000))).toEqual({ kind: 'forgotten' })
    expect(memory.recall('c', 5000, ms(18_000))).toEqual({ kind: 'new' })
    expect(memory.recall('long', 17_900, ms(18_000))).toEqual({ kind: 'running' })
  })

  it('is bounded in number and in bytes', () => {
    const memory = new Memory(0)
    for (let i = 0; i < 50_000; i++) {
      memory.began(`${i}`, ms(i / 1000))
      memory.answered(`${i}`, 0, () => frame())
    }
    expect(memory.recall('0', 49.9, ms(50)).kind).toBe('forgotten')
    expect(memory.recall('49999', 1, ms(50)).kind).toBe('answered')
    for (const name of ['large', 'larger']) {
      memory.began(name, ms(60))
      memory.answered(name, 0, () => frame(33_000_000))
    }
    expect(memory.recall('49999', 10, ms(61)).kind).toBe('forgotten')
  })

  it('is also what came without running, and that is never taken for the end of what runs', () => {
    const memory = new Memory(0)
    memory.note('a', frame(0), ms(1))
    expect(memory.recall('a', 1, ms(2))).toEqual({ kind: 'answered', frame: frame(0) })
    memory.note('a', frame(3), ms(3))
    expect(memory.recall('a', 3, ms(4))).toEqual({ kind: 'answered', frame: frame(3) })
    expect(memory.running).toBe(0)
    memory.began('b', ms(5))
    memory.note('b', frame(), ms(6))
    expect(memory.recall('b', 2, ms(7)).kind).toBe('running')
    for (let i = 0; i < 50_000; i++) memory.note(`${i}`, frame(), ms(8))
    expect(memory.recall('0', 1, ms(8)).kind).toBe('forgotten')
    expect(memory.recall('b', 3, ms(8)).kind).toBe('running')
  })

  it('is an answer for as long, whatever else runs', () => {
    const memory = new Memory(0)
    for (let i = 0; i < 30_000; i++) memory.began(`${i}`, ms(1))
    memory.answered('0', 0, () => frame())
    for (let i = 30_000; i < 30_010; i++) memory.began(`${i}`, ms(2))
    expect(memory.recall('0', 1, ms(2)).kind).toBe('answered')
    expect(memory.recall('25000', 1, ms(2)).kind).toBe('running')
    expect(memory.running).toBe(30_009)
  })

  it('is an answer for as long, however long its request ran', () => {
    const memory = new Memory(0)
    memory.began('long', ms(1))
    memory.began('a', ms(5900))
    memory.answered('long', 0, () => frame())
    memory.began('b', ms(10_950))
    expect(memory.recall('long', 10_949, ms(10_950)).kind).toBe('answered')
    expect(memory.running).toBe(2)
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
            memory.began(name, ms(now))
            now += wait
            memory.answered(name, 0, () => ({ length: size }) as Uint8Array)
          }
          now += wait
          // It was sent at the latest when it came.
          for (const [other, at] of cameAt) expect(memory.recall(other, now - at, ms(now)).kind).not.toBe('new')
        }
      }),
    )
  })
})
