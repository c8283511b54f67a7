interface Waiting<T> {
  readonly resolve: (turn: T) => void
  readonly reject: (error: Error) => void
  readonly turn: T
}

/** A mutex, first come first served. The object that was passed to `take` identifies the holder. */
export class Turns<T extends object> {
  /** The current holder. The mutex goes directly to the next in line, so that no newcomer gets in between. */
  #holder: T | undefined
  #waiting: Waiting<T>[] = []
  /** Why the mutex can no longer be taken; undefined while it can. */
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

  /** Takes the mutex: at once if it is free, otherwise when the turn comes. */
  take(turn: T): T | Promise<T> {
    if (this.#holder === undefined) {
      this.#holder = turn
      return turn
    }
    return new Promise<T>((resolve, reject) => this.#waiting.push({ resolve, reject, turn }))
  }

  /** Passes the mutex to the next in line; does nothing if `turn` does not hold it. */
  give(turn: T): void {
    if (this.#holder !== turn) return
    const next = this.#waiting.shift()
    this.#holder = next?.turn
    next?.resolve(next.turn)
  }

  /** Takes the mutex from its holder and rejects everyone in line. */
  close(error: Error): void {
    const waiting = this.#waiting
    this.#closed = error
    this.#waiting = []
    this.#holder = undefined
    for (const { reject } of waiting) reject(error)
  }
}
