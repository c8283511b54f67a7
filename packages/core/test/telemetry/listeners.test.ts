import { channel } from 'node:diagnostics_channel'
import { onEvent, type PoolRef } from '@genpool/core'
import { createStore } from '@genpool/state-ane'
import fc from 'fast-check'
import { clock } from '../virtual-system'
import { offs, spawned } from './heard'

const drops = channel('genpool:drop')
const changes = channel('genpool:store:change')
const tell = (ref: PoolRef): void => drops.publish({ pool: 'pool', ref })

describe('listeners of onEvent', () => {
  it('hear of an event in the order in which they came, those of one pool and of all pools mixed', () => {
    const [one, two] = [spawned(), spawned({}, 'other')]
    const calls: string[] = []
    const listen = (name: string, pool?: PoolRef): void =>
      void offs.push(onEvent('genpool:drop', () => void calls.push(name), pool && { pool }))
    listen('a', one)
    listen('b')
    listen('c', two)
    listen('d', one)
    listen('e')
    tell(one)
    expect(calls.splice(0)).toEqual(['a', 'b', 'd', 'e'])
    tell(two)
    expect(calls).toEqual(['b', 'c', 'e'])
  })

  it('hear of an event if they are there when its delivery begins', () => {
    const pool = spawned()
    const calls: string[] = []
    let added = 0
    const first = onEvent(
      'genpool:drop',
      () => {
        calls.push('first')
        last()
        const name = `added ${++added}`
        offs.push(onEvent('genpool:drop', () => void calls.push(name), { pool }))
      },
      { pool },
    )
    const last = onEvent('genpool:drop', () => void calls.push('last'), { pool })
    offs.push(first, last)
    tell(pool)
    expect(calls.splice(0)).toEqual(['first', 'last'])
    tell(pool)
    expect(calls).toEqual(['first', 'added 1'])
  })

  it('of one pool hear of the store in which it keeps its state, and of no other', () => {
    const store = createStore({ name: 'mine' })
    const [stored, plain] = [spawned({ state: { store } }), spawned({}, 'other')]
    const calls: string[] = []
    const listen = (name: string, pool: PoolRef): (() => void) =>
      onEvent('genpool:store:change', ({ bucket }) => void calls.push(`${name} ${bucket}`), { pool })
    const ends = [listen('stored', stored), listen('plain', plain)]
    changes.publish({ bucket: 'theirs', store: {} })
    changes.publish({ bucket: 'mine', store })
    expect(calls).toEqual(['stored mine'])
    for (const end of ends) end()
    expect(changes.hasSubscribers).toBe(false)
  })

  /** What a listener does when it is called: the numbers are those of other listeners, modulo how many there are. */
  const reaction = fc.oneof(
    { weight: 4, arbitrary: fc.constant({ type: 'nothing' as const }) },
    fc.record({ type: fc.constant('remove' as const), which: fc.nat(30) }),
    fc.record({ type: fc.constant('add' as const), to: fc.option(fc.nat(2)) }),
    fc.constant({ type: 'throw' as const }),
  )
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ type: fc.constant('add' as const), to: fc.option(fc.nat(2)), reaction }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('remove' as const), which: fc.nat(30) }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('tell' as const), to: fc.nat(2) }) },
  )

  interface Modelled {
    readonly id: number
    /** The number of its pool; null: all pools. */
    readonly to: number | null
    readonly throws: boolean
  }
  type Reaction = typeof reaction extends fc.Arbitrary<infer R> ? R : never

  it('are called as a plain list of them says, whatever they do meanwhile', async () => {
    let thrown = 0
    let throwing = 0
    const pools = ['a', 'b', 'c'].map((name) => spawned({ onCallbackError: () => void thrown++ }, name))
    const end = (): void => offs.splice(0).forEach((off) => off())
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        end()
        let model: Modelled[] = []
        const ends: (() => void)[] = []
        const calls: number[] = []
        const add = (to: number | null, how: Reaction): void => {
          const id = ends.length
          model = [...model, { id, to, throws: how.type === 'throw' }]
          const listener = (): void => {
            calls.push(id)
            if (how.type === 'throw') throw new Error('bad listener')
            if (how.type === 'remove') remove(how.which)
            if (how.type === 'add') add(how.to, { type: 'nothing' })
          }
          ends.push(onEvent('genpool:drop', listener, to === null ? {} : { pool: pools[to]! }))
        }
        const remove = (which: number): void => {
          const id = which % Math.max(1, ends.length)
          model = model.filter((one) => one.id !== id)
          ends[id]?.()
        }
        offs.push(() => ends.forEach((end) => end()))
        for (const one of steps) {
          if (one.type === 'add') add(one.to, one.reaction)
          if (one.type === 'remove') remove(one.which)
          if (one.type === 'tell') {
            const expected = model.filter(({ to }) => to === null || to === one.to)
            tell(pools[one.to]!)
            expect(calls.splice(0)).toEqual(expected.map(({ id }) => id))
            throwing += expected.filter(({ throws }) => throws).length
          }
          expect(drops.hasSubscribers).toBe(model.length > 0)
        }
        end()
        expect(drops.hasSubscribers).toBe(false)
      }),
    )
    await clock.advance(1)
    expect(thrown).toBe(throwing)
  })
})
