import { explain, type FindingName, type PoolRef } from '@genpool/core'

/** What a machine that is slow, or stands still now and then, rightly shows of each pool. */
const OF_THE_MACHINE: readonly FindingName[] = ['event-loop', 'far-nodes', 'silent-nodes', 'slow-nodes']

/** What limits a pool, without what the machine of the tests may add. */
export function limitsOf(pool: unknown): FindingName[] {
  const found = explain(pool as PoolRef).findings.map(({ finding }) => finding)
  return found.filter((finding) => finding !== 'calm' && !OF_THE_MACHINE.includes(finding))
}
