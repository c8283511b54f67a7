import type { Job, WorkerHost } from '@genpool/core'
import type { Nanos } from '@genpool/runtime'
import type { Given, Ledger } from '../protocol/ledger'
import type { Loaded } from './balance'
import type { RunTimes } from './run-times'

/** How much work a thread has, and what of it can go to another one. */
export class Load implements Loaded {
  constructor(
    private readonly ledger: Ledger<Job>,
    private readonly runTimes: RunTimes,
    private readonly host: Pick<WorkerHost, 'returned'>,
  ) {}

  /** How many jobs the thread has. */
  get size(): number {
    return this.ledger.size
  }

  /** How many messages have run. */
  get runs(): number {
    return this.runTimes.count
  }

  /** How long its jobs take, most likely. */
  get workNs(): Nanos {
    return this.runTimes.of(this.size)
  }

  /** But for messages to its member alone: nobody else can have those. */
  *ahead(): Iterable<Given<Job>> {
    for (const given of [...this.ledger.all].reverse()) {
      const canMove = given.job.kind !== 'direct' && !this.ledger.isTaken(given)
      if (canMove && !this.ledger.hasBegun(given)) yield given
    }
  }

  giveBack(given: Given<Job>): void {
    if (!this.ledger.revoke(given.job)) return
    // Before its member looks for something else, which may be the same job.
    this.runTimes.gaveBack(this.size)
    this.host.returned(given.job)
  }
}
