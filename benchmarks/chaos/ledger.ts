import { committedIn, type Tally } from './behaviour'

/** What a caller was told of a message. */
export interface Told {
  /** `answered`, `wrong` for the answer to another message, or the code of the error. */
  readonly outcome: string
  readonly committed: boolean
}

/** From here on, the numbers of casts. */
const CASTS = 1_000_000_000

/** What was sent, and what callers were told of it. Compares that with the state. */
export class Ledger {
  readonly outcomes: Record<string, number> = {}
  /** What the messages that are said to have committed add up to, and what the state has, of all rounds so far. */
  readonly sums = { acknowledged: 0, state: 0 }
  calls = 0
  casts = 0
  /** Calls without an outcome, and further outcomes of a call. */
  unanswered = 0
  twice = 0
  /** Messages that are said to have committed and have not, or the other way round. */
  untrue = 0
  readonly #waiting = new Set<number>()
  /** What the state must have. */
  readonly #committed = new Set<number>()

  /** @returns the number of a call that begins */
  called(): number {
    const id = this.calls++
    this.#waiting.add(id)
    return id
  }

  tell(id: number, { outcome, committed }: Told): void {
    if (!this.#waiting.delete(id)) this.twice++
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1
    if (committed) this.#committed.add(id)
  }

  nextCast(): number {
    return CASTS + this.casts
  }

  /** The cast with the next number was accepted. */
  castAccepted(): void {
    this.#committed.add(CASTS + this.casts++)
  }

  /** A cast has failed, and has committed nothing. */
  castLost(id: number): void {
    this.#committed.delete(id)
  }

  /** Compares what was told since the last time with the state, if there is one. Nothing may be under way. */
  compare(state: Tally | null): void {
    this.unanswered += this.#waiting.size
    if (state !== null) this.#compareWith(state)
    this.#waiting.clear()
    this.#committed.clear()
  }

  #compareWith(state: Tally): void {
    const found = new Set(committedIn(state))
    this.sums.acknowledged += this.#committed.size
    this.sums.state += state.n
    this.untrue += Math.abs(found.size - state.n)
    this.untrue += [...found].filter((id) => !this.#committed.has(id)).length
    this.untrue += [...this.#committed].filter((id) => !found.has(id)).length
  }
}
