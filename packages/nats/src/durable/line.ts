import { Ring } from '@genpool/runtime'

/** Has one go at a time; the others wait for their turn, in the order in which they came. */
export class Line<T> {
  #first: T | null = null
  readonly #waiting = new Ring<T>()

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
    if (this.#waiting.length > 0) this.join(this.#waiting.shift())
  }

  /** Takes those out that wait. */
  takeWaiting(): T[] {
    const waiting: T[] = []
    while (this.#waiting.length > 0) waiting.push(this.#waiting.shift())
    return waiting
  }
}
