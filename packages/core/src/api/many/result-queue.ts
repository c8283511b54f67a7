import { Ring } from '@genpool/runtime'

/** Results that wait to be handed over. */
export interface ResultQueue {
  /** The result of the item with this number, counted from 0. */
  add(index: number, value: unknown): void
  /** The item with this number has no result. */
  skip(index: number): void
  /** Takes the next result; undefined if it is not there yet. */
  take(): { readonly value: unknown } | undefined
}

/** Hands results over as they come. */
export class AsTheyCome implements ResultQueue {
  readonly #ready = new Ring<{ readonly value: unknown }>()

  add(_index: number, value: unknown): void {
    this.#ready.push({ value })
  }

  skip(): void {
    // Nobody waits for it.
  }

  take(): { readonly value: unknown } | undefined {
    return this.#ready.length > 0 ? this.#ready.shift() : undefined
  }
}

/** Hands results over in the order of their items. */
export class InOrder implements ResultQueue {
  /** By number; null for an item without a result. */
  readonly #ready = new Map<number, { readonly value: unknown } | null>()
  #next = 0

  add(index: number, value: unknown): void {
    this.#ready.set(index, { value })
  }

  skip(index: number): void {
    this.#ready.set(index, null)
  }

  take(): { readonly value: unknown } | undefined {
    for (;;) {
      const result = this.#ready.get(this.#next)
      if (result === undefined) return undefined
      this.#ready.delete(this.#next++)
      if (result !== null) return result
    }
  }
}
