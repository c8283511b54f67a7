import { JetStreamApiError } from '@nats-io/jetstream'
import { type Clock, type Nanos, NS_PER_MS, Ring } from '@genpool/runtime'
import { type Publication, type Publisher, type Stored, Unknown } from './publisher'

/** So many casts, and so many of their bytes, are on their way to the server at once. */
const MOST = 1024
const MOST_BYTES = 16_000_000

interface Waiting {
  readonly publication: Publication
  readonly since: Nanos
  readonly resolve: (stored: Promise<Stored>) => void
  readonly reject: (error: unknown) => void
}

/**
 * Stores casts, in their order, and only as many at once as a server acknowledges in time. The others wait here, and their time runs only
 * while nothing is acknowledged: a server that is away is away for them, too, and one that has much to do is not.
 */
export class InFlight {
  readonly #waiting = new Ring<Waiting>()
  #count = 0
  #bytes = 0
  /** When one was stored, or refused, last. */
  #heardAt: Nanos = -Infinity

  constructor(
    private readonly publisher: Pick<Publisher, 'store'>,
    private readonly clock: Clock,
    private readonly timeoutMs: number,
  ) {}

  /** As the publisher does. Those that were never sent are certainly not stored. */
  store(publication: Publication): Promise<Stored> {
    const since = this.clock.now()
    if (this.#waiting.length === 0 && this.#hasRoom(publication)) return this.#send(publication, since)
    return new Promise((resolve, reject) => this.#waiting.push({ publication, since, resolve, reject }))
  }

  #hasRoom({ frame }: Publication): boolean {
    return this.#count === 0 || (this.#count < MOST && this.#bytes + frame.length <= MOST_BYTES)
  }

  async #send(publication: Publication, since: Nanos): Promise<Stored> {
    const { length } = publication.frame
    this.#count++
    this.#bytes += length
    try {
      const stored = await this.publisher.store(publication, undefined, since)
      this.#heardAt = this.clock.now()
      return stored
    } catch (error) {
      if (error instanceof JetStreamApiError) this.#heardAt = this.clock.now()
      else this.#giveUp(error)
      throw error
    } finally {
      this.#count--
      this.#bytes -= length
      this.#next()
    }
  }

  #next(): void {
    this.#takeWhile(
      ({ publication }) => this.#hasRoom(publication),
      ({ publication, since, resolve }) => resolve(this.#send(publication, Math.max(since, this.#heardAt))),
    )
  }

  /** Nothing was acknowledged in all the time that they had. */
  #giveUp(error: unknown): void {
    const before = this.clock.now() - this.timeoutMs * NS_PER_MS
    if (this.#heardAt > before) return
    const cause = error instanceof Unknown ? error.cause : error
    this.#takeWhile(
      ({ since }) => since <= before,
      ({ reject }) => reject(cause),
    )
  }

  #takeWhile(mayGo: (one: Waiting) => boolean, go: (one: Waiting) => void): void {
    while (this.#waiting.length > 0) {
      const first = this.#waiting.shift()
      if (!mayGo(first)) return this.#waiting.unshift(first)
      go(first)
    }
  }
}
