import { type Ahead, aheadOf, runOf } from './ahead'
import { Request } from './request'
import type { RequestOwner } from './request-owner'

/** How many pools and runs one round looks at. So deep a chain is not worth a stack overflow. */
const MOST_PLACES = 2000
const MOST_ROUNDS = 100

type Pool = RequestOwner<Request>

/**
 * Finds what nothing but a deadline ends: the greatest set of runs, waiting requests and pools of which each waits for others in it.
 *
 * It takes for waiting what the way has led back to. If something then turns out to be free, that may have been wrong, and it looks
 * again, knowing what is free.
 */
export class Deadlocks {
  readonly #free = new Set<Pool | Request>()
  readonly #waits = new Set<Pool | Request>()
  #looks = 0

  /** @param isOpen whether a handler may still wait for a call */
  constructor(private readonly isOpen: (call: Request) => boolean) {}

  /** Whether a request is in the set. */
  holds(request: Request): boolean {
    return this.#settled(() => this.waits(request))
  }

  /** Whether all members of a pool are, so that it can take no request. */
  holdAll(pool: Pool): boolean {
    return this.#settled(() => this.poolWaits(pool))
  }

  /** The pools in the set. */
  get pools(): readonly Pool[] {
    return [...this.#waits].filter((place): place is Pool => !(place instanceof Request))
  }

  /** The first call of a run that is in the set, after that was found. */
  blockedCallOf(run: Request): Request | undefined {
    const calls = run.rarely?.calls as readonly Request[] | null | undefined
    return calls?.find((call) => this.isOpen(call) && this.waits(call))
  }

  /** What keeps a waiting request in the set, whichever member is free. */
  blockedBy(request: Request): { readonly by: Ahead['by']; readonly request: Request } | undefined {
    for (const { by, requests, most } of aheadOf(request)) {
      const first = this.#firstOf(requests, most)
      if (first !== undefined) return { by, request: first }
    }
    return undefined
  }

  /** The first of those that a request waits for; undefined if one of them is free, or if there are too few to wait for. */
  #firstOf(requests: Iterable<Request>, most: number): Request | undefined {
    const waiting: Request[] = []
    for (const request of requests) {
      if (!this.waits(request)) return undefined
      waiting.push(request)
    }
    return waiting.length < most ? undefined : waiting[0]
  }

  #settled(look: () => boolean): boolean {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      this.#waits.clear()
      this.#looks = 0
      const before = this.#free.size
      if (!look()) return false
      if (this.#free.size === before) return true
    }
    return false
  }

  private waits(request: Request): boolean {
    const run = runOf(request)
    return this.#once(run, () => {
      if (run.isCalled) return this.blockedCallOf(run) !== undefined
      return this.blockedBy(run) !== undefined || (run.runner === null && this.poolWaits(run.owner))
    })
  }

  /** Whether no member of a pool can take a request before one of its own calls is taken. */
  private poolWaits(pool: Pool): boolean {
    const { workforce } = pool
    return this.#once(pool, () => !workforce.hasFreeMember && this.#allWait(workforce.running()))
  }

  #allWait(running: Iterable<Request>): boolean {
    let any = false
    for (const request of running) {
      if (!this.waits(request)) return false
      any = true
    }
    return any
  }

  #once(place: Pool | Request, look: () => boolean): boolean {
    if (this.#free.has(place)) return false
    if (this.#waits.has(place)) return true
    if (++this.#looks > MOST_PLACES) return false
    this.#waits.add(place)
    if (look()) return true
    this.#waits.delete(place)
    this.#free.add(place)
    return false
  }
}
