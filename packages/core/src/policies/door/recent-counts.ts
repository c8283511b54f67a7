import { type Nanos } from '@genpool/runtime'

/** The window has this many steps; the oldest step is forgotten as a whole. */
const STEPS = 10

/** Counts good and bad results in a sliding window. Pure: the time is an argument. */
export class RecentCounts {
  readonly #good = new Float64Array(STEPS)
  readonly #bad = new Float64Array(STEPS)
  #newest = -Infinity
  #step: Nanos

  constructor(window: Nanos) {
    this.#step = window / STEPS
  }

  add(good: boolean, now: Nanos): void {
    this.#moveTo(now)
    const counts = good ? this.#good : this.#bad
    const place = placeOf(this.#newest)
    counts[place] = (counts[place] ?? 0) + 1
  }

  good(now: Nanos): number {
    this.#moveTo(now)
    return this.#good.reduce((sum, count) => sum + count, 0)
  }

  bad(now: Nanos): number {
    this.#moveTo(now)
    return this.#bad.reduce((sum, count) => sum + count, 0)
  }

  /** When the oldest step is forgotten, from now. */
  forgetsIn(now: Nanos): Nanos {
    return (Math.floor(now / this.#step) + 1) * this.#step - now
  }

  clear(): void {
    this.#good.fill(0)
    this.#bad.fill(0)
  }

  /** Changes the window; if it differs, the counts are reset. */
  resize(window: Nanos): void {
    if (window / STEPS === this.#step) return
    this.#step = window / STEPS
    this.#newest = -Infinity
    this.clear()
  }

  #moveTo(now: Nanos): void {
    const newest = Math.floor(now / this.#step)
    if (newest <= this.#newest) return
    if (newest - this.#newest >= STEPS) this.clear()
    else
      for (let step = this.#newest + 1; step <= newest; step++) {
        this.#good[placeOf(step)] = 0
        this.#bad[placeOf(step)] = 0
      }
    this.#newest = newest
  }
}

function placeOf(step: number): number {
  return ((step % STEPS) + STEPS) % STEPS
}
