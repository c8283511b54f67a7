import fc from 'fast-check'
import { hashOf, NO_HASH } from '../../src/limits/key-hash'
import { KeyTable } from '../../src/limits/key-table'
import { RUNS } from '../laws/runs'

/** Keys of all kinds: short and long strings, numbers, and keys without a hash. */
const KINDS = [
  (i: number) => `key ${i}`,
  (i: number) => `${'long '.repeat(30)}${i}${' long'.repeat(30)}`,
  (i: number) => i,
  (i: number) => i + 0.5,
  (i: number) => BigInt(i),
]

/** A table beside a map from its keys to their places. */
class Compared {
  readonly table = new KeyTable()
  readonly places = new Map<unknown, number>()

  add(key: unknown): void {
    expect(this.table.find(key)).toBe(0)
    const place = this.table.add(key)
    expect(place).toBeGreaterThan(0)
    expect([...this.places.values()]).not.toContain(place)
    this.places.set(key, place)
  }

  remove(key: unknown): void {
    this.table.remove(this.places.get(key) as number)
    this.places.delete(key)
  }

  check(keys: Iterable<unknown>): void {
    expect([...keys].filter((key) => this.table.find(key) !== (this.places.get(key) ?? 0))).toEqual([])
    expect([...this.places].filter(([key, place]) => this.table.keyOf(place) !== key)).toEqual([])
    expect(this.table.size).toBe(this.places.size)
  }
}

describe('a table of keys', () => {
  it('finds the same as a map, while keys of all kinds come and go', () => {
    const step = fc.record({ key: fc.nat(199), kind: fc.nat(KINDS.length - 1) })
    const law = fc.property(fc.array(step, { maxLength: 800 }), (steps) => {
      const all = new Compared()
      for (const { key: i, kind } of steps) {
        const key = KINDS[kind]?.(i)
        if (all.places.has(key)) all.remove(key)
        else all.add(key)
        all.check([key])
      }
      all.check(steps.map(({ key, kind }) => KINDS[kind]?.(key)))
    })
    fc.assert(law, { numRuns: RUNS })
  })

  it('finds keys with the same hash', () => {
    // Of long strings, some characters are not looked at.
    const keys = Array.from(
      { length: 100 },
      (_, i) => `${'a'.repeat(1000)}${String.fromCharCode(97 + i)}${'a'.repeat(1000)}`,
    )
    const all = new Compared()
    for (const key of keys) all.add(key)
    all.check(keys)
    for (const key of keys.slice(0, 50)) all.remove(key)
    all.check(keys)
    for (const key of keys.slice(25, 50)) all.add(key)
    all.check(keys)
  })

  it('gives a new key the place that is free for longest, so keys that come in turn stand side by side', () => {
    const table = new KeyTable()
    const places = [1, 2, 3, 4].map((key) => table.find(key) || table.add(key))
    for (const place of places.slice(0, 3)) table.remove(place)
    expect([5, 6, 7].map((key) => table.find(key) || table.add(key))).toEqual(places.slice(0, 3))
  })

  // With more than 32 767 keys, slots are larger.
  it.each([20_000, 40_000])('uses few places again, when most of %i keys have gone', (count) => {
    const table = new KeyTable()
    const keys = Array.from({ length: count }, (_, i) => `key ${i}`)
    const places = keys.map((key) => table.find(key) || table.add(key))
    expect(table.places).toBe(count + 1)
    expect(keys.map((key) => table.find(key))).toEqual(places)
    for (const place of places.slice(100)) table.remove(place)
    for (let i = 0; i < count; i++) table.remove(table.find(`other ${i}`) || table.add(`other ${i}`))
    expect(table.places).toBeLessThan(200)
    expect(keys.filter((key) => table.find(key) > 0)).toEqual(keys.slice(0, 100))
  })
})

describe('a table of keys that go in the order in which they came', () => {
  it.each([100, 5000])('uses few places again, when %i of 40 000 keys are left', (left) => {
    const table = new KeyTable()
    const places: number[] = []
    const add = (i: number): unknown => places.push(table.find(`key ${i}`) || table.add(`key ${i}`))
    for (let i = 0; i < 40_000; i++) add(i)
    for (const place of places.splice(0, 40_000 - left)) table.remove(place)
    for (let i = 40_000; i < 160_000; i++) {
      add(i)
      if (places.length === 2 * left) for (const place of places.splice(0, left)) table.remove(place)
    }
    expect(table.places).toBeLessThan(4 * left)
  })
})

describe('the hash of a key', () => {
  it('is there for strings and small whole numbers', () => {
    expect([NaN, 0.5, 2 ** 31, null, Symbol('a'), 1n, true].map(hashOf)).toEqual(Array(7).fill(NO_HASH))
    expect(hashOf('a'.repeat(1000))).toBe(hashOf('a'.repeat(1000)))
    expect(hashOf(7)).toBe(hashOf(7))
    expect(hashOf(0)).toBe(hashOf(-0))
  })

  it('is not the same for keys that differ in a few characters', () => {
    for (const key of [(i: number) => `key-${i}`, (i: number) => i]) {
      expect(new Set(Array.from({ length: 10_000 }, (_, i) => hashOf(key(i)))).size).toBeGreaterThan(9_900)
    }
  })
})
