import fc from 'fast-check'
import { hashOf, KeyTable, NO_HASH } from '../../src/limits/key-table'
import { KeyPlaces } from '../../src/limits/key-places'
import { RUNS } from '../laws/runs'

const keyOf = (key: number): string => `key ${key}`

describe('a table of keys', () => {
  it('finds the same as a map, also if many keys have one hash', () => {
    // Few hashes, at the end of the table too, and keys that come and go until it grows.
    const step = fc.record({ key: fc.nat(199), adds: fc.boolean() })
    const law = fc.property(fc.array(step, { maxLength: 600 }), fc.integer({ min: 1, max: 97 }), (steps, spread) => {
      const hash = (key: number): number => 50 + (key % spread) * 3
      const keys = Array.from({ length: 200 }, (_, key) => keyOf(key))
      const table = new KeyTable()
      const model = new Map<string, number>()
      for (const { key, adds } of steps) {
        const known = model.has(keyOf(key))
        if (adds && !known && table.add(hash(key), key)) model.set(keyOf(key), key)
        if (!adds) expect(table.delete(hash(key), key)).toBe(model.delete(keyOf(key)))
        expect(table.size).toBe(model.size)
        expect(table.find(keyOf(key), hash(key), keys)).toBe(model.get(keyOf(key)) ?? -1)
      }
      for (const key of keys.keys()) {
        expect(table.find(keyOf(key), hash(key), keys)).toBe(model.get(keyOf(key)) ?? -1)
      }
    })
    fc.assert(law, { numRuns: RUNS })
  })

  it('takes no more keys with one hash than it would look at', () => {
    const table = new KeyTable()
    const added = Array.from({ length: 100 }, (_, place) => table.add(1, place))
    expect(added.filter(Boolean)).toHaveLength(17)
  })

  it('has no hash for keys that are no strings', () => {
    expect([1, NaN, null, Symbol('a'), 1n, true].map(hashOf)).toEqual(Array(6).fill(NO_HASH))
    expect(hashOf('a'.repeat(1000))).toBe(hashOf('a'.repeat(1000)))
  })
})

describe('the places of keys', () => {
  it('stay while thousands of other keys of all kinds come and go', () => {
    const kinds = [String, Number, BigInt, (key: number) => `${'long '.repeat(30)}${key}`]
    const law = fc.property(fc.array(fc.nat(3), { minLength: 3000, maxLength: 3000 }), (chosen) => {
      const places = new KeyPlaces()
      const model = new Map<unknown, number>()
      for (const [i, kind] of chosen.entries()) {
        const key = kinds[kind]?.(i)
        const place = places.add(key, places.hashOf(key))
        model.set(key, place)
        if (i % 3 === 0) continue
        const [other] = model.keys()
        places.delete(model.get(other) as number)
        model.delete(other)
        expect(places.of(other, places.hashOf(other))).toBe(-1)
      }
      for (const [key, place] of model) expect(places.of(key, places.hashOf(key))).toBe(place)
      const from = places.compact()
      expect(from).toHaveLength(model.size)
      for (const [key, place] of model) expect(from[places.of(key, places.hashOf(key))]).toBe(place)
      expect(places.size).toBe(model.size)
    })
    fc.assert(law, { numRuns: 10 })
  })
})
