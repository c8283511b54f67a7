import type { Failures } from '../requests/failures'
import type { Request } from '../requests/request'

/** Where messages of a member that ends go. */
export interface GivesBack {
  readonly failures: Failures
  /** The request is not in any member's hand any more: the next one of its key may start. */
  readonly work: { release(request: Request): void }
  runAgain(request: Request): void
}

/** The messages for one member and no other, in order. They go before what the broker has. */
export class OwnMessages {
  length = 0
  readonly #requests: Request[] = []

  add(request: Request, first: boolean): void {
    this.length++
    if (first) this.#requests.unshift(request)
    else this.#requests.push(request)
  }

  take(): Request | undefined {
    const request = this.#requests.shift()
    this.length = this.#requests.length
    return request
  }

  /** The member ends. Messages for it alone are lost with it, as a mailbox is; what it only carried goes to another member. */
  giveBack(pool: GivesBack): void {
    this.length = 0
    for (const request of this.#requests.splice(0)) {
      pool.work.release(request)
      if (request.kind === 'direct') request.fail(pool.failures.stopped(request))
      else if (request.outcome === null) pool.runAgain(request)
    }
  }
}
