import type { Request } from '../requests/request'

/** The requests that a member has in hand, in order: first those that its worker was given, then those that it will get. */
export class Hand {
  readonly requests: Request[] = []
  /** How many of them the worker was given. */
  #given = 0

  get isEmpty(): boolean {
    return this.requests.length === 0
  }

  /** How many the worker will get. */
  get waiting(): number {
    return this.requests.length - this.#given
  }

  /** The next one that the worker will get. Call it only if there is one. */
  get first(): Request {
    return this.requests[this.#given] as Request
  }

  /** The worker was given the first one that waited. */
  given(): void {
    this.#given++
  }

  /** Whether the worker was given it, and has not ended it. */
  hasGiven(request: Request): boolean {
    const place = this.requests.indexOf(request)
    return place >= 0 && place < this.#given
  }

  /** All that the worker was given. */
  get allGiven(): readonly Request[] {
    return this.requests.slice(0, this.#given)
  }

  remove(request: Request): void {
    const { requests } = this
    if (requests.length === 1 && requests[0] === request) {
      requests.pop()
      this.#given = 0
    } else this.#removeAmong(request)
  }

  #removeAmong(request: Request): void {
    const place = this.requests.indexOf(request)
    if (place < 0) return
    this.requests.splice(place, 1)
    if (place < this.#given) this.#given--
  }
}

/** A request and the others of its batch. */
export function batchOf(request: Request): readonly Request[] {
  const { companions } = request
  return companions === null ? [request] : [request, ...companions]
}
