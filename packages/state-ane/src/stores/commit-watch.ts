import { type Clock, type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { CellCondition } from '../cells/condition'
import type { MaybePromise } from '../cells/maybe-promise'
import { UnknownWrite } from '../errors'

/** The share of the last write in what writes have taken lately. */
const SMOOTHING = 0.3

/** Measures how long the commits of one cell wait for the storage, and remembers its last failure. */
export class CommitWatch {
  /** Since when each has waited, the oldest first. */
  readonly #waits = new Set<{ readonly since: Nanos }>()
  #writeMs: number | undefined
  #failures = 0
  #last: { readonly error: unknown; readonly at: Nanos } | undefined

  constructor(private readonly clock: Clock) {}

  /** A wait that may fail, or a write. */
  async during<T>(work: MaybePromise<T>): Promise<T> {
    const wait = { since: this.clock.now() }
    this.#waits.add(wait)
    try {
      return await work
    } finally {
      this.#waits.delete(wait)
    }
  }

  async writing<T>(work: MaybePromise<T>): Promise<T> {
    const since = this.clock.now()
    try {
      const result = await this.during(work)
      this.#wrote((this.clock.now() - since) / NS_PER_MS)
      this.#failures = 0
      this.#last = undefined
      return result
    } catch (error) {
      this.#failures++
      this.#last = { error: error instanceof UnknownWrite ? error.cause : error, at: this.clock.now() }
      throw error
    }
  }

  #wrote(ms: number): void {
    this.#writeMs = this.#writeMs === undefined ? ms : this.#writeMs + SMOOTHING * (ms - this.#writeMs)
  }

  get figures(): Pick<CellCondition, 'waitingMs' | 'writeMs' | 'failures' | 'lastFailure'> {
    const now = this.clock.now()
    const [oldest] = this.#waits
    return {
      waitingMs: oldest === undefined ? 0 : (now - oldest.since) / NS_PER_MS,
      writeMs: this.#writeMs,
      failures: this.#failures,
      lastFailure: this.#last && { error: this.#last.error, agoMs: (now - this.#last.at) / NS_PER_MS },
    }
  }
}
