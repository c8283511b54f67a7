import { count } from '@genpool/runtime'
import { type Evidence, type StoreEvidence } from './evidence'
import type { Cause } from './cause'
import { type Finding, inWords } from './finding'

/** A commit that waits for its store for this long is worth a look. */
const LONG_WAIT_MS = 500
/** Writes that take so long are worth a look if members do little else. */
const SLOW_WRITE_MS = 100
/** A commit that waits for so many times what a write takes is unusual. */
const UNUSUAL = 10
/** A failure is told of for so long, if no other commit has been tried since. */
const LATELY_MS = 20_000

const LOOK =
  'Look at the store: whether its server answers and has its quorum, at its disk, and at the permissions of the account. More members, ' +
  'faster handlers and longer timeouts do not help.'
const HOLDER =
  'Find who holds it: a handler with "exclusive", or cell.hold(). It is given back with the end of that, and by store.destroy(); a ' +
  'lease of a process that has died ends by itself.'

/** Commits wait for the store, or it refuses them. What follows from that is not told: it would send people to the members. */
export const store: Cause = (evidence) => {
  if (evidence.store === null) return null
  const { waitingMs, failures, lastFailureMs, fault, heldBy } = evidence.store
  const waits = waitsLong(evidence.store)
  const failed = failures > 0 && lastFailureMs < LATELY_MS
  const writesMs = mostlyWrites(evidence)
  if (!waits && !failed && fault === null && writesMs === null) return null
  const figures = { waitingMs, failures, ...(writesMs !== null && { writeMs: writesMs, runP50Ms: evidence.run.p50 }) }
  if (waits && heldBy !== null && fault === null)
    return finding(`commits have waited for ${inWords(waitingMs)}: the state is held by ${heldBy}`, HOLDER, figures)
  const slow = writesMs === null || waits ? [] : [`a write takes ${inWords(writesMs)}, and most of each run is that`]
  const says = [...sayings(evidence.store, waits, failed), ...slow]
  return finding(`the store is what limits the pool: ${says.join('; ')}`, LOOK, figures)
}

/** Whether a commit waits for long, or for very long by what is usual. */
function waitsLong({ waitingMs, writeMs }: StoreEvidence): boolean {
  const unusual = writeMs === null ? LONG_WAIT_MS : Math.max(SLOW_WRITE_MS, UNUSUAL * writeMs)
  return waitingMs >= Math.min(LONG_WAIT_MS, unusual)
}

/** How long a write takes, if requests wait for members that mostly write; null if not. */
function mostlyWrites({ store, run, waiting, idle }: Evidence): number | null {
  const writeMs = store?.writeMs ?? null
  const isSlow = writeMs !== null && writeMs >= SLOW_WRITE_MS && writeMs >= run.p50 / 2
  return isSlow && run.count > 0 && waiting > 0 && idle === 0 ? writeMs : null
}

/** Why its members are busy: they wait for the store. */
export function waitsForStore(evidence: Evidence): Finding | null {
  return evidence.busy > 0 && (evidence.store?.waitingMs ?? 0) > 0 ? store(evidence) : null
}

function sayings(
  { waitingMs, failures, lastFailure, fault }: StoreEvidence,
  waits: boolean,
  failed: boolean,
): string[] {
  const wait = waits ? [`a commit has waited for ${inWords(waitingMs)}`] : []
  const last = failed ? [`${count(failures, 'write has', 'writes have')} failed, last with: ${lastFailure}`] : []
  // The last failure mostly says the same.
  const now = fault === null || (failed && lastFailure.includes(fault)) ? [] : [fault]
  return [...wait, ...last, ...now].map((text) => text.replace(/\.$/, ''))
}

function finding(says: string, advice: string, figures: Finding['figures']): Finding {
  return { finding: 'store', says, figures, advice, option: null }
}
