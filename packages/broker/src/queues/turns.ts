/** Something that takes turns; it is in one round at most. */
export interface TakesTurns<T> {
  /** Whose turn is next after this one. */
  following: T | null
}

/** A round-robin: a list in the order of the turns. O(1), without objects of its own. */
export class Turns<T extends TakesTurns<T>> {
  #first: T | null = null
  #last: T | null = null

  /** The one whose turn it is. */
  get first(): T | null {
    return this.#first
  }

  /** Adds one that is not in the round. Its turn is the last. */
  append(one: T): void {
    one.following = null
    if (this.#last === null) this.#first = one
    else this.#last.following = one
    this.#last = one
  }

  /** Adds one that is not in the round. Its turn is now. */
  prepend(one: T): void {
    one.following = this.#first
    this.#first = one
    if (this.#last === null) this.#last = one
  }

  /** Takes out the one whose turn it is. */
  shift(): T | null {
    const one = this.#first
    if (one === null) return null
    this.#first = one.following
    if (this.#first === null) this.#last = null
    return one
  }

  clear(): void {
    this.#first = this.#last = null
  }
}
