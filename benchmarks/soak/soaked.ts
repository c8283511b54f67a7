import type { Overhead } from './overhead'
import type { Fate } from './requests'

/** What a soak has seen. */
export interface Soaked {
  readonly minutes: number
  readonly perSecond: number
  /** The share of the time in which no request could be sent, because the process stood still. */
  readonly lost: number
  readonly sent: number
  readonly fates: Readonly<Record<Fate, number>>
  readonly overhead: Overhead
  /** Bytes after a collection, at the end of each tenth, without the ballast. */
  readonly heaps: readonly number[]
  readonly accepted: number
  readonly settled: number
  readonly left: number
  readonly unhandled: number
  /** How often the system took the processor away. Each time, all calls in flight are late. */
  readonly preempted: number
}
