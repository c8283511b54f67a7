import type { Job } from '@genpool/core'
import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { Given, Ledger } from '../protocol/ledger'

/** How long an answer that is on its way may take after its caller has given up: its thread may be in a handler that never ends. */
const PATIENCE = 250 * NS_PER_MS

/** The jobs whose callers have given up when their answers were on their way. */
export class TooLate {
  readonly #since = new Map<Given<Job>, Nanos>()

  constructor(
    private readonly ledger: Ledger<Job>,
    private readonly now: () => Nanos,
  ) {}

  /** Its caller gives up, and its handler has returned. False: its answer is waited for. */
  giveUp(job: Job): boolean {
    const given = this.ledger.of(job)
    if (given === undefined) return true
    const since = this.#since.get(given)
    if (since !== undefined) return this.#isOver(since)
    this.#since.set(given, this.now())
    if (this.ledger.hasCommitted(given)) for (const each of runOf(given)) each.committed?.()
    return false
  }

  /** Has the calls given up that have waited too long. A cast is done when its handler is. */
  look(): void {
    for (const [given, since] of this.#since) {
      if (this.ledger.byId(given.id) === undefined) this.#since.delete(given)
      else if (this.#isOver(since)) for (const job of runOf(given)) if (job.expectsAnswer) job.giveUpAgain?.()
    }
  }

  #isOver(since: Nanos): boolean {
    return this.now() - since >= PATIENCE
  }
}

/** The jobs of one run: of a batch, all its messages. */
export function runOf({ job }: Given<Job>): readonly Job[] {
  return [job, ...(job.companions ?? [])]
}
