import { start, stop } from 'nact'
import { type Comparison, median, type Round, type Row, rowOf } from '../measure'
import { againstOthers, comparisons } from './comparisons'
import { eventLoop } from './event-loop'
import { inProcesses } from './in-processes'
import { bytesPerWaitingCall } from './memory'

/** Measures a pool that is not overloaded: ratios against others, in the same rounds of the same processes. */
export async function calm(): Promise<{ rows: Row[]; rates: [string, number][] }> {
  const peers = Object.values(againstOthers).map((comparison) => ({ comparison, rounds: measure(comparison) }))
  const rows = peers.flatMap(({ comparison, rounds }) =>
    comparison.atLeast === null ? [] : [rowOf(comparison, rounds)],
  )
  for (const comparison of comparisons) rows.push(rowOf(comparison, measure(comparison)))
  process.stderr.write('  calm: the event loop, memory\n')
  const system = start()
  rows.push(await eventLoop(system), bytesPerWaitingCall())
  stop(system)
  const ours = median(peers.flatMap(({ rounds }) => rounds.map((round) => round.ours)))
  const theirs = peers.map(({ comparison: { than }, rounds }): [string, number] => [than, scaled(rounds, ours)])
  return { rows, rates: [['call(pool)', ours], ...theirs] }
}

function measure(comparison: Comparison): Round[] {
  process.stderr.write(`  calm: ${comparison.title}, against ${comparison.than}\n`)
  return inProcesses(comparison)
}

/** A peer's rate, by its ratio to ours: the machine may have been faster or slower while its process ran. */
function scaled(rounds: readonly Round[], ours: number): number {
  return ours * median(rounds.map((round) => round.theirs / round.ours))
}
