import { count } from '@genpool/runtime'
import { type Evidence, type StoreEvidence } from './evidence'
import type { Cause } from './cause'
import { type Finding, inWords } from './finding'

/** A commit that waits for its store for this long is worth a look. */
const LONG_WAIT_MS = 500
/** A failure is told of for so long, if no other commit has been tried since. */
const LATELY_MS = 20_000

const LOOK =
  'Look at the store: whether its server answers and has its quorum, at its disk, and at the permissions of the account. More members, ' +
  'faster handlers and longer timeouts do not help.'
const HOLDER =
  'Find who holds it: a handler with "exclusive", or cell.hold(). It is given back with the end of that, and by store.destroy(); a ' +
  'lease of a process that has died ends by itself.'

/** Commits wait for the store, or it refuses them. What follows from that is not told: it would send people to the members. */
export const store: Cause = ({ store }) => {
  if (store === null) return null
  const { waitingMs, failures, lastFailureMs, fault, heldBy } = store
  const waits = waitingMs >= LONG_WAIT_MS
  const failed = failures > 0 && lastFailureMs < LATELY_MS
  if (!waits && !failed && fault === null) return null
  const figures = { waitingMs, failures }
  if (waits && heldBy !== null && fault === null)
    return finding(`commits have waited for ${inWords(waitingMs)}: the state is held by ${heldBy}`, HOLDER, figures)
  return finding(`the store is what limits the pool: ${sayings(store, waits, failed).join('; ')}`, LOOK, figures)
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
