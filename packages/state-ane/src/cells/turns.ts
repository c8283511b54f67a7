interface Waiting<T> {
  readonly resolve: (turn: T) => void
  readonly reject: (error: Error) => void
  readonly turn: T
}

/** A mutex that is passed on in the order in which it was asked for. Whoever has it is known by the object it came with. */
export class Turns<T extends object> {
  /** Who has it now. Passed on directly to the next in line, so that nobody can get in between. */
  #holder: T | undefined
  #waiting: Waiting<T>[] = []
  /** Why nobody can have it any more. */
  #closed: Error | undefined

  get closed(): Error | undefined {
    return this.#closed
  }

  get taken(): boolean {
    return this.#holder !== undefined
  }

  has(turn: T): boolean {
    return this.#holder === turn
  }

  /** Gives it at once if it is free. */
  take(turn: T): T | Promise<T> {
    if (this.#holder === undefined) {
      this.#holder = turn
      return turn
    }
    return new Promise<T>((resolve, reject) => this.#waiting.push({ resolve, reject, turn }))
  }

  /** Passes it on, if `turn` has it. */
  give(turn: T): void {
    if (this.#holder !== turn) return
    const next = this.#waiting.shift()
    this.#holder = next?.turn
    next?.resolve(next.turn)
  }

  /** Takes it away from whoever has it and refuses all who wait. */
  close(error: Error): void {
    const waiting = this.#waiting
    this.#closed = error
    this.#waiting = []
    this.#holder = undefined
    for (const { reject } of waiting) reject(error)
  }
}
