import type { Waiter } from './waiting'

const MOST = 1000
const MOST_BYTES = 4_000_000

/** A cast that was sent. */
export interface SentCast extends Waiter {
  readonly frame: Uint8Array
  readonly message: unknown
  /** The type of its message; null if it has none. */
  readonly type: string | null
  readonly headers: Readonly<Record<string, string>> | undefined
  readonly node: string
  readonly tries: number
}

/** The last casts that were sent: one that reached nobody is sent to another node. Bounded in number and bytes. */
export class CastLog {
  readonly #sent = new Map<string, SentCast>()
  #bytes = 0

  add(id: string, cast: SentCast): void {
    this.#sent.set(id, cast)
    this.#bytes += cast.frame.length
    while (this.#sent.size > MOST || this.#bytes > MOST_BYTES) {
      const [oldest] = this.#sent.keys()
      if (oldest === undefined) return
      this.take(oldest)
    }
  }

  /** Returns those that went to a node, and forgets them. */
  takeOf(node: string): SentCast[] {
    const ids = [...this.#sent].filter(([, cast]) => cast.node === node).map(([id]) => id)
    return ids.flatMap((id) => this.take(id) ?? [])
  }

  clear(): void {
    this.#sent.clear()
    this.#bytes = 0
  }

  /** Returns a cast and forgets it. */
  take(id: string): SentCast | undefined {
    const cast = this.#sent.get(id)
    if (cast !== undefined && this.#sent.delete(id)) this.#bytes -= cast.frame.length
    return cast
  }
}
