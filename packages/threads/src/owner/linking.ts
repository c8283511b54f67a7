import type { Job } from '@genpool/core'
import type { Ledger } from '../protocol/ledger'
import type { Posting } from './posting'
import type { Reports } from './reports'
import type { SharedState } from './shared-state'
import { StateLink } from './state-link'

/** What a thread does with the state that all members share goes through its worker's parts. */
export interface LinkedParts {
  readonly ledger: Ledger<Job>
  readonly reports: Reports
  readonly posting: Posting
}

/** Links the thread of a worker to the state that all members share. */
export function linkTo(shared: SharedState, { ledger, reports, posting }: LinkedParts): StateLink {
  return new StateLink(shared, {
    // From here on its caller does not give up.
    admit: (id) => {
      const given = ledger.byId(id)
      return given !== undefined && ledger.commits(given) ? undefined : new CancelledCommit()
    },
    committed: (run) => reports.committed(run),
    lost: (run, error) => reports.commitLost(run, error),
    sendSoon: () => posting.soon(),
    sendNow: () => posting.now(),
    get isBusy() {
      return ledger.size > 0
    },
  })
}

/** Its caller no longer waits. */
class CancelledCommit extends Error {
  constructor() {
    super('the caller no longer waits: nothing was committed')
  }
}
