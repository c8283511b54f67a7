/** In the list of keys, a place that no key has. */
const FREE = Symbol('free')

/** Gives each key a place in lists: a small number. What is kept there for each key takes a few bytes, and is found with one look-up. */
export class KeyPlaces {
  readonly #places = new Map<unknown, number>()
  /** By place. */
  #keys: unknown[] = []
  #free: number[] = []
  /** The place that `next` has returned. */
  #hand = -1

  /** How many keys have a place. */
  get size(): number {
    return this.#places.size
  }

  /** How many places there are, with those that no key has. */
  get length(): number {
    return this.#keys.length
  }

  of(key: unknown): number | undefined {
    return this.#places.get(key)
  }

  /** Adds a key that has no place; if no place is free, its place is a new one, the last. */
  add(key: unknown): number {
    const place = this.#free.pop() ?? this.#keys.length
    this.#keys[place] = key
    this.#places.set(key, place)
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
    this.#places.delete(this.#keys[place])
    this.#keys[place] = FREE
    this.#free.push(place)
  }

  /** Gives all keys the first places. Returns the places that they had, by the new ones. */
  compact(): readonly number[] {
    const old = [...this.#places.values()]
    this.#keys = old.map((place) => this.#keys[place])
    this.#free = []
    for (const [place, key] of this.#keys.entries()) this.#places.set(key, place)
    return old
  }
}
