import { keepShape, type Nanos } from '@genpool/runtime'
import { Waiting } from './waiting'

/**
 * Builds a request from its message when its turn comes.
 *
 * @param message and `about` are the values that were given to `pack`
 */
export type Maker<E extends Waiting> = (message: unknown, about: unknown, sentAt: Nanos) => E

/** The size of a pack: above about 16 000 entries, V8 does not copy the list in a garbage collection. */
const SIZE = 20_000
/** The tag that marks a pack. It is private, so `cancel` cannot find it. */
const PACK = Symbol('pack')

/**
 * A run of queued requests of one kind that are not built yet: 8 bytes each instead of about 200, and no work for the garbage
 * collector. The pack is one entry in the list.
 *
 * Only for requests without options: no deadline, no tag, no key, no priority.
 */
export class Pack<E extends Waiting> extends Waiting {
  readonly #messages: unknown[]
  /** The index of the oldest, and the index after the newest. */
  #at = 0
  #end = 0
  /** The send times, each with the index of the first request that was sent then. Many share one time. */
  readonly #times: Nanos[]
  readonly #from: number[] = [0]
  /** The index of the oldest request's time, and the request index at which the next time starts. */
  #time = 0
  #until = Infinity

  /** @param isLong whether the pack is likely to become full */
  constructor(
    readonly make: Maker<E>,
    readonly about: unknown,
    sentAt: Nanos,
    isLong: boolean,
  ) {
    super(sentAt)
    this.tag = PACK
    this.#times = [sentAt]
    this.#messages = isLong ? new Array<unknown>(SIZE) : []
  }

  get length(): number {
    return this.#end - this.#at
  }

  /** Whether the pack takes no more. Requests that have left free no room. */
  get isFull(): boolean {
    return this.#end === SIZE
  }

  /** Whether one more request of this kind fits. */
  takes(make: Maker<E>, about: unknown): boolean {
    return make === this.make && about === this.about && this.#end < SIZE
  }

  push(message: unknown, sentAt: Nanos): void {
    if (sentAt !== this.#times[this.#times.length - 1]) this.#pushTime(sentAt)
    this.#messages[this.#end++] = message
  }

  #pushTime(sentAt: Nanos): void {
    this.#times.push(sentAt)
    this.#from.push(this.#end)
    if (this.#until === Infinity) this.#until = this.#end
  }

  /** Builds and removes the oldest. */
  shift(): E {
    const entry = this.make(this.#messages[this.#at], this.about, this.sentAt)
    this.#messages[this.#at++] = undefined
    if (this.#at === this.#until) this.#nextTime()
    return entry
  }

  #nextTime(): void {
    this.sentAt = this.#times[++this.#time] as Nanos
    this.#until = this.#from[this.#time + 1] ?? Infinity
  }

  /** Builds and removes the newest. */
  pop(): E {
    const entry = this.make(this.#messages[--this.#end], this.about, this.#times.at(-1) as Nanos)
    this.#messages[this.#end] = undefined
    if (this.#from.at(-1) === this.#end && this.length > 0) {
      this.#times.pop()
      this.#from.pop()
      if (this.#until === this.#end) this.#until = Infinity
    }
    return entry
  }

  /** Builds a copy of each request, oldest first. The pack stays as it is. */
  *[Symbol.iterator](): Iterator<E> {
    let time = this.#time
    for (let i = this.#at; i < this.#end; i++) {
      if (i === this.#from[time + 1]) time++
      yield this.make(this.#messages[i], this.about, this.#times[time] as Nanos)
    }
  }
}

keepShape(new Pack(() => undefined as never, undefined, 0, false))
