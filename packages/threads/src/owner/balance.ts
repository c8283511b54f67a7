import type { Job } from '@genpool/core'
import type { Given } from '../protocol/ledger'

/** The work of one thread, as balancing sees it. */
export interface Loaded {
  /** How many jobs it has. */
  readonly size: number
  /** The jobs that have not begun, the last one first. */
  ahead(): Iterable<Given<Job>>
  /** Gives a job back, unless it has begun. */
  giveBack(given: Given<Job>): void
}

/**
 * Has the fullest threads give back what idle ones could begin: half of what has not begun there. A thread that has given
 * something back takes nothing before it has ended a message, so that nothing goes round in circles.
 *
 * @param gives whether a thread is to give anything back
 */
export function balance<L extends Loaded>(loads: readonly L[], gives: (load: L) => boolean): void {
  const idle = loads.filter(({ size }) => size === 0).length
  if (idle === 0) return
  const full = loads.filter((load) => load.size > 1 && gives(load)).sort((a, b) => b.size - a.size)
  for (const load of full.slice(0, idle)) {
    const ahead = [...load.ahead()]
    // Of jobs that have all not begun, the first one stays.
    const spare = ahead.length === load.size ? ahead.slice(0, -1) : ahead
    for (const given of spare.slice(0, Math.ceil(spare.length / 2))) load.giveBack(given)
  }
}
