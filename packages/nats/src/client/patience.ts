import { type Nanos, NS_PER_MS } from '@genpool/runtime'

/** How long nodes that are not there are waited for. Pure: time is an argument. */
export class Patience {
  /** When this client connected again last. */
  #connectedAt: Nanos = -Infinity
  /** When the last node went. */
  #goneAt: Nanos = -Infinity
  #isServed = false

  /** @param rules nodes get as much time to come back as a silent one has */
  constructor(private readonly rules: { readonly silentAfter: number }) {}

  /** This client has connected again: nodes may have to do so, too. */
  connected(now: Nanos): void {
    this.#connectedAt = now
  }

  /** Whether there is a node now that stays. */
  served(isServed: boolean, now: Nanos): void {
    if (this.#isServed && !isServed) this.#goneAt = now
    this.#isServed = isServed
  }

  /** Whether nodes may be connecting again, since this client has just done so. */
  isAfterReconnect(now: Nanos): boolean {
    return this.#isRecent(this.#connectedAt, now)
  }

  /** Whether nodes that were there may be starting again: none is left, and the last one has just gone. */
  isAfterLast(now: Nanos): boolean {
    return !this.#isServed && this.#isRecent(this.#goneAt, now)
  }

  #isRecent(at: Nanos, now: Nanos): boolean {
    return now < at + this.rules.silentAfter * NS_PER_MS
  }
}
