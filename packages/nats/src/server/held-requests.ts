/** Requests that have come and may not begin yet. They begin in their order, when every reason for that is over. */
export class HeldRequests {
  #held = new Map<string, () => void>()
  #reasons = 0
  #casts = 0

  /** @param released called after all that was held has begun */
  constructor(private readonly released: () => void) {}

  get size(): number {
    return this.#held.size
  }

  get isHolding(): boolean {
    return this.#reasons > 0
  }

  /** Whether a request with this address for its answer is held. */
  has(reply: string): boolean {
    return this.#held.has(reply)
  }

  /** Its caller gave it up. Returns whether it was held. */
  cancel(reply: string): boolean {
    return this.#held.delete(reply)
  }

  /** From now on nothing begins, until the function is called that it returns. */
  hold(): () => void {
    this.#reasons++
    return () => {
      if (--this.#reasons === 0) this.#release()
    }
  }

  /** @param reply under which it can be cancelled; empty if it cannot */
  add(reply: string, begin: () => void): void {
    // What is found by no address has a name with a space: a cast, and what comes with the address of another one.
    const isFound = reply !== '' && !this.#held.has(reply)
    this.#held.set(isFound ? reply : ` ${this.#casts++}`, begin)
  }

  #release(): void {
    const held = this.#held
    this.#held = new Map()
    for (const begin of held.values()) begin()
    this.released()
  }
}
