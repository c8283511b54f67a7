import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import { nextMoment } from './hand-over'

/** Since when nobody knows the type of a cast, by the clock of the server, and how many times it was offered to others. */
export interface Unknown {
  readonly since: number
  readonly times: number
}

/** The first wait between two offers. Servers keep requests that were cancelled for less (see `CancelledPulls`). */
const FIRST_MS = 250
/** The longest wait. */
const LONGEST_MS = 5000
/** Without a key, so much for each cast that a consumer gives back in a second: of 100 casts each waits for a second at least. */
const EACH_MS = 10
const NS_PER_S = 1000 * NS_PER_MS
/** One that has not come again here when it could have so many times, or for so long, is with somebody who knows it, or dead. */
const TURNS = 3
const LEAST_MS = 3000
const MOST = 10_000

/** How a cast is offered to others. */
export interface Offer {
  readonly unknown: Unknown
  /** After so long it comes again, to whoever asks. */
  readonly delayMs: number
  /** For so long who gave it back does not ask for what may be it. */
  readonly leaveMs: number
}

/**
 * How a cast is offered to others whose type no handler of a consumer knows; null if nobody has known it for too long.
 *
 * Of a lane of keys nothing else can come meanwhile. So who gave it back leaves the lane to others, and soon it is with one who knows it. Without a
 * key it comes again when those ask who know all types (see `HandOver`).
 *
 * @param rate how many such casts this consumer gives back in a second
 */
export function offerOf(
  before: Unknown | undefined,
  { nowMs, keepMs, hasLane, rate }: { nowMs: number; keepMs: number; hasLane: boolean; rate: number },
): Offer | null {
  const { since, times } = before ?? { since: nowMs, times: 0 }
  if (nowMs - since >= keepMs) return null
  const unknown = { since, times: times + 1 }
  const wait = FIRST_MS * 2 ** times
  if (hasLane) return { unknown, delayMs: FIRST_MS, leaveMs: Math.min(LONGEST_MS, 2 * wait) }
  const longest = Math.min(LONGEST_MS, rate * EACH_MS)
  return { unknown, delayMs: nextMoment(nowMs, times + 1, longest) - nowMs, leaveMs: 0 }
}

/** The casts that a consumer gave back lately because no handler here knows their type. */
export class UnknownTypes {
  /** By their places; the oldest first. */
  readonly #given = new Map<number, { readonly type: string; readonly until: Nanos }>()
  /** How many in the second that runs, and in the one before. */
  #second = 0
  #inSecond = 0
  #before = 0

  /** @param againMs when it may come here again */
  add(seq: number, type: string, { now, againMs }: { readonly now: Nanos; readonly againMs: number }): void {
    this.#roll(now)
    this.#inSecond++
    this.#given.delete(seq)
    this.#given.set(seq, { type, until: now + Math.max(LEAST_MS, TURNS * againMs) * NS_PER_MS })
    const [oldest] = this.#given.keys()
    if (this.#given.size > MOST && oldest !== undefined) this.#given.delete(oldest)
  }

  /** A cast is dead: it waits no more. */
  remove(seq: number): void {
    this.#given.delete(seq)
  }

  /** How many casts are given back in a second. */
  rate(now: Nanos): number {
    this.#roll(now)
    return Math.max(this.#inSecond, this.#before)
  }

  /** How many of each type. */
  counts(now: Nanos): Record<string, number> {
    const counts: Record<string, number> = Object.create(null) as Record<string, number>
    for (const [seq, { type, until }] of this.#given) {
      if (now > until) this.#given.delete(seq)
      else counts[type] = (counts[type] ?? 0) + 1
    }
    return counts
  }

  #roll(now: Nanos): void {
    const second = Math.floor(now / NS_PER_S)
    if (second === this.#second) return
    this.#before = second === this.#second + 1 ? this.#inSecond : 0
    this.#second = second
    this.#inSecond = 0
  }
}
