import { type Nanos } from '@genpool/runtime'
import { type Waiting } from './waiting'

/**
 * A request with its number in the order of arrival. Limits number what they hold back, for the order of what is sent in one turn of
 * the event loop: that has one send time.
 */
export interface Numbered {
  /** An integer of 32 bits; after the greatest comes the least. */
  arrival?: number | undefined
}

let last = 0

/** The next number. It stays small enough for V8 to store it in place. */
export function nextArrival(): number {
  return (last = (last + 1) | 0)
}

/** Gives one that began before there were limits a number before all that were sent in the same turn. */
export function numberAsFirst(entry: Numbered): void {
  if (entry.arrival === undefined) entry.arrival = (last - 2 ** 30) | 0
}

/** Gives one that has no number one after all others. */
export function numberAsLast(entry: Numbered): void {
  if (entry.arrival === undefined) entry.arrival = nextArrival()
}

/** Whether `a` came after `b`; false if nobody knows. */
export function cameAfter(a: Waiting, b: Waiting): boolean {
  return a.sentAt > b.sentAt || (a.sentAt === b.sentAt && between(b, a) > 0)
}

/** Compares two requests for `sort`: the first that came is the first. Zero if nobody knows. */
export function byArrival(a: Waiting, b: Waiting): number {
  return a.sentAt - b.sentAt || between(b, a)
}

/** Without both numbers it is zero. */
function between(a: Waiting, b: Waiting): number {
  return (((b as Numbered).arrival as number) - ((a as Numbered).arrival as number)) | 0
}

/** The earliest of some times; null if there is none. */
export function leastOf(times: readonly (Nanos | null)[]): Nanos | null {
  let least: Nanos | null = null
  for (const time of times) if (time !== null && (least === null || time < least)) least = time
  return least
}
