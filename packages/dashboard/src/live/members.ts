import { getMembers, type Inspection, type MemberView, type PoolRef } from '@genpool/core'
import type { Detail, MemberRow } from './messages'

/** The table names this many: of a large pool, those that a person looks for first. */
const MOST_SHOWN = 100
/** As in `explain`: a run of at least a second, and ten times as long as 99 % of the runs. */
const STUCK_MS = 1000
const TIMES_LONGER = 10

/** The members of a pool: in order if they fit; otherwise those that have worked longest on one message. */
export function membersOf(pool: PoolRef, { run }: Inspection): Detail['members'] {
  const members = getMembers(pool)
  const stuckFrom = Math.max(STUCK_MS, TIMES_LONGER * run.p99)
  const rows = members.map((member) => rowOf(member, stuckFrom))
  const shown =
    rows.length <= MOST_SHOWN
      ? rows.sort((a, b) => a.slot - b.slot)
      : rows.sort((a, b) => b.forMs - a.forMs || a.slot - b.slot).slice(0, MOST_SHOWN)
  return { total: rows.length, shown }
}

function rowOf({ name, slot, incarnation, status, handled, ageMs, doing }: MemberView, stuckFrom: number): MemberRow {
  const longest = doing.reduce<{ type: string; forMs: number } | null>(
    (most, now) => (most === null || now.forMs > most.forMs ? now : most),
    null,
  )
  const forMs = Math.round(longest?.forMs ?? 0)
  const does = longest?.type ?? ''
  return { name, slot, incarnation, status, handled, ageMs: Math.round(ageMs), does, forMs, stuck: forMs >= stuckFrom }
}
