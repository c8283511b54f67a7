import type { DropReason } from '@genpool/broker'
import type { Outcome } from '../../requests/outcome'

/** Counts requests by outcome, and drops by reason. */
export class Counters {
  accepted = 0
  /** How many runs of handlers were repeated: another commit came first, or the handler asked to hold the state alone. */
  reruns = 0
  readonly outcomes: Record<Outcome, number> = {
    replied: 0,
    replaced: 0,
    dropped: 0,
    expired: 0,
    cancelled: 0,
    crashed: 0,
    conflict: 0,
    invalid: 0,
    stopped: 0,
  }
  /** Made with the first drop. */
  #dropsByReason: Partial<Record<DropReason, number>> | null = null

  get dropsByReason(): Readonly<Partial<Record<DropReason, number>>> {
    return this.#dropsByReason ?? {}
  }

  drop(reason: DropReason): void {
    const drops = (this.#dropsByReason ??= {})
    drops[reason] = (drops[reason] ?? 0) + 1
  }
}
