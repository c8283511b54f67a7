import { hashOf, NO_HASH } from './key-hash'
import { LEAST, type Numbers } from './key-numbers'

/** A key is at most this far from where its hash puts it. */
const STEPS = 16
const FEW = 64
/** The number in a slot of which nothing is left, but which does not end a search. */
const GONE = 1
/** What the numbers of keys mean. */
export interface Numbered {
  keyByNumber(number: number): unknown
}

/**
 * Fast path: finds the number of a key. Numbers are negative, or `LEAST` and more. A key that is gone stays until another one takes its place, so that none
 * has to be looked for to be deleted. Of 10 000 keys that come and go, a `Map` reads strings all over the memory.
 *
 * Open addressing. It holds no keys, and reads them only where the hash is the same.
 */
export class KeyTable implements Numbers {
  /** Positive numbers below it are those of keys that are gone. */
  first = LEAST
  /** The hash of the key that was last looked for. */
  hash = NO_HASH
  #length = FEW
  /** By slot: a hash, and the number of a key. 0 if it never had one: no key of the same hash is behind it. */
  #slots = slotsFor(FEW)
  /** The keys without a hash, and those that found no slot near their hash. */
  readonly #others = new Map<unknown, number>()
  /** How many keys may be added before they are counted. */
  #left = FEW

  constructor(private readonly numbers: Numbered) {}

  /** The number of a key; 0 if it has none. */
  find(key: unknown): number {
    const hash = (this.hash = hashOf(key))
    if (hash !== NO_HASH) {
      const slots = this.#slots
      const first = this.#firstOf(hash)
      for (let at = first; at < first + 2 * STEPS; at += 2) {
        const number = slots[at + 1] as number
        if (number === 0) break
        if (slots[at] !== hash) continue
        if (!this.#isFree(number) && this.numbers.keyByNumber(number) === key) return number
      }
    }
    return this.#others.size === 0 ? 0 : this.#otherOf(key)
  }

  /** Adds a key that is not here. @param hash as `find` has just left it */
  add(key: unknown, hash: number, number: number): void {
    if (--this.#left <= 0) this.#fit()
    if (this.#put(hash, number)) return
    const isFull = hash !== NO_HASH && this.#left < this.#length * 0.75
    if (!(isFull && this.#fit() && this.#put(hash, number))) this.#others.set(key, number)
  }

  /** Gives a key another number; 0 to forget it. */
  change(key: unknown, hash: number, from: number, to: number): void {
    const slots = this.#slots
    const first = this.#firstOf(hash)
    for (let at = first; at < first + 2 * STEPS; at += 2) {
      if (slots[at + 1] !== from) continue
      slots[at + 1] = to !== 0 || slots[at + 3] === 0 ? to : GONE
      return
    }
    if (to === 0) this.#others.delete(key)
    else this.#others.set(key, to)
  }

  /** Positive numbers have changed. */
  renumber(renumber: (number: number) => number): void {
    const slots = this.#slots
    for (let at = 1; at < slots.length; at += 2)
      if ((slots[at] as number) >= LEAST) slots[at] = renumber(slots[at] as number) || GONE
    for (const [key, number] of this.#others) if (number > 0) this.#others.set(key, renumber(number) || GONE)
  }

  #firstOf(hash: number): number {
    return (hash & (this.#length - 1)) << 1
  }

  #isFree(number: number): boolean {
    return number >= 0 && number < this.first
  }

  #otherOf(key: unknown): number {
    const number = this.#others.get(key) ?? 0
    return this.#isFree(number) ? 0 : number
  }

  /** Puts a number into a slot near its hash; false if none is free. */
  #put(hash: number, number: number): boolean {
    if (hash === NO_HASH) return false
    const slots = this.#slots
    const first = this.#firstOf(hash)
    for (let at = first; at < first + 2 * STEPS; at += 2) {
      if (!this.#isFree(slots[at + 1] as number)) continue
      slots[at] = hash
      slots[at + 1] = number
      return true
    }
    return false
  }

  /** Makes the table larger or smaller if its keys do not fit. Returns whether it did. */
  #fit(): boolean {
    for (const [key, number] of this.#others) if (this.#isFree(number)) this.#others.delete(key)
    let used = this.#others.size
    for (let at = 1; at < this.#slots.length; at += 2) if (!this.#isFree(this.#slots[at] as number)) used++
    this.#left = this.#length
    let wanted = FEW
    while (wanted < 4 * used) wanted *= 2
    if (wanted <= this.#length && wanted * 8 > this.#length) return false
    this.#rebuild(wanted)
    return true
  }

  #rebuild(length: number): void {
    const old = this.#slots
    const others = [...this.#others]
    this.#slots = slotsFor(length)
    this.#length = this.#left = length
    this.#others.clear()
    for (let at = 0; at < old.length; at += 2) {
      const number = old[at + 1] as number
      if (this.#isFree(number) || this.#put(old[at] as number, number)) continue
      this.#others.set(this.numbers.keyByNumber(number), number)
    }
    for (const [key, number] of others) if (!this.#put(hashOf(key), number)) this.#others.set(key, number)
  }
}

/** A key near the end of the table may stand behind it. */
function slotsFor(length: number): Int32Array {
  return new Int32Array(2 * (length + STEPS))
}
