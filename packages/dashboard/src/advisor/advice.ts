import type { Prediction } from './prediction'
import type { SimulatedOptions } from './simulation'

/** A setting that the search has looked at. */
export interface Candidate {
  /** In words, as in `6 members, codel (target 20 ms, interval 200 ms)`. */
  readonly name: string
  /** For `spawnPool`, as it is. */
  readonly options: SimulatedOptions
  /** What would become of the trace. Its `memberSeconds` are what the setting costs. */
  readonly prediction: Prediction
  /** The share of the requests that got no answer because of the pool, 0 to 1: dropped, refused or expired. */
  readonly lost: number
  /** On what share of the resampled traces it meets the goal, 0 to 1. */
  readonly confidence: number
  /** With twice as many requests: the share of them that is still answered in time, 0 to 1. */
  readonly flooded: number
  /** Whether it meets the goal: on the trace, and on enough of the resampled ones. */
  readonly meets: boolean
}

/** What would meet a goal that no setting meets. Each was found by simulation, with the same confidence. */
export interface Instead {
  /** With so many members, more than `maxSize`; null if no number of them is enough. */
  readonly members: number | null
  /** With handlers so many times as fast, and `maxSize` members; null if even 16 times would not do. */
  readonly speed: number | null
}

/** What `advise` found. */
export interface Advice {
  /** The cheapest setting that meets the goal; null if there is none. Of those that cost the same, the best in a flood. */
  readonly recommended: Candidate | null
  /** The settings that came into question, the cheapest first. Those that are cheaper than the recommended one do not meet the goal. */
  readonly candidates: readonly Candidate[]
  /** Only if there is no recommended one: what would do. */
  readonly instead: Instead | null
  /** All of it in a few sentences. */
  readonly says: string
  /** How many simulations it took. */
  readonly simulations: number
}
