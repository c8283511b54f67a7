import type { Job } from '@genpool/core'
import type { Ledger } from '../protocol/ledger'
import type { ToThread } from '../protocol/messages'

/** What a thread is told of a message of a batch that its caller has left; undefined if the thread has it no more. */
export function messageOfLeaver(ledger: Ledger<Job>, leaver: Job): ToThread | undefined {
  for (const { job, id, companions } of ledger.all) {
    if (job === leaver) return ['left', id, id]
    const number = companions[job.companions?.indexOf(leaver) ?? -1]
    if (number !== undefined) return ['left', id, number]
  }
  return undefined
}
