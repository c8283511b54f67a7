/** Who commits, or waits for it. */
export interface Turn {
  /** Nobody else commits until it gives its turn back. Called at once if the turn is free. */
  granted(): void
  /** It has the turn, and somebody waits for it. */
  wanted(): void
}

/** Whose turn it is among replicas, first come first served. */
export class ReplicaTurns {
  #holder: Turn | null = null
  readonly #waiting: Turn[] = []

  take(turn: Turn): void {
    if (this.#holder === null) {
      this.#holder = turn
      turn.granted()
    } else {
      this.#waiting.push(turn)
      this.#holder.wanted()
    }
  }

  /** Passes the turn to the next one; takes one that waits out of the line. */
  give(turn: Turn): void {
    if (this.#holder !== turn) {
      const i = this.#waiting.indexOf(turn)
      if (i >= 0) this.#waiting.splice(i, 1)
      return
    }
    this.#holder = this.#waiting.shift() ?? null
    this.#holder?.granted()
  }

  /** Whether somebody waits. */
  get isWanted(): boolean {
    return this.#waiting.length > 0
  }
}
