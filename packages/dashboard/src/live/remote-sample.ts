import type { RemoteFigures } from '../remote-figures'
import { known, rateOf, ratesOf, type Sample, sumOf, type Totals } from './sample'

/** Outcomes that are no errors: drops are counted beside them, and a caller who aborts knows why. */
const DROPPED = 'ERR_GENPOOL_DROPPED'
const NO_ERRORS = [DROPPED, 'ERR_GENPOOL_CANCELLED']

export interface RemoteTotals extends Totals {
  /** How many requests were sent to another node. */
  readonly again: number
}

export function remoteTotalsOf({ calls, casts, answered, failed, retries }: RemoteFigures, atMs: number): RemoteTotals {
  const dropped = failed[DROPPED] ?? 0
  const errors = Object.entries(failed).filter(([code]) => !NO_ERRORS.includes(code))
  return {
    atMs,
    accepted: calls + casts,
    replied: answered,
    errors: sumOf(Object.fromEntries(errors)),
    drops: { dropped },
    again: retries.made,
  }
}

/** The sample of a pool that runs elsewhere, for the time between two looks at it. */
export function remoteSampleOf(
  { nodes, answer, inFlight, waiting }: RemoteFigures,
  totals: RemoteTotals,
  before: RemoteTotals,
  loopMs: number,
): Sample {
  const count = (is: (node: RemoteFigures['nodes'][number]) => boolean): number => nodes.filter(is).length
  return {
    ...ratesOf(totals, before),
    again: rateOf(totals, before)(totals.again, before.again),
    ...known(answer, 'answer'),
    wayP99: nodes.length === 0 ? null : Math.max(...nodes.map(({ roundTrip }) => roundTrip.p99)),
    inFlight,
    waiting: waitingOf({ nodes, waiting }),
    alive: count(({ doubtful, leaving }) => !doubtful && !leaving),
    doubtful: count(({ doubtful, leaving }) => doubtful && !leaving),
    leaving: count(({ leaving }) => leaving),
    loopMs,
  }
}

/** How many messages wait, here and at the nodes. */
export function waitingOf({ nodes, waiting }: Pick<RemoteFigures, 'nodes' | 'waiting'>): number {
  return nodes.reduce((sum, node) => sum + node.waiting, waiting)
}
