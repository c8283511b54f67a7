import type { Request } from '../requests/request'

/** What one of them waits for. */
export interface Drained {
  /** Resolves when all is done. */
  readonly done: Promise<void>
  /** It waits no longer. */
  leave(): void
}

/** The callers that wait until a pool has drained. */
export class Drains {
  #waiting: (() => void)[] = []
  /** Handlers that wait themselves, by the request that they run: they do not wait for each other. */
  #handlers: Map<Request, (() => void)[]> | null = null

  /** Whether anybody waits. */
  get any(): boolean {
    return this.#waiting.length > 0 || this.handlers !== null
  }

  /** The requests of handlers that wait; null without any. */
  get handlers(): { has(request: Request): boolean } | null {
    return this.#handlers !== null && this.#handlers.size > 0 ? this.#handlers : null
  }

  /** @param request the request of the handler that waits; null if no handler waits */
  wait(request: Request | null): Drained {
    let resolve = (): void => undefined
    const done = new Promise<void>((resolved) => (resolve = resolved))
    if (request === null) this.#waiting.push(resolve)
    else {
      const handlers = (this.#handlers ??= new Map())
      handlers.set(request, [...(handlers.get(request) ?? []), resolve])
    }
    return { done, leave: () => this.#leave(resolve) }
  }

  #leave(resolve: () => void): void {
    this.#waiting = this.#waiting.filter((each) => each !== resolve)
    for (const [request, all] of this.#handlers ?? []) {
      const others = all.filter((each) => each !== resolve)
      if (others.length > 0) this.#handlers?.set(request, others)
      else this.#handlers?.delete(request)
    }
  }

  /** Nothing is left but handlers that wait. */
  onlyHandlersLeft(): void {
    const all = [...(this.#handlers?.values() ?? [])].flat()
    this.#handlers = null
    for (const resolve of all) resolve()
  }

  /** All is done. */
  done(): void {
    this.onlyHandlersLeft()
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
