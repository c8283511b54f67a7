import type { Figure } from '@genpool/core/elsewhere'
import type { NodeInspection, RemoteInspection } from './inspect-remote'

type Values = Figure['values']

const one = (value: number): Values => [[value, {}]]
const by = (attribute: string, counts: Readonly<Record<string, number>>): Values =>
  Object.entries(counts).map(([key, count]) => [count, { [attribute]: key }])

/** What a client knows of a remote pool, as metrics. */
export function figuresOf(seen: RemoteInspection): Figure[] {
  const { answer, answered, failed, retries } = seen
  const counter = (name: string, description: string, values: Values): Figure => ({
    name,
    kind: 'counter',
    description,
    values,
  })
  const gauge = (name: string, description: string, values: Values): Figure => ({
    name,
    kind: 'gauge',
    description,
    values,
  })
  const took = { p50: answer.p50 / 1000, p90: answer.p90 / 1000, p99: answer.p99 / 1000, max: answer.max / 1000 }
  return [
    counter(
      'genpool.remote.calls',
      'Calls of this client with an outcome: answered, or the code of their error.',
      by('genpool.outcome', { answered, ...failed }),
    ),
    counter('genpool.remote.casts', 'Casts of this client.', one(seen.casts)),
    counter('genpool.remote.lost_casts', 'Casts of this client that are known to be lost.', one(seen.lostCasts)),
    counter('genpool.remote.retries', 'Messages that were sent to another node.', one(retries.made)),
    counter('genpool.remote.lost_nodes', 'Nodes that this client has given up.', one(seen.lostNodes)),
    gauge('genpool.remote.in_flight', 'Calls of this client without an outcome.', one(seen.inFlight)),
    gauge('genpool.remote.waiting', 'Messages that wait here, for a connection or a node.', one(seen.waiting)),
    gauge(
      'genpool.remote.nodes',
      'Nodes that this client knows, by status.',
      by('genpool.status', statuses(seen.nodes)),
    ),
    {
      ...gauge('genpool.remote.answer', 'How long answers took lately, by quantile.', []),
      unit: 's',
      values: answer.count === 0 ? [] : by('genpool.quantile', took),
    },
  ]
}

function statuses(nodes: readonly NodeInspection[]): Record<string, number> {
  const counts = { ready: 0, doubtful: 0, leaving: 0 }
  for (const { leaving, doubtful } of nodes) counts[leaving ? 'leaving' : doubtful ? 'doubtful' : 'ready']++
  return counts
}
