import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { Counters, Recorder } from './ports'
import type { Slots } from './slots'

/** What an estimate of the service needs of the pool. */
export interface ServicePorts {
  readonly recorder: Recorder
  readonly roster: { readonly slots: Pick<Slots, 'inProgress'> }
  /** Whether members work at the same time. */
  readonly overlaps: boolean
}

/** How long an estimate is reused. */
const FRESH: Nanos = 10 * NS_PER_MS
/** The pace is measured over one to two times this. */
const STRETCH: Nanos = 1000 * NS_PER_MS

/** How many requests were served until a time. */
interface Mark {
  readonly at: Nanos
  readonly served: number
}

/**
 * Estimates how long it takes to serve what waits, from how long runs take and how many are in progress. Measures only when it is
 * asked: a pool that drops nothing pays nothing.
 */
export class ServiceTime {
  /** The time between two requests that are served; NaN while it is not known. */
  #gap: Nanos = NaN
  #measuredAt: Nanos = -Infinity
  #mark: Mark | null = null
  #earlierMark: Mark | null = null

  constructor(private readonly pool: ServicePorts) {}

  /** When `waiting` requests will have been served, from now, in whole milliseconds; undefined while nothing was measured. */
  timeFor(waiting: number, now: Nanos): Nanos | undefined {
    if (Number.isNaN(this.#gap) || now - this.#measuredAt >= FRESH) this.#measure(now)
    if (Number.isNaN(this.#gap)) return undefined
    return Math.max(1, Math.ceil((Math.max(1, waiting) * this.#gap) / NS_PER_MS - 1e-6)) * NS_PER_MS
  }

  #measure(now: Nanos): void {
    const { recorder, roster, overlaps } = this.pool
    this.#measuredAt = now
    // Runs in progress that last longer than usual count, too: one that hangs raises the estimate before it ends.
    const { busy, meanNs } = roster.slots.inProgress(now)
    const run = Math.max(recorder.meanRun(now), meanNs)
    const gap = overlaps ? run / Math.max(1, busy) : run
    const paced = this.#pacedGap(now)
    if (gap > 0) this.#gap = Math.min(gap, paced)
    else if (paced < Infinity) this.#gap = paced
  }

  /** The gap that was seen lately. It is the smaller one if a run serves a batch. */
  #pacedGap(now: Nanos): Nanos {
    const mark: Mark = { at: now, served: servedOf(this.pool.recorder.counters) }
    const age = this.#mark === null ? Infinity : now - this.#mark.at
    if (age >= STRETCH) {
      // An old mark says nothing about now.
      this.#earlierMark = age < 2 * STRETCH ? this.#mark : null
      this.#mark = mark
    }
    const since = this.#earlierMark
    const served = since === null ? 0 : mark.served - since.served
    return since === null || served <= 0 ? Infinity : (now - since.at) / served
  }
}

function servedOf({ outcomes: { replied, crashed, conflict } }: Counters): number {
  return replied + crashed + conflict
}
