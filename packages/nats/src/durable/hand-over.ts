/**
 * How casts without a key get from consumers that do not know their type to one that does.
 *
 * All consumers ask the server for the same casts, and chance decides who gets one. So a cast that was given back comes again at the
 * beginning of a second of the server's clock; and who has given one back lately asks for none in these moments. Those who know
 * all types go on to ask, and get them.
 */

/** A time of the server's clock, in milliseconds since 1970. */
type ServerMs = number

/** The moments come so often; after some offers less often, so that a type that nobody knows costs others little. */
const EVERY_MS = 1000
const SLOWLY_MS = 5000
const OFTEN = 10
/** How long they last, and how long after their beginning casts come again. */
const LASTS_MS = 250
const LATER_MS = 75
/** Who gives a cast back just before needs a while to end its own requests. */
const SPARE_MS = 75
/** So long after it gave one back a consumer keeps these moments: until after the next ones. */
const KEEPS_FOR = 2.5

/** When a cast comes again that was offered so many times, after `waitMs` at least. */
export function nextMoment(nowMs: ServerMs, times: number, waitMs = 0): ServerMs {
  const every = times > OFTEN ? SLOWLY_MS : EVERY_MS
  return Math.ceil((nowMs + Math.max(waitMs, SPARE_MS)) / every) * every + LATER_MS
}

/** Whether a consumer may ask for casts without a key now, and in how many milliseconds that changes. */
export interface PlainTurn {
  readonly mayAsk: boolean
  readonly changesInMs: number
}

export const ALWAYS: PlainTurn = { mayAsk: true, changesInMs: Infinity }

/** What one consumer knows of that. Pure: time is an argument. */
export class HandOver {
  #oftenUntil: ServerMs = -Infinity
  #slowlyUntil: ServerMs = -Infinity

  /** It gave a cast back that was offered so many times. Returns whether its requests so far are too long. */
  gaveBack(times: number, nowMs: ServerMs): boolean {
    const isOften = times <= OFTEN
    const isNew = nowMs >= (isOften ? this.#oftenUntil : this.#slowlyUntil)
    this.#slowlyUntil = nowMs + KEEPS_FOR * SLOWLY_MS
    if (isOften) this.#oftenUntil = nowMs + KEEPS_FOR * EVERY_MS
    return isNew
  }

  turn(nowMs: ServerMs): PlainTurn {
    if (nowMs >= this.#slowlyUntil) return ALWAYS
    const every = nowMs < this.#oftenUntil ? EVERY_MS : SLOWLY_MS
    const phase = nowMs % every
    const mayAsk = phase >= LASTS_MS
    return { mayAsk, changesInMs: (mayAsk ? every : LASTS_MS) - phase }
  }
}
