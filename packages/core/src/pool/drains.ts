import type { Request } from '../requests/request'

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
  wait(request: Request | null): Promise<void> {
    return new Promise((resolve) => {
      if (request === null) return void this.#waiting.push(resolve)
      const handlers = (this.#handlers ??= new Map())
      handlers.set(request, [...(handlers.get(request) ?? []), resolve])
    })
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
