import { type Nanos } from '@genpool/runtime'
import { Waiting } from './waiting'

/**
 * Makes a request when its turn comes, out of what was kept of it.
 *
 * @param message and `about` are what was handed in, whatever they are
 */
export type Maker<E extends Waiting> = (message: unknown, about: unknown, sentAt: Nanos) => E

/** So many share one pack: from about 16 000 on, V8 keeps a list where no collection copies it. */
const SIZE = 20_000
/** Marks a pack, where only requests have tags. Nobody can cancel by it. */
const PACK = Symbol('pack')

/**
 * Requests of one kind that wait one behind the other and are not made yet: 8 bytes each instead of some 200, and no work
 * for the garbage collector. It stands in the list in their place.
 *
 * Only for those that say nothing about themselves: no deadline, no tag, no key, no priority.
 */
export class Pack<E extends Waiting> extends Waiting {
  readonly #messages: unknown[]
  /** Where the oldest is, and the place behind the newest. */
  #at = 0
  #end = 0
  /** The times at which they were sent, each with the place of the first that was sent then. Many share one. */
  readonly #times: Nanos[]
  readonly #from: number[] = [0]
  /** Which time is that of the oldest, and the place from which on the next one holds. */
  #time = 0
  #until = Infinity

  /** @param isLong whether it is to be expected that it will be full */
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

  /** Whether so many have been in here that no more are taken in. What has left makes no room. */
  get isFull(): boolean {
    return this.#end === SIZE
  }

  /** Whether one more of this kind has room. */
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

  /** Makes the oldest, which is in here no more. */
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

  /** Makes the newest, which is in here no more. */
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

  /** Makes all that are in here, for somebody who looks at them, oldest first. They stay. */
  *[Symbol.iterator](): Iterator<E> {
    let time = this.#time
    for (let i = this.#at; i < this.#end; i++) {
      if (i === this.#from[time + 1]) time++
      yield this.make(this.#messages[i], this.about, this.#times[time] as Nanos)
    }
  }
}
