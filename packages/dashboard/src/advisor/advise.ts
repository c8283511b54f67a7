import { poolOptions } from '@genpool/core'
import { parseOptions, plainOptions, wrongArgument } from '@genpool/runtime'
import type { Advice } from './advice'
import { adviseOptions, type Goal } from './goal'
import type { Load } from './load'
import { cancelled, Lab } from './search/lab'
import { Search } from './search/search'
import { checkedTraffic } from './simulate'
import type { SimulatedOptions } from './simulation'
import type { Trace } from './trace'

/**
 * Finds the settings of a pool for a trace: the cheapest size and queue with which 99 % of the answers come within `p99Ms`, and at
 * most `maxDrops` of the requests are lost. It simulates some hundred settings, on all cores.
 *
 * Also tells how sure that is: on what share of other traces, made of blocks of this one, they meet the goal. If no setting does,
 * it says what would: so many members, or so much faster handlers. The same trace, goal and seed give the same advice.
 *
 * @param traffic what `readTrace` returned, or a description of a load
 * @throws {OptionsError} if an option is wrong, or the trace has no requests; {CancelledError} if `signal` was aborted
 * @example
 * const { recommended, says } = await advise(readTrace('trace.jsonl'), { p99Ms: 200, maxDrops: 0.01, maxSize: 32 })
 * if (recommended !== null) spawnPool(system, Db, 'db', recommended.options)
 */
export async function advise(traffic: Trace | Load, goal: Goal): Promise<Advice> {
  const trace = checkedTraffic('advise', traffic)
  const given = parseOptions(adviseOptions, goal, 'options of advise')
  parseOptions(poolOptions, given.options, '"options" given to advise')
  const checked = { ...given, options: plainOptions(poolOptions, given.options) as SimulatedOptions }
  if (trace.requests.length === 0) {
    throw wrongArgument({ of: 'advise', argument: 'trace', expected: 'at least one request' }, trace.requests)
  }
  if (checked.signal?.aborted === true) throw cancelled(checked.signal)
  const lab = new Lab(trace, checked)
  try {
    return await new Search(trace, checked, lab).run()
  } finally {
    lab.end()
  }
}
