/** Has one go at a time; the others wait for their turn, in the order in which they came. */
export class Line<T> {
  #first: T | null = null
  #waiting: T[] = []

  /** @param go called when one has its turn */
  constructor(private readonly go: (one: T) => void) {}

  join(one: T): void {
    if (this.#first !== null) return void this.#waiting.push(one)
    this.#first = one
    this.go(one)
  }

  /** One is done. Those that are not in the line may say so, too. */
  leave(one: T): void {
    if (this.#first !== one) return
    this.#first = null
    const next = this.#waiting.shift()
    if (next !== undefined) this.join(next)
  }

  /** Takes those out that wait. */
  takeWaiting(): T[] {
    return this.#waiting.splice(0)
  }
}
