import { type Draft, transactUnchecked } from '@genpool/state-ane'
import fc from 'fast-check'
import { add, delays, quiet, replicaOf, setUp, type State } from './counting'

describe('replicas that take turns', () => {
  /** Two replicas that have lost commits to each other, and each has some more. */
  async function contended(turnLength: number) {
    const { cell, far } = setUp(2, () => 3, { turnLength })
    const commit = (index: number) =>
      Promise.resolve(replicaOf(far[index]).update((draft) => add(draft, String(index))))
    const repeat = async (index: number, times: number): Promise<void> => {
      for (let i = 0; i < times; i++) await Promise.all([commit(index), commit(index), commit(index)])
    }
    return { cell, far, repeat }
  }

  it('make each commit about once, though both commit all the time', async () => {
    const { cell, far, repeat } = await contended(12)
    let sent = 0
    for (const one of far) {
      const send = one.up.send.bind(one.up)
      one.up.send = (message) => {
        if (message[0] === 'commit') sent++
        send(message)
      }
    }
    await Promise.all([repeat(0, 100), repeat(1, 100)])
    expect(cell.value.n).toBe(600)
    expect(sent).toBeLessThan(660)
  })

  it('let each other commit after a turn, however much they have', async () => {
    const { cell, repeat } = await contended(12)
    const order: string[] = []
    const log = (name: string) => () => void order.push(name)
    let last: State = cell.value
    cell.watch((value) => {
      order.push(value.by['0'] === last.by['0'] ? '1' : '0')
      last = value
    })
    await Promise.all([repeat(0, 40).then(log('end 0')), repeat(1, 40).then(log('end 1'))])
    const first = order.slice(
      0,
      order.findIndex((each) => each.startsWith('end')),
    )
    const turns = first.join('').match(/0+|1+/g) ?? []
    // Twelve, and what is under way when it hears that it is over.
    expect(Math.max(...turns.map(({ length }) => length))).toBeLessThan(25)
    expect(turns.length).toBeGreaterThan(8)
  })

  it('give the turn back when they have nothing to commit', async () => {
    const { cell, far, repeat } = await contended(12)
    await Promise.all([repeat(0, 5), repeat(1, 5)])
    await quiet()
    await replicaOf(far[0]).update((draft) => add(draft, '0'))
    await quiet()
    await replicaOf(far[1]).update((draft) => add(draft, '1'))
    expect(cell.value.n).toBe(32)
  })

  it('lose their turn if they keep it too long, and go on', async () => {
    const ends: (() => void)[] = []
    const { cell, far } = setUp(2, () => 3, { turnLength: Infinity, limit: (end) => void ends.push(end) })
    const commit = (index: number) => replicaOf(far[index]).update((draft) => add(draft, String(index)))
    const left = Promise.all(Array.from({ length: 40 }, (_, i) => commit(i % 2)))
    let isDone = false
    void left.then(() => (isDone = true))
    for (let times = 0; !isDone && times < 100; times++) {
      await quiet()
      for (const end of ends.splice(0)) end()
    }
    expect((await left).map(({ n }) => n).sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1))
    expect(cell.value.by).toEqual({ 0: 20, 1: 20 })
  })

  it('hold the cell and commit recipes at the same time, and come to an end', async () => {
    const one = fc.record({ who: fc.nat(1), holds: fc.boolean(), pause: fc.nat(4) })
    await fc.assert(
      fc.asyncProperty(
        fc.array(one, { maxLength: 30 }),
        fc.nat(6),
        fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
        async (steps, most, turnLength) => {
          const { cell, far } = setUp(2, delays(most + steps.length, most), { turnLength })
          const ends: unknown[] = []
          for (const { who, holds, pause } of steps) {
            const replica = replicaOf(far[who])
            const next = (draft: Draft<State>): void => add(draft, String(who))
            const transition = { run: () => ({ next }) }
            ends.push(transactUnchecked(replica, transition, { mode: holds ? 'exclusive' : 'retry' }))
            for (let i = 0; i < pause; i++) await undefined
          }
          await Promise.all(ends)
          expect(cell.value.n).toBe(steps.length)
          await quiet()
          expect(cell.held).toBe(false)
        },
      ),
      { numRuns: 500 },
    )
  }, 30_000)
})
