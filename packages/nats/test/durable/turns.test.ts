import { NS_PER_MS } from '@genpool/runtime'
import { type VirtualClock, virtualClock } from '@genpool/runtime/testing'
import fc from 'fast-check'
import { Turns } from '../../src/durable/turns'

function made(clock: VirtualClock = virtualClock()) {
  const went: string[] = []
  const turns = new Turns<string>(clock, 1000 * NS_PER_MS, (one) => went.push(one))
  return { clock, went, turns }
}

describe('turns', () => {
  it('let all run at once that need not be alone', () => {
    const { went, turns } = made()
    for (const one of ['a', 'b', 'c']) turns.join(one, false)
    expect(went).toEqual(['a', 'b', 'c'])
    expect(turns.isHeld).toBe(false)
  })

  it('let one run alone: it waits for what runs, and what comes later waits for it', () => {
    const { went, turns } = made()
    turns.join('a', false)
    turns.join('b', false)
    turns.join('ALONE', true)
    turns.join('c', false)
    turns.leave('a')
    expect(went).toEqual(['a', 'b'])
    turns.leave('b')
    expect(went).toEqual(['a', 'b', 'ALONE'])
    turns.join('d', false)
    turns.leave('somebody else')
    expect(went).toEqual(['a', 'b', 'ALONE'])
    expect(turns.isHeld).toBe(true)
    turns.leave('ALONE')
    expect(went).toEqual(['a', 'b', 'ALONE', 'c', 'd'])
    expect(turns.isHeld).toBe(false)
  })

  it('give those that wait, who do not go any more', () => {
    const { went, turns } = made()
    turns.join('a', true)
    turns.join('b', true)
    turns.join('c', false)
    expect(turns.takeWaiting()).toEqual(['b', 'c'])
    turns.leave('a')
    expect(went).toEqual(['a'])
    expect(turns.isHeld).toBe(false)
  })

  it('do not wait for ever for one that does not end, alone or not', async () => {
    const { clock, went, turns } = made()
    turns.join('stuck', false)
    await clock.advance(600)
    turns.join('ALONE', true)
    turns.join('c', false)
    await clock.advance(399)
    expect(went).toEqual(['stuck'])
    await clock.advance(1)
    expect(went).toEqual(['stuck', 'ALONE'])
    await clock.advance(1000)
    expect(went).toEqual(['stuck', 'ALONE', 'c'])
    turns.leave('ALONE')
    turns.leave('stuck')
    turns.join('ANOTHER', true)
    turns.leave('c')
    expect(went).toEqual(['stuck', 'ALONE', 'c', 'ANOTHER'])
  })

  it('law: all go in their order, and none begins beside one that is alone', () => {
    const steps = fc.array(fc.oneof(fc.boolean(), fc.nat(5)), { maxLength: 60 })
    fc.assert(
      fc.property(steps, (steps) => {
        const running = new Map<number, boolean>()
        const went: number[] = []
        const joined: boolean[] = []
        const turns: Turns<number> = new Turns(virtualClock(), 1000 * NS_PER_MS, (one) => {
          const alone = joined[one]!
          expect(alone ? running.size === 0 : ![...running.values()].includes(true)).toBe(true)
          running.set(one, alone)
          went.push(one)
        })
        const end = (place: number): void => {
          const one = [...running.keys()][place % running.size]!
          running.delete(one)
          turns.leave(one)
        }
        for (const step of steps) {
          if (typeof step === 'boolean') turns.join(joined.push(step) - 1, step)
          else if (running.size > 0) end(step)
        }
        while (running.size > 0) end(0)
        expect(went).toEqual(joined.map((_, one) => one))
      }),
    )
  })
})
