import type { KeyOrder } from './key-order'

/** What waits: in the order of the numbers, if it has a key. */
export interface Waiter {
  /** Messages of a key go in this order. */
  readonly order: number
  readonly key: string | null
}

/** Messages that wait here, for a connection or a node. Later ones of their keys wait behind them. */
export class Waiting<T extends Waiter> implements Iterable<T> {
  readonly #all = new Set<T>()

  constructor(private readonly keys: Pick<KeyOrder, 'waits' | 'waitsNoMore'>) {}

  get size(): number {
    return this.#all.size
  }

  has(one: T): boolean {
    return this.#all.has(one)
  }

  add(one: T): void {
    if (this.#all.has(one)) return
    this.#all.add(one)
    if (one.key !== null) this.keys.waits(one.key)
  }

  delete(one: T): void {
    if (this.#all.delete(one) && one.key !== null) this.keys.waitsNoMore(one.key)
  }

  /** Returns all, and is empty then. */
  takeAll(): T[] {
    const all = [...this.#all]
    for (const one of all) this.delete(one)
    return all
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#all.values()
  }
}
