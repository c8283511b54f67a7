import type { Nanos } from '@genpool/runtime'
import type { Request } from './request'
import type { Together } from './request-owner'

/**
 * The requests of one run. Each may leave it; the run goes on while somebody waits for it, and its commit is that of all.
 *
 * All may leave at once, and each asks for the others. What has an outcome keeps it, so a look goes on where the last one ended.
 */
export class Batch implements Together<Request> {
  readonly requests: readonly Request[]
  /** Those that have left, and whose messages certainly do not run. */
  private takenOut: Set<Request> | null = null
  /** All before it have an outcome. */
  private awaited = 0
  /** The first whose result is wanted, and the second: all before each, but for the first, have given up. */
  private wanted = 0
  private alsoWanted = 1

  constructor(
    readonly first: Request,
    others: readonly Request[],
  ) {
    this.requests = [first, ...others]
  }

  get isAwaited(): boolean {
    const { requests } = this
    while (requests[this.awaited] !== undefined && requests[this.awaited]?.outcome !== null) this.awaited++
    return this.awaited < requests.length
  }

  takeOut(leaver: Request): void {
    ;(this.takenOut ??= new Set()).add(leaver)
  }

  /** Whether the run goes on, with its message. */
  goesOnWithout(leaver: Request): boolean {
    return this.takenOut?.has(leaver) !== true && this.isWantedBesides(leaver)
  }

  /** Whether another one of them wants the result. */
  isWantedBesides(leaver: Request): boolean {
    const { requests } = this
    this.wanted = this.wantedFrom(this.wanted)
    if (requests[this.wanted] !== leaver) return this.wanted < requests.length
    this.alsoWanted = this.wantedFrom(Math.max(this.wanted + 1, this.alsoWanted))
    return this.alsoWanted < requests.length
  }

  /** The place of the first one, from a place on, that has not given up. */
  private wantedFrom(place: number): number {
    const { requests } = this
    let next = place
    while (requests[next]?.abandoned === true) next++
    return next
  }

  get deadline(): Nanos {
    let latest = -Infinity
    for (const { outcome, deadline } of this.requests) if (outcome === null) latest = Math.max(latest, deadline)
    return latest === -Infinity ? this.first.deadline : latest
  }
}
