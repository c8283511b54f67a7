import { type Nanos, NS_PER_MS } from '@genpool/runtime'

/** What is done waits for no run that takes longer, most likely: neither answers nor commits. */
export const SHORT = 2 * NS_PER_MS

const WEIGHT = 1 / 16

/** How long the runs of one handler took. */
class Length {
  constructor(
    public lastNs: Nanos,
    public meanNs: Nanos,
  ) {}
}

/** Knows how long handlers take, by what they took before. */
export class RunLengths {
  readonly #all = new Map<object, Length>()
  /** The last one that ran. Most messages are for the same handler as those before. */
  #handler: object | null = null
  #length: Length | undefined

  /** How long its next run takes, most likely: Infinity if none has ended in this thread. */
  expected(handler: object): Nanos {
    const length = this.#of(handler)
    return length === undefined ? Infinity : Math.max(length.lastNs, length.meanNs)
  }

  /** How long it takes on average: a run that had to wait for a core counts little. Undefined if none has ended in this thread. */
  mean(handler: object): Nanos | undefined {
    return this.#of(handler)?.meanNs
  }

  #of(handler: object): Length | undefined {
    return handler === this.#handler ? this.#length : this.#all.get(handler)
  }

  /** @param handler null if none was called */
  ran(handler: object | null, ranNs: Nanos): void {
    if (handler === null) return
    if (handler !== this.#handler) this.#turnTo(handler)
    const length = this.#length
    if (length === undefined) return void this.#all.set(handler, (this.#length = new Length(ranNs, ranNs)))
    length.lastNs = ranNs
    length.meanNs += (ranNs - length.meanNs) * WEIGHT
  }

  #turnTo(handler: object): void {
    this.#handler = handler
    this.#length = this.#all.get(handler)
  }
}
