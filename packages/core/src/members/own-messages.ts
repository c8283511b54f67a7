import type { Request } from '../requests/request'

/** The messages for one member and no other, in order. They go before what the broker has. */
export class OwnMessages {
  length = 0
  #requests: Request[] = []

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

  takeAll(): readonly Request[] {
    const requests = this.#requests
    this.#requests = []
    this.length = 0
    return requests
  }
}
