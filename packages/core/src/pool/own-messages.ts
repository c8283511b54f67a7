import type { Pool } from './pool'
import type { Request } from './request'

/** What is meant for one member and no other, in order. It goes before what the broker has. */
export class OwnMessages {
  readonly #requests: Request[] = []

  constructor(private readonly pool: Pool) {}

  get length(): number {
    return this.#requests.length
  }

  add(request: Request, first: boolean): void {
    if (first) this.#requests.unshift(request)
    else this.#requests.push(request)
  }

  take(): Request | undefined {
    return this.#requests.shift()
  }

  /** The member ends. What was meant for it is lost with it, as a mailbox is; what it only carried goes to another member. */
  giveBack(): void {
    for (const request of this.#requests.splice(0)) {
      this.pool.port.release(request)
      if (request.kind === 'direct') request.fail(this.pool.failures.stopped(request))
      else if (request.outcome === null) this.pool.resubmit(request)
    }
  }
}
