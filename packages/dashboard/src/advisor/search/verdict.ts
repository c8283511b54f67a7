import type { Prediction } from '../prediction'
import type { Onlooker } from '../simulation'

/** What a setting has to do. */
export interface Target {
  readonly p99Ms: number
  readonly maxDrops: number
}

/** Handlers crash as they did, whatever the settings are. */
const OF_HANDLERS = 'ERR_GENPOOL_CRASHED'

/** Whether what was predicted is what was asked for. */
export function meets(prediction: Prediction, { p99Ms, maxDrops }: Target): boolean {
  return prediction.latencyMs.p99 <= p99Ms && lostShare(prediction) <= maxDrops
}

/** The share of the requests that got no answer because of the pool: dropped, refused, expired, or still there at the end. */
export function lostShare({ requests, drops, errors }: Prediction): number {
  const counts = [...Object.values(drops), ...Object.values(errors)]
  const lost = counts.reduce((sum, n) => sum + n, 0) - (errors[OF_HANDLERS] ?? 0)
  return requests === 0 ? 0 : lost / requests
}

/** Looks on while a setting is tried: counts what came in time, and says when the goal cannot be met any more. */
export class Verdict implements Onlooker {
  inTime = 0
  #late = 0
  #lost = 0

  constructor(
    private readonly requests: number,
    private readonly target: Target,
    /** Whether the simulation may end as soon as the goal is out of reach. */
    private readonly givesUp: boolean,
  ) {}

  settled(outcome: string, latencyMs: number): void {
    if (outcome === 'replied') {
      if (latencyMs <= this.target.p99Ms) this.inTime++
      else this.#late++
    } else if (outcome !== OF_HANDLERS) this.#lost++
  }

  isOver(): boolean {
    if (!this.givesUp) return false
    // At most 1 % of the answers may be late, and there are no more answers than requests.
    return this.#late > 0.01 * this.requests + 1 || this.#lost > this.target.maxDrops * this.requests
  }
}
