/** A summary of a distribution, in milliseconds. */
export interface Figures {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** What would become of requests. */
export interface Prediction {
  readonly requests: number
  readonly replied: number
  /** Drops by reason. */
  readonly drops: Readonly<Record<string, number>>
  /** Other failures by the code of their error; `unfinished` for those without an outcome a minute after the last arrival. */
  readonly errors: Readonly<Record<string, number>>
  /** The share of the requests that were dropped, 0 to 1. */
  readonly dropped: number
  /** How long requests that ran had waited. */
  readonly waitMs: Figures
  /** From the call to the answer, of the requests that got one. */
  readonly latencyMs: Figures
  /** The share of the time in handlers that was spent for callers who had given up or got an error, 0 to 1. */
  readonly wasted: number
  /** The share of the members' time that was spent in handlers, 0 to 1. */
  readonly utilisation: number
  /** What it costs: the number of members times how long they were there, in seconds, until the last outcome. */
  readonly memberSeconds: number
  /** The size over time: from when on, in milliseconds, and how many members. */
  readonly sizes: readonly { readonly at: number; readonly size: number }[]
}

/** Gathers what became of the requests of a simulation. */
export class Outcomes {
  count = 0
  #replied = 0
  readonly #drops: Record<string, number> = {}
  readonly #errors: Record<string, number> = {}
  readonly #waits: number[] = []
  readonly #latencies: number[] = []
  #worked = 0
  #useful = 0
  readonly #sizes: { at: number; size: number }[]

  constructor(size: number) {
    this.#sizes = [{ at: 0, size }]
  }

  sized(at: number, size: number): void {
    this.#sizes.push({ at, size })
  }

  /** @param outcome `replied`, `dropped:<reason>` or the code of an error */
  add(outcome: string, runMs: number, [sentAt, beganAt, endedAt]: readonly [number, number | null, number]): void {
    this.count++
    if (beganAt !== null) {
      this.#waits.push(beganAt - sentAt)
      this.#worked += runMs
    }
    if (outcome === 'replied') {
      this.#replied++
      this.#useful += runMs
      this.#latencies.push(endedAt - sentAt)
      return
    }
    const [kind, reason = kind] = outcome.split(':') as [string, string?]
    const counts = kind === 'dropped' ? this.#drops : this.#errors
    counts[reason] = (counts[reason] ?? 0) + 1
  }

  prediction(end: number, requests: number): Prediction {
    const dropped = Object.values(this.#drops).reduce((sum, n) => sum + n, 0)
    const capacity = this.#sizes.reduce(
      (sum, { at, size }, i) => sum + size * ((this.#sizes[i + 1]?.at ?? end) - at),
      0,
    )
    const unfinished = requests - this.count
    return {
      requests,
      replied: this.#replied,
      drops: this.#drops,
      errors: unfinished > 0 ? { ...this.#errors, unfinished } : this.#errors,
      dropped: requests === 0 ? 0 : dropped / requests,
      waitMs: figuresOf(this.#waits),
      latencyMs: figuresOf(this.#latencies),
      wasted: this.#worked === 0 ? 0 : 1 - this.#useful / this.#worked,
      utilisation: capacity === 0 ? 0 : Math.min(1, this.#worked / capacity),
      memberSeconds: capacity / 1000,
      sizes: this.#sizes,
    }
  }
}

function figuresOf(values: readonly number[]): Figures {
  const sorted = Float64Array.from(values).sort()
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: sorted.at(-1) ?? 0 }
}
