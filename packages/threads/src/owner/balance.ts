import type { Job } from '@genpool/core'
import type { Given } from '../protocol/ledger'

/** A worker as balancing sees it. */
export interface Loaded {
  readonly load: number
  /** The jobs that have not begun, the last one first. */
  ahead(): Iterable<Given<Job>>
  giveBack(given: Given<Job>): void
}

/**
 * Has the fullest threads give back what idle ones could begin: half of what has not begun there. A thread that has given
 * something back takes nothing before it has ended a message, so that nothing goes round in circles.
 *
 * @param gives whether a thread is to give anything back
 */
export function balance<W extends Loaded>(workers: readonly W[], gives: (worker: W) => boolean): void {
  const idle = workers.filter(({ load }) => load === 0).length
  if (idle === 0) return
  const full = workers.filter((worker) => worker.load > 1 && gives(worker)).sort((a, b) => b.load - a.load)
  for (const worker of full.slice(0, idle)) {
    const ahead = [...worker.ahead()]
    // Of jobs that have all not begun, the first one stays.
    const spare = ahead.length === worker.load ? ahead.slice(0, -1) : ahead
    for (const given of spare.slice(0, Math.ceil(spare.length / 2))) worker.giveBack(given)
  }
}
