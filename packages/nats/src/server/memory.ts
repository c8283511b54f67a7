import { type Nanos, NS_PER_MS } from '@genpool/runtime'

/** How long answers are remembered, in milliseconds. */
const REMEMBER_MS = 10_000
const MOST_ENTRIES = 20_000
const MOST_BYTES = 16_000_000

/** What a node knows of a request that is sent again. */
export type Remembered =
  | { readonly kind: 'running' }
  | { readonly kind: 'answered'; readonly frame: Uint8Array | null }
  /** It certainly has not come. */
  | { readonly kind: 'new' }
  /** It may have come: it is too long ago to know. */
  | { readonly kind: 'forgotten' }

interface Entry {
  /** The answer; null while it runs, and for what has none. */
  frame: Uint8Array | null
  endedAt: Nanos | null
}

/**
 * Remembers for a while which requests a node has had, and how it answered. A request whose answer may be lost, because a connection
 * was, is sent again: it gets the same answer, and never runs twice. Pure: time is an argument.
 */
export class Memory {
  readonly #entries = new Map<string, Entry>()
  /** The answered ones, oldest first. */
  readonly #ended: string[] = []
  #first = 0
  #bytes = 0
  /** Everything that came after this is remembered. */
  #completeSince: Nanos

  constructor(now: Nanos) {
    this.#completeSince = now
  }

  get running(): number {
    return this.#entries.size - (this.#ended.length - this.#first)
  }

  began(id: string): void {
    this.#entries.set(id, { frame: null, endedAt: null })
  }

  answered(id: string, frame: Uint8Array | null, now: Nanos): void {
    const entry = this.#entries.get(id)
    if (entry === undefined || entry.endedAt !== null) return
    entry.frame = frame
    entry.endedAt = now
    this.#bytes += frame?.length ?? 0
    this.#ended.push(id)
    this.#forget(now)
  }

  /** @param ageMs how long ago it was sent first */
  recall(id: string, ageMs: number, now: Nanos): Remembered {
    const entry = this.#entries.get(id)
    if (entry !== undefined)
      return entry.endedAt === null ? { kind: 'running' } : { kind: 'answered', frame: entry.frame }
    return now - ageMs * NS_PER_MS > this.#completeSince ? { kind: 'new' } : { kind: 'forgotten' }
  }

  #forget(now: Nanos): void {
    const before = now - REMEMBER_MS * NS_PER_MS
    for (;;) {
      const id = this.#ended[this.#first]
      const entry = id === undefined ? undefined : this.#entries.get(id)
      if (id === undefined || entry === undefined) break
      const endedAt = entry.endedAt as Nanos
      const isMany = this.#ended.length - this.#first > MOST_ENTRIES || this.#bytes > MOST_BYTES
      if (endedAt >= before && !isMany) break
      this.#entries.delete(id)
      this.#bytes -= entry.frame?.length ?? 0
      this.#first++
      this.#completeSince = Math.max(this.#completeSince, endedAt)
    }
    if (this.#first > MOST_ENTRIES) {
      this.#ended.splice(0, this.#first)
      this.#first = 0
    }
  }
}
