import { type Nanos, NS_PER_MS } from '@genpool/runtime'

/** Since when nobody knows the type of a cast, by the clock of the server, and how many times it was offered to others. */
export interface Unknown {
  readonly since: number
  readonly times: number
}

/** The waits between two offers: the first one, and the longest. */
const FIRST_MS = 250
const LONGEST_MS = 5000
/** Who was offered for so long no more is with somebody who knows it, or dead. */
const RECENT = 3 * LONGEST_MS * NS_PER_MS
const MOST = 10_000

/** When a cast is offered again whose type no handler of a consumer knows; null if nobody has known it for too long. */
export function offerOf(
  before: Unknown | undefined,
  nowMs: number,
  keepMs: number,
): { readonly unknown: Unknown; readonly delayMs: number } | null {
  const { since, times } = before ?? { since: nowMs, times: 0 }
  if (nowMs - since >= keepMs) return null
  return { unknown: { since, times: times + 1 }, delayMs: Math.min(LONGEST_MS, FIRST_MS * 2 ** times) }
}

/** The casts that a consumer gave back lately because no handler here knows their type. */
export class UnknownTypes {
  /** By their places; the oldest first. */
  readonly #given = new Map<number, { readonly type: string; readonly at: Nanos }>()

  add(seq: number, type: string, now: Nanos): void {
    this.#given.delete(seq)
    this.#given.set(seq, { type, at: now })
    const [oldest] = this.#given.keys()
    if (this.#given.size > MOST && oldest !== undefined) this.#given.delete(oldest)
  }

  /** How many of each type. */
  counts(now: Nanos): Record<string, number> {
    const counts: Record<string, number> = Object.create(null) as Record<string, number>
    for (const [seq, { type, at }] of this.#given) {
      if (now - at > RECENT) this.#given.delete(seq)
      else counts[type] = (counts[type] ?? 0) + 1
    }
    return counts
  }
}
