import { hashOf, KeyTable, NO_HASH } from './key-table'

/** In the list of keys, a place that no key has. */
const FREE = Symbol('free')
/** After so many new keys, more are expected. Before, a `Map` is faster: V8 keeps the hash of a string that comes again. */
const MANY = 1024

/** Gives each key a place in lists: a small number. What is kept there for each key takes a few bytes, and is found with one look-up. */
export class KeyPlaces {
  readonly #table = new KeyTable()
  /** The places of keys that are not in the table. */
  readonly #others = new Map<unknown, number>()
  /** By place. */
  #keys: unknown[] = []
  #hashes: number[] = []
  #free: number[] = []
  /** The place that `next` has returned. */
  #hand = -1
  #added = 0

  /** How many keys have a place. */
  get size(): number {
    return this.#table.size + this.#others.size
  }

  /** The hash with which to look for a key, and to add it. */
  hashOf(key: unknown): number {
    return this.#added < MANY ? NO_HASH : hashOf(key)
  }

  /** The place of a key; -1 if it has none. */
  of(key: unknown, hash: number): number {
    const place = hash === NO_HASH ? -1 : this.#table.find(key, hash, this.#keys)
    return place >= 0 || this.#others.size === 0 ? place : (this.#others.get(key) ?? -1)
  }

  /** Adds a key that has no place; if no place is free, its place is a new one, the last. */
  add(key: unknown, hash: number): number {
    const place = this.#free.length === 0 ? this.#keys.length : (this.#free.pop() as number)
    this.#keys[place] = key
    this.#hashes[place] = hash
    this.#index(place)
    if (++this.#added === MANY) this.#indexAnew()
    return place
  }

  keyAt(place: number): unknown {
    return this.#keys[place]
  }

  /** Visits all places in turn, one with each call; null if no key has the place. */
  next(): number | null {
    this.#hand = this.#hand + 1 < this.#keys.length ? this.#hand + 1 : 0
    return this.#keys[this.#hand] === FREE ? null : this.#hand
  }

  delete(place: number): void {
    const hash = this.#hashes[place] as number
    if (hash === NO_HASH || !this.#table.delete(hash, place)) this.#others.delete(this.#keys[place])
    this.#keys[place] = FREE
    this.#free.push(place)
  }

  /** Gives all keys the first places. Returns the places that they had, by the new ones. */
  compact(): readonly number[] {
    const old = [...this.#keys.keys()].filter((place) => this.#keys[place] !== FREE)
    this.#keys = old.map((place) => this.#keys[place])
    this.#hashes = old.map(() => NO_HASH)
    this.#free = []
    this.#indexAnew()
    return old
  }

  #indexAnew(): void {
    this.#table.clear()
    this.#others.clear()
    for (const [place, key] of this.#keys.entries()) {
      this.#hashes[place] = this.hashOf(key)
      if (key !== FREE) this.#index(place)
    }
  }

  #index(place: number): void {
    const hash = this.#hashes[place] as number
    if (hash === NO_HASH || !this.#table.add(hash, place)) this.#others.set(this.#keys[place], place)
  }
}
