import type { RequestHeader } from '../wire/frames'
import type { HeldRequests } from './held-requests'
import type { SharedState } from './shared-state'

/** Brings the shared state up to what callers have seen, before anything else begins. */
export class CatchUp {
  /** The version that callers wait for; null while it is here. */
  #wanted: number | null = null
  /** Whether the last one that was waited for could be reached. */
  #isCurrent = true

  /** @param state the state that the node shares with other machines; null if it has its own */
  constructor(
    private readonly state: Pick<SharedState, 'isBehind' | 'reach'> | null,
    private readonly held: HeldRequests,
  ) {}

  /** Waits with everything until the state that a request needs is here: what comes later may not overtake. */
  with(header: RequestHeader): void {
    if (header.state === undefined || !this.#isBehind(header)) return
    const isWaiting = this.#wanted !== null
    this.#wanted = Math.max(this.#wanted ?? 0, header.state.version)
    if (isWaiting) return
    const release = this.held.hold()
    void this.#reach().then((isCurrent) => {
      this.#isCurrent = isCurrent
      this.#wanted = null
      release()
    })
  }

  /** Whether a request that was held cannot have the state that it needs. */
  hasFailed(header: RequestHeader): boolean {
    return !this.#isCurrent && this.#isBehind(header)
  }

  /** The caller has seen a later state than the one that is here. */
  #isBehind({ state }: RequestHeader): boolean {
    return state !== undefined && this.state?.isBehind(state) === true
  }

  async #reach(): Promise<boolean> {
    for (let reached = 0; ;) {
      const wanted = this.#wanted ?? 0
      if (wanted <= reached) return true
      if ((await this.state?.reach(wanted)) !== true) return false
      reached = wanted
    }
  }
}
