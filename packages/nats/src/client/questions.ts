import type { Nanos } from '@genpool/runtime'

/** When nodes were asked what they say of themselves: the time until the echo is the round trip. */
export class Questions {
  readonly #askedAt = new Map<string, Nanos>()
  #askedAllAt: Nanos | null = null

  asked(node: string, now: Nanos): void {
    this.#askedAt.set(node, now)
  }

  askedAll(now: Nanos): void {
    this.#askedAllAt = now
  }

  /** A node echoes. Returns when it was asked; undefined if that is not known. */
  echoed(node: string): Nanos | undefined {
    const at = this.#askedAt.get(node) ?? this.#askedAllAt ?? undefined
    this.#askedAt.delete(node)
    return at
  }

  /** Echoes to the question to all are no longer expected. */
  gathered(): void {
    this.#askedAllAt = null
  }

  forget(node: string): void {
    this.#askedAt.delete(node)
  }
}
