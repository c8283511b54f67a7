import fc from 'fast-check'
import { hashOf, NO_HASH } from '../../src/limits/key-hash'
import { LEAST } from '../../src/limits/key-numbers'
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

/** A table of keys that get one number after the other. */
class Numbering {
  readonly keys = new Map<number, unknown>()
  readonly table = new KeyTable({ keyByNumber: (number) => this.keys.get(number) })
  readonly model = new Map<unknown, number>()
  #next = LEAST
  #first = LEAST

  add(key: unknown, sign: 1 | -1): void {
    const number = sign * this.#next++
    expect(this.table.find(key)).toBe(0)
    this.keys.set(number, key)
    this.model.set(key, number)
    this.table.add(key, this.table.hash, number)
  }

  change(key: unknown, to: number): void {
    const from = this.model.get(key) as number
    expect(this.table.find(key)).toBe(from)
    this.table.change(key, this.table.hash, from, to)
    this.keys.delete(from)
    if (to === 0) this.model.delete(key)
    else {
      this.model.set(key, to)
      this.keys.set(to, key)
    }
  }

  /** The key is used if it was idle, and idle if it was used. */
  turn(key: unknown): void {
    const isUsed = (this.model.get(key) as number) < 0
    this.change(key, (isUsed ? 1 : -1) * this.#next++)
  }

  /** The oldest idle keys are over. */
  forget(count: number): void {
    this.#first = this.table.first = Math.min(this.#first + count, this.#next)
    for (const [key, number] of this.model) if (number > 0 && number < this.#first) this.#drop(key, number)
  }

  /** The idle keys get other numbers. */
  renumber(): void {
    const before = [...this.model].filter(([, number]) => number > 0)
    const numbers = new Map(before.map(([, number], i) => [number, i + LEAST]))
    for (const [, number] of before) this.keys.delete(number)
    for (const [key, number] of before) {
      this.model.set(key, numbers.get(number) as number)
      this.keys.set(numbers.get(number) as number, key)
    }
    this.#first = this.table.first = LEAST
    this.table.renumber((number) => numbers.get(number) ?? 0)
  }

  check(keys: Iterable<unknown>): void {
    expect([...keys].filter((key) => this.table.find(key) !== (this.model.get(key) ?? 0))).toEqual([])
  }

  #drop(key: unknown, number: number): void {
    this.model.delete(key)
    this.keys.delete(number)
  }
}

describe('a table of keys', () => {
  it('finds the same as a map, while keys of all kinds come, rest and go', () => {
    const step = fc.record({
      key: fc.nat(299),
      kind: fc.nat(KINDS.length - 1),
      what: fc.constantFrom('add', 'add', 'add', 'idle', 'turn', 'delete', 'forget', 'renumber'),
      count: fc.nat(20),
    })
    const law = fc.property(fc.array(step, { maxLength: 800 }), (steps) => {
      const all = new Numbering()
      for (const { key: i, kind, what, count } of steps) {
        const key = KINDS[kind]?.(i)
        const isKnown = all.model.has(key)
        if (what === 'forget') all.forget(count)
        else if (what === 'renumber') all.renumber()
        else if (!isKnown) all.add(key, what === 'idle' ? 1 : -1)
        else if (what === 'turn') all.turn(key)
        else if (what === 'delete') all.change(key, 0)
        all.check([key])
      }
      all.check(all.model.keys())
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
    const all = new Numbering()
    for (const key of keys) all.add(key, -1)
    all.check(keys)
    for (const key of keys.slice(0, 50)) all.change(key, 0)
    all.check(keys)
  })

  it('stays right while 10 000 keys are added, of which most go', () => {
    const all = new Numbering()
    const keys = Array.from({ length: 10_000 }, (_, i) => `key ${i}`)
    for (const [i, key] of keys.entries()) {
      all.add(key, i % 10 === 0 ? -1 : 1)
      if (i % 100 === 99) all.forget(90)
    }
    all.check(keys)
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
