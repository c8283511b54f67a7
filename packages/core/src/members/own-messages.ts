import type { Request } from '../requests/request'

/** The messages for one member and no other, in order. They go before what the broker has. */
export class OwnMessages {
  length = 0
  /** How many of them, in front, continue a step. A member that leaves has these, too. */
  continuations = 0
  /** Made with the first one. */
  #requests: Request[] | null = null

  add(request: Request, first: boolean): void {
    this.length++
    const requests = (this.#requests ??= [])
    if (first) {
      requests.unshift(request)
      this.continuations++
    } else requests.push(request)
  }

  /** Those that it has, in order. */
  get all(): readonly Request[] {
    return this.#requests ?? []
  }

  take(): Request | undefined {
    const request = this.#requests?.shift()
    this.length = this.#requests?.length ?? 0
    if (this.continuations > 0) this.continuations--
    return request
  }

  takeAll(): readonly Request[] {
    const requests = this.#requests
    this.#requests = null
    this.length = this.continuations = 0
    return requests ?? []
  }
}
