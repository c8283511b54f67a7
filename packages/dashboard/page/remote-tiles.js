/** @import { RemoteDetail } from '../src/live/messages' */
/** @import { Tile } from './tiles.js' */
import { count, duration, rate } from './format.js'
import { loss } from './loss-tile.js'

/**
 * What this process sees of a pool that runs elsewhere.
 *
 * @param {RemoteDetail} detail
 * @returns {readonly Tile[]}
 */
export function remoteTilesOf({ figures, sample, nodes, maxInFlight }) {
  const { answered, answer, inFlight, failed, retries, waiting, lostNodes } = figures
  const dropped = failed['ERR_GENPOOL_DROPPED'] ?? 0
  const failures = Object.values(failed).reduce((sum, n) => sum + n, 0)
  const errors = failures - dropped - (failed['ERR_GENPOOL_CANCELLED'] ?? 0)
  const { alive, leaving } = sample
  return [
    {
      key: 'replied',
      name: 'Answered',
      value: answered,
      text: rate(sample.replied),
      note: `${count(answered)} in all`,
    },
    {
      key: 'answer',
      name: 'Answer p99',
      value: answer.p99,
      text: answer.count === 0 ? '–' : duration(answer.p99),
      note: answer.count === 0 ? 'nothing was answered lately' : `p50 ${duration(answer.p50)}`,
    },
    {
      key: 'in-flight',
      name: 'In flight',
      value: inFlight,
      text: count(inFlight),
      note: maxInFlight === null ? 'from here' : `at most ${count(maxInFlight)} from here`,
    },
    {
      key: 'waiting',
      name: 'Waiting',
      value: Number(sample['waiting']),
      text: count(Number(sample['waiting'])),
      note: waiting > 0 ? `${count(waiting)} of them here` : 'at the nodes',
    },
    {
      key: 'nodes',
      name: 'Nodes alive',
      value: nodes.total,
      text: `${count(Number(alive))} of ${count(nodes.total)}`,
      note: Number(leaving) > 0 ? `${count(Number(leaving))} leaving` : `${count(lostNodes)} given up in all`,
      alarming: Number(alive) === 0,
    },
    loss('dropped', 'Dropped', dropped, sample.dropped),
    loss('errors', 'Errors', errors, sample.errors),
    {
      key: 'again',
      name: 'Sent again',
      value: retries.made,
      text: rate(Number(sample['again'])),
      note: `${count(retries.made)} in all`,
    },
  ]
}
