import type { NodeRow, RemoteDetail } from './messages'
import type { NodeFigures } from '../remote-figures'

/** The table names this many. */
const MOST_SHOWN = 100

/** The nodes of a pool that runs elsewhere: those in trouble first, otherwise by name. */
export function nodesOf(nodes: readonly NodeFigures[]): RemoteDetail['nodes'] {
  const rows = nodes.map(rowOf)
  const troubled = ({ state }: NodeRow): number => (state === 'doubtful' ? 0 : 1)
  rows.sort((a, b) => troubled(a) - troubled(b) || (a.id < b.id ? -1 : 1))
  return { total: rows.length, shown: rows.slice(0, MOST_SHOWN) }
}

function rowOf(node: NodeFigures): NodeRow {
  const { id, version, size, idle, waiting, inFlight, answered, answer, roundTrip, runP99Ms, silentMs, upMs } = node
  return {
    ...{ id, version, size, busy: Math.max(0, size - idle), waiting, inFlight, answered, silentMs, upMs },
    state: stateOf(node),
    answerP99: answer.count === 0 ? null : answer.p99,
    roundTripP99: roundTrip.count === 0 ? null : roundTrip.p99,
    runP99: runP99Ms === 0 ? null : runP99Ms,
  }
}

function stateOf({ leaving, doubtful, warmingUp }: NodeFigures): NodeRow['state'] {
  if (leaving) return 'leaving'
  if (doubtful) return 'doubtful'
  return warmingUp ? 'warming up' : 'alive'
}
