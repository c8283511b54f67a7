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
  readonly #messages: unknown[] = []
  /** Where the oldest is. */
  #at = 0
  /** The times at which they were sent, each with the place of the first that was sent then. Many share one. */
  readonly #times: Nanos[]
  readonly #from: number[] = [0]
  /** Which time is that of the oldest. */
  #time = 0

  constructor(
    readonly make: Maker<E>,
    readonly about: unknown,
    sentAt: Nanos,
  ) {
    super(sentAt)
    this.tag = PACK
    this.#times = [sentAt]
  }

  get length(): number {
    return this.#messages.length - this.#at
  }

  /** Whether one more of this kind has room. What has left makes no room, so that each pack comes to an end. */
  takes(make: Maker<E>, about: unknown): boolean {
    return make === this.make && about === this.about && this.#messages.length < SIZE
  }

  push(message: unknown, sentAt: Nanos): void {
    if (sentAt !== this.#times[this.#times.length - 1]) {
      this.#times.push(sentAt)
      this.#from.push(this.#messages.length)
    }
    this.#messages.push(message)
  }

  /** Makes the oldest, which is in here no more. */
  shift(): E {
    const entry = this.make(this.#messages[this.#at], this.about, this.sentAt)
    this.#messages[this.#at++] = undefined
    if (this.#at === this.#from[this.#time + 1]) this.sentAt = this.#times[++this.#time] as Nanos
    return entry
  }

  /** Makes the newest, which is in here no more. */
  pop(): E {
    const entry = this.make(this.#messages.pop(), this.about, this.#times.at(-1) as Nanos)
    if (this.#from.at(-1) === this.#messages.length && this.length > 0) {
      this.#times.pop()
      this.#from.pop()
    }
    return entry
  }

  /** Makes all that are in here, for somebody who looks at them, oldest first. They stay. */
  *[Symbol.iterator](): Iterator<E> {
    let time = this.#time
    for (let i = this.#at; i < this.#messages.length; i++) {
      if (i === this.#from[time + 1]) time++
      yield this.make(this.#messages[i], this.about, this.#times[time] as Nanos)
    }
  }
}
