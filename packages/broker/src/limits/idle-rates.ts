import { type Nanos } from '@genpool/runtime'
import { LEAST, type Numbers } from './key-numbers'
import { type Rate, type RateRules } from './rate'

const FEW = 64
/** Numbers of keys stay below this. */
const MOST = 2 ** 30

/**
 * What the rates of idle keys still count.
 *
 * A rate is large. Of most idle keys, all that counts began at one time: two numbers say it. The keys stand in a ring, in the order
 * in which they became idle. So those whose rates count nothing any more are at its start, and of many keys only memory side by
 * side is read and written.
 *
 * Each idle key has a number.
 */
export class IdleRates {
  /** The number of the oldest key; all before are over. */
  #first = LEAST
  #end = LEAST
  /** How many keys are kept, without those that were taken. */
  size = 0
  /** When the key began, and what that cost together; 0 if the key was taken, or its rate is kept. */
  #counts = new Float64Array(2 * FEW)
  /** The key, and its rate if it began at several times; otherwise null. */
  #entries: unknown[] = emptyEntries(FEW)
  /** The latest begin that was kept: that time is over. */
  #latest: Nanos = -Infinity

  constructor(private readonly numbers: Numbers) {}

  keyOf(number: number): unknown {
    return this.#entries[this.#at(number)]
  }

  /** Keeps what a rate counts. Returns the number of the key. @param isKept whether the rate itself is kept */
  keep(key: unknown, rate: Rate, isKept: boolean): number {
    const time = rate.newestAt
    if (time > this.#latest) this.#latest = time
    this.#forgetOver(rate.rules.interval)
    if (this.#end - this.#first >= this.#counts.length >> 1 || this.#end >= MOST) this.#makeRoom()
    const at = this.#at(this.#end)
    this.#counts[at] = time
    this.#counts[at + 1] = isKept ? 0 : rate.sum
    this.#entries[at] = key
    this.#entries[at + 1] = isKept ? rate : null
    this.size++
    return this.#end++
  }

  /** The rate of a key that is not idle any more. @param empty a rate that counts nothing */
  take(number: number, empty: Rate): Rate {
    const at = this.#at(number)
    const kept = this.#entries[at + 1] as Rate | null
    const cost = this.#counts[at + 1] as number
    if (cost > 0) empty.add(cost, this.#counts[at] as Nanos)
    this.#clear(at)
    return kept ?? empty
  }

  /** How many keys count something. */
  count(interval: Nanos, now: Nanos): number {
    let count = 0
    for (const at of this.#kept()) if ((this.#counts[at] as Nanos) + interval > now) count++
    return count
  }

  /** Takes other rules over. What began before still counts. */
  configure(rules: RateRules): void {
    for (const at of this.#kept()) (this.#entries[at + 1] as Rate | null)?.configure(rules)
  }

  /** Forgets all keys. */
  clear(): void {
    for (const at of this.#kept()) this.#clear(at)
    this.numbers.first = this.#first = this.#end
  }

  #at(number: number): number {
    return (2 * number) & (this.#counts.length - 1)
  }

  *#kept(): Iterable<number> {
    for (let number = this.#first; number < this.#end; number++) {
      const at = this.#at(number)
      if (this.#entries[at] !== undefined) yield at
    }
  }

  /** Forgets the first keys, as far as they are over. */
  #forgetOver(interval: Nanos): void {
    const until = this.#latest - interval
    while (this.#first < this.#end) {
      const at = this.#at(this.#first)
      if ((this.#counts[at] as Nanos) > until) return
      if (this.#entries[at] !== undefined) this.#clear(at)
      this.numbers.first = ++this.#first
    }
  }

  #clear(at: number): void {
    this.size--
    this.#counts[at] = -Infinity
    this.#counts[at + 1] = 0
    this.#entries[at] = undefined
    this.#entries[at + 1] = null
  }

  /** Moves the keys together, into more memory if most of it is used. They get new numbers. */
  #makeRoom(): void {
    const [counts, entries, mask] = [this.#counts, this.#entries, this.#counts.length - 1]
    const kept = [...this.#kept()]
    let length = FEW
    while (length < 2 * kept.length) length *= 2
    const numbers = new Int32Array(counts.length >> 1)
    const first = this.#first
    this.#counts = new Float64Array(2 * length)
    this.#entries = emptyEntries(length)
    this.#first = this.#end = LEAST
    for (const from of kept) {
      const at = this.#at(this.#end)
      this.#counts.set(counts.subarray(from, from + 2), at)
      this.#entries[at] = entries[from]
      this.#entries[at + 1] = entries[from + 1]
      numbers[from >> 1] = this.#end++
    }
    this.numbers.first = LEAST
    this.numbers.renumber((number) => (number < first ? 0 : (numbers[((2 * number) & mask) >> 1] as number)))
  }
}

function emptyEntries(length: number): unknown[] {
  return Array.from({ length: 2 * length }, (_, i) => (i & 1 ? null : undefined))
}
