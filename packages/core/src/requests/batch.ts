import type { Nanos } from '@genpool/runtime'
import type { Request } from './request'
import type { Together } from './request-owner'

/** The requests of one run. Each may leave it; the run goes on while somebody waits for it, and its commit is that of all. */
export class Batch implements Together<Request> {
  readonly requests: readonly Request[]
  /** Those that have left, and whose messages certainly do not run. */
  private takenOut: Request[] | null = null

  constructor(
    readonly first: Request,
    others: readonly Request[],
  ) {
    this.requests = [first, ...others]
  }

  get isAwaited(): boolean {
    return this.requests.some(({ outcome }) => outcome === null)
  }

  takeOut(leaver: Request): void {
    ;(this.takenOut ??= []).push(leaver)
  }

  /** Whether the run goes on, with its message. */
  goesOnWithout(leaver: Request): boolean {
    return this.takenOut?.includes(leaver) !== true && this.isWantedBesides(leaver)
  }

  /** Whether another one of them wants the result. */
  isWantedBesides(leaver: Request): boolean {
    return this.requests.some((request) => request !== leaver && !request.abandoned)
  }

  get deadline(): Nanos {
    let latest = -Infinity
    for (const { outcome, deadline } of this.requests) if (outcome === null) latest = Math.max(latest, deadline)
    return latest === -Infinity ? this.first.deadline : latest
  }
}
