import type { StoreEvent } from '@genpool/core'
import { channel } from 'node:diagnostics_channel'

/** Held here because Node holds channels weakly. */
const changed = channel('genpool:store:change')

/** Tells listeners when a store, or an entry of it, cannot be used any more, and when it can again. */
export class StoreEvents {
  /** The store; undefined until it is made. */
  store: object | undefined
  /** What is wrong, by entry; of the whole store under undefined. */
  readonly #told = new Map<string | undefined, string>()
  #ended = false

  constructor(private readonly bucket: string) {}

  /** @param fault why it cannot be used; undefined: it can. What has been told already is not told again */
  tell(entry: string | undefined, fault: string | undefined): void {
    if (this.#ended || this.#told.get(entry) === fault) return
    if (fault === undefined) this.#told.delete(entry)
    else this.#told.set(entry, fault)
    if (!changed.hasSubscribers || this.store === undefined) return
    const event: StoreEvent = { bucket: this.bucket, store: this.store, entry, fault }
    changed.publish(event)
  }

  /** The store is not used any more. */
  end(): void {
    this.#ended = true
  }
}
