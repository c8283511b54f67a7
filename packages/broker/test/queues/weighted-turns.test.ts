import fc from 'fast-check'
import { RoundRobin, type Turns } from '../../src/queues/turns'
import { type FinishTag, type TakesWeightedTurns, WeightedTurns } from '../../src/queues/weighted-turns'
import { RUNS } from '../laws/runs'

class Key implements TakesWeightedTurns<Key> {
  isInTurns = false
  following: Key | null = null
  tag: FinishTag<Key> | null = null

  constructor(
    readonly name: string,
    public weight = 1,
  ) {}
}

/** Serves `times` times, and returns the names of those that were served. */
function serve(turns: Turns<Key>, times: number): string {
  const names: string[] = []
  for (let n = 0; n < times; n++) {
    const key = turns.next()
    if (key === null) break
    names.push(key.name)
    turns.served(key)
  }
  return names.join('')
}

/** Passes all over until nobody is left. */
function passAllOver(turns: Turns<Key>): (Key | null)[] {
  const forgotten: (Key | null)[] = []
  for (let key = turns.next(); key !== null; key = turns.next()) forgotten.push(turns.passOver(key))
  return forgotten
}

describe('turns by weight', () => {
  it('spread the turns of a heavy key over the round', () => {
    const turns = new WeightedTurns<Key>()
    for (const key of [new Key('a'), new Key('b', 2)]) turns.join(key)
    expect(serve(turns, 9)).toBe('babbabbab')
  })

  it('join twice once', () => {
    for (const turns of [new WeightedTurns<Key>(), new RoundRobin<Key>()]) {
      const key = new Key('a')
      turns.join(key)
      turns.join(key)
      turns.rejoin(key)
      expect(turns.next()).toBe(key)
      turns.passOver(key)
      expect(turns.next()).toBeNull()
    }
  })

  it('serve one that comes back after its turn at once, and once: it has saved nothing up', () => {
    const turns = new WeightedTurns<Key>()
    const [a, b, held] = [new Key('a'), new Key('b'), new Key('h', 2)]
    for (const key of [held, a, b]) turns.join(key)
    expect(serve(turns, 3)).toBe('hab')
    expect(turns.next()).toBe(held)
    turns.passOver(held)
    expect(serve(turns, 100)).toBe('ab'.repeat(50))
    turns.rejoin(held)
    expect(serve(turns, 7)).toBe('hhabhha')
  })

  it('let one that comes back before its turn wait for it, and a new one as long as others', () => {
    const turns = new WeightedTurns<Key>()
    const [a, light] = [new Key('a', 8), new Key('l')]
    for (const key of [a, light]) turns.join(key)
    expect(serve(turns, 9)).toBe(`${'a'.repeat(7)}la`)
    for (let key = turns.next(); key !== light; key = turns.next()) turns.served(key as Key)
    expect(turns.passOver(light)).toBeNull()
    turns.rejoin(light)
    const fresh = new Key('f')
    turns.join(fresh)
    expect(serve(turns, 9)).toBe(`l${'a'.repeat(7)}f`)
  })

  it('forget those that were passed over once their tags are over, and the first of more than 1000', () => {
    const turns = new WeightedTurns<Key>()
    const many = Array.from({ length: 1500 }, (_, i) => new Key(`k${i}`))
    for (const key of many) turns.join(key)
    const forgotten = passAllOver(turns)
    expect(forgotten.slice(0, 1000).every((key) => key === null)).toBe(true)
    expect(forgotten.slice(1000)).toEqual(many.slice(0, 500))
    const key = new Key('a', 1)
    turns.join(key)
    serve(turns, 1)
    const next = new Key('b', 1_000_000)
    turns.join(next)
    turns.next()
    expect(turns.passOver(next)).toBe(many[500])
    expect(many[500]?.tag).toBeNull()
  })

  it('take all out in their order, with those that were passed over', () => {
    const turns = new WeightedTurns<Key>()
    const keys = [new Key('a'), new Key('b', 3), new Key('c', 2)]
    for (const key of keys) turns.join(key)
    const first = turns.next() as Key
    turns.passOver(first)
    expect(turns.drain().map(({ name }) => name)).toEqual(['c', 'a', 'b'])
    expect(keys.every(({ isInTurns, tag }) => !isInTurns && tag === null)).toBe(true)
    expect(turns.next()).toBeNull()
  })

  it('count exactly after millions of turns', () => {
    const turns = new WeightedTurns<Key>()
    const keys = [new Key('a'), new Key('b', 1_000_000)]
    const held = new Key('h')
    for (const key of [...keys, held]) turns.join(key)
    const counts = new Map<string, number>()
    const run = (times: number): void => {
      for (let n = 0; n < times; n++) {
        const key = turns.next() as Key
        counts.set(key.name, (counts.get(key.name) ?? 0) + 1)
        turns.served(key)
      }
    }
    // Only light ones: virtual time passes fast, and begins anew.
    for (let key = turns.next(); key !== null; key = turns.next()) turns.passOver(key)
    turns.join(keys[0] as Key)
    run(2 ** 20 + 10)
    turns.rejoin(held)
    turns.join(keys[1] as Key)
    counts.clear()
    run(2_000_000)
    expect(counts.get('a')).toBeLessThanOrEqual(3)
    expect(counts.get('a')).toBeGreaterThanOrEqual(1)
    expect(counts.get('h')).toBeLessThanOrEqual(3)
    expect(counts.get('h')).toBeGreaterThanOrEqual(1)
  })

  it('let one that was passed over wait no longer if virtual time begins anew meanwhile', () => {
    const turns = new WeightedTurns<Key>()
    const held = new Key('h', 2)
    turns.join(new Key('a'))
    for (let n = 0; n < 2 ** 20; n++) turns.served(turns.next() as Key)
    turns.join(held)
    expect(turns.next()).toBe(held)
    expect(turns.passOver(held)).toBeNull()
    expect(serve(turns, 1)).toBe('a')
    turns.rejoin(held)
    expect(serve(turns, 4)).toBe('hhah')
  })

  it('of weight 1 are a round-robin, whoever comes and goes', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('join', 'serve', 'pass over'), fc.nat(5)), { maxLength: 80 })
    fc.assert(
      fc.property(steps, (plan) => {
        const sides = [new RoundRobin<Key>(), new WeightedTurns<Key>()].map((turns) => ({
          turns,
          keys: Array.from({ length: 6 }, (_, i) => new Key(String(i))),
        }))
        for (const [step, which] of plan) {
          const names = sides.map(({ turns, keys }) => {
            if (step === 'join') turns.join(keys[which] as Key)
            else {
              const key = turns.next()
              if (key !== null && step === 'serve') turns.served(key)
              else if (key !== null) turns.passOver(key)
              return key?.name
            }
            return undefined
          })
          expect(names[0]).toBe(names[1])
        }
      }),
      { numRuns: RUNS },
    )
  })
})
