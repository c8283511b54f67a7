import { type Nanos } from '@genpool/runtime'

/**
 * Counts events by name over the last one to two windows. Pure: the time is an argument.
 *
 * For events that are rare in normal operation: recent ones are not hidden by those of an hour ago.
 */
export class RecentTally<K extends string> {
  /** Made with the first event. */
  #current: Map<K, number> | undefined
  #previous: Map<K, number> | undefined
  #since: Nanos

  constructor(
    private readonly window: Nanos,
    now: Nanos,
  ) {
    this.#since = now
  }

  add(name: K, now: Nanos): void {
    this.#turn(now)
    this.#current ??= new Map()
    this.#current.set(name, (this.#current.get(name) ?? 0) + 1)
  }

  /** How often each name was added lately; other names are left out. */
  counts(now: Nanos): Readonly<Partial<Record<K, number>>> {
    this.#turn(now)
    const sums: Partial<Record<K, number>> = {}
    for (const [name, count] of this.#previous ?? []) sums[name] = count
    for (const [name, count] of this.#current ?? []) sums[name] = (sums[name] ?? 0) + count
    return sums
  }

  #turn(now: Nanos): void {
    const windows = Math.floor((now - this.#since) / this.window)
    if (windows < 1) return
    this.#previous = windows === 1 ? this.#current : undefined
    this.#current = undefined
    this.#since += windows * this.window
  }
}
