import { Ring } from '@genpool/runtime'

interface Waiting<T> {
  readonly resolve: (turn: T) => void
  readonly reject: (error: Error) => void
  readonly turn: T
}

/** A mutex, first come first served. The object that was passed to `take` identifies the holder. */
export class Turns<T extends object> {
  /** The current holder. The mutex goes directly to the next in line, so that no newcomer gets in between. */
  #holder: T | undefined
  /** Made with the first that waits. A list would be moved as a whole with each that leaves it. */
  #waiting: Ring<Waiting<T>> | null = null
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
    const waiting = (this.#waiting ??= new Ring())
    return new Promise<T>((resolve, reject) => waiting.push({ resolve, reject, turn }))
  }

  /** Passes the mutex to the next in line; does nothing if `turn` does not hold it. */
  give(turn: T): void {
    if (this.#holder !== turn) return
    const next = this.#next()
    this.#holder = next?.turn
    next?.resolve(next.turn)
  }

  /** Takes the mutex from its holder and rejects everyone in line. */
  close(error: Error): void {
    this.#closed = error
    this.#holder = undefined
    for (let next = this.#next(); next !== undefined; next = this.#next()) next.reject(error)
  }

  #next(): Waiting<T> | undefined {
    const waiting = this.#waiting
    return waiting === null || waiting.length === 0 ? undefined : waiting.shift()
  }
}
