/** Something that takes turns; it is in one round at most. */
export interface TakesTurns<T> {
  isInTurns: boolean
  /** Whose turn is next after this one, in a round-robin. */
  following: T | null
}

/** Who is next, of those that have something to be served. */
export interface Turns<T> {
  /** One has got something new. Does nothing if it is among them. */
  join(one: T): void
  /** One that could not be served for a while can be again. Does nothing if it is among them. */
  rejoin(one: T): void
  /** The one whose turn it is. Call `served` or `passOver` for it before anything else. */
  next(): T | null
  /** It was served: its next turn comes later. */
  served(one: T): void
  /** It had nothing to be served, and is not among them any more. Returns one that need not be known any longer. */
  passOver(one: T): T | null
  /** Takes all out that need to be known, in the order of their turns. */
  drain(): T[]
  clear(): void
}

/** A round-robin: a list in the order of the turns. O(1), without objects of its own. */
export class RoundRobin<T extends TakesTurns<T>> implements Turns<T> {
  #first: T | null = null
  #last: T | null = null

  join(one: T): void {
    if (one.isInTurns) return
    one.isInTurns = true
    this.#append(one)
  }

  rejoin(one: T): void {
    this.join(one)
  }

  next(): T | null {
    const one = this.#first
    if (one === null) return null
    this.#first = one.following
    if (this.#first === null) this.#last = null
    return one
  }

  served(one: T): void {
    this.#append(one)
  }

  passOver(one: T): T {
    one.isInTurns = false
    return one
  }

  drain(): T[] {
    const all: T[] = []
    for (let one = this.next(); one !== null; one = this.next()) all.push(this.passOver(one))
    return all
  }

  clear(): void {
    this.#first = this.#last = null
  }

  #append(one: T): void {
    one.following = null
    if (this.#last === null) this.#first = one
    else this.#last.following = one
    this.#last = one
  }
}
