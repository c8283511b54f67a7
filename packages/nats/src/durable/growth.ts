import { type Nanos, NS_PER_MS } from '@genpool/runtime'

/** Growth is measured over at most, and at least, so long; of looks that follow faster, the first counts. In milliseconds. */
const OVER_MS = 60_000
const LEAST_MS = 5000
const APART_MS = 500

interface Sample {
  readonly at: Nanos
  readonly waiting: number
}

/** How fast a queue grows, over the looks of the last minute. */
export class Growth {
  /** The oldest first. */
  #samples: Sample[] = []

  /** @returns how many more wait each second, with this look; 0 if there was none 5 s ago */
  add(waiting: number, at: Nanos): number {
    this.#samples = this.#samples.filter((sample) => at - sample.at <= OVER_MS * NS_PER_MS)
    const last = this.#samples.at(-1)
    if (last === undefined || at - last.at >= APART_MS * NS_PER_MS) this.#samples.push({ at, waiting })
    const [first] = this.#samples
    const tookMs = first === undefined ? 0 : (at - first.at) / NS_PER_MS
    if (first === undefined || tookMs < LEAST_MS) return 0
    return Math.round(((waiting - first.waiting) / tookMs) * 10_000) / 10
  }
}
