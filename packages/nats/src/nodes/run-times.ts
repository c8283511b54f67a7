import { type Nanos, NS_PER_MS } from '@genpool/runtime'

/** How long the messages of one type run at a node, in milliseconds. */
export interface RunOfType {
  readonly type: string
  /** The median of the last runs. */
  readonly p50Ms: number
  readonly meanMs: number
  readonly perSecond: number
}

/** What a request is expected to take at a node, in milliseconds. */
export interface Expected {
  /** How long it runs there. */
  readonly runMs: number
  /** How much work it is for what waits behind it: on average over all of its type. */
  readonly workMs: number
}

/** So many runs of a type are remembered, for so long. */
const LAST = 16
const MEMORY: Nanos = 10_000 * NS_PER_MS
/** A node tells of so many types, and of none with a longer name. */
export const MOST_TYPES = 50
export const LONGEST_TYPE = 100

/**
 * How long the last runs of each type of message took. Types are kept apart, since a node that happens to get the short ones is not
 * faster. Pure: time is an argument.
 */
export class RunTimes {
  readonly #byType = new Map<string, LastRuns>()

  /** @param type of the message; empty if it has none */
  record(type: string, ns: Nanos, now: Nanos): void {
    const known = this.#byType.get(type)
    if (known !== undefined) return known.record(ns, now)
    if (type.length > LONGEST_TYPE || this.#byType.size >= MOST_TYPES) return
    const runs = new LastRuns()
    runs.record(ns, now)
    this.#byType.set(type, runs)
  }

  /** Those that ran lately. */
  lately(now: Nanos): RunOfType[] {
    const all: RunOfType[] = []
    for (const [type, runs] of this.#byType) {
      const took = runs.since(now - MEMORY)
      const spanMs = (runs.oldestAt === null ? MEMORY : Math.max(now - runs.oldestAt, NS_PER_MS)) / NS_PER_MS
      const perSecond = (took.length / spanMs) * 1000
      if (took.length === 0) this.#byType.delete(type)
      else all.push({ type, p50Ms: median(took) / NS_PER_MS, meanMs: mean(took) / NS_PER_MS, perSecond })
    }
    return all
  }
}

/** The last runs of one type, in a ring. */
class LastRuns {
  readonly #took: Nanos[] = []
  readonly #endedAt: Nanos[] = []
  #next = 0

  /** When the oldest of them ended; null if there were never so many. */
  get oldestAt(): Nanos | null {
    return this.#took.length < LAST ? null : (this.#endedAt[this.#next] as Nanos)
  }

  record(ns: Nanos, now: Nanos): void {
    this.#took[this.#next] = ns
    this.#endedAt[this.#next] = now
    this.#next = (this.#next + 1) % LAST
  }

  since(time: Nanos): Nanos[] {
    return this.#took.filter((_, i) => (this.#endedAt[i] as Nanos) >= time)
  }
}

function median(all: readonly number[]): number {
  const sorted = [...all].sort((a, b) => a - b)
  return sorted[(sorted.length - 1) >> 1] as number
}

function mean(all: readonly number[]): number {
  return all.reduce((sum, one) => sum + one, 0) / all.length
}
