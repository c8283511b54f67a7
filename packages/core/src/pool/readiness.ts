/** What a caller waits for. */
interface Awaited {
  readonly promise: Promise<void>
  resolve(): void
  reject(error: Error): void
}

/** Whether a pool can work, and who waits for that. */
export class Readiness {
  /** Whether a caller waits. */
  isAwaited = false
  /** Whether the pool could work at some time. */
  reached = false
  /** Whether it stopped before that. */
  #missed = false
  /** Made for the first caller. */
  #awaited: Awaited | null = null

  /** That of all pools that could work before a caller waited. */
  static readonly REACHED = Readiness.reached()

  private static reached(): Readiness {
    const readiness = new Readiness()
    readiness.done()
    return readiness
  }

  /**
   * @param accepting whether the pool takes something new
   * @param failure makes the error of a pool that cannot work
   */
  wait(accepting: boolean, failure: () => Error): Promise<void> {
    if (this.reached && !accepting) return rejected(failure())
    this.isAwaited = !this.reached && !this.#missed
    this.#awaited ??= this.makePromise(failure)
    return this.#awaited.promise
  }

  private makePromise(failure: () => Error): Awaited {
    let [resolve, reject]: [() => void, (error: Error) => void] = [() => undefined, () => undefined]
    const promise = new Promise<void>((...settle) => ([resolve, reject] = settle))
    if (this.#missed) reject(failure())
    else if (this.reached) resolve()
    ignoreRejection(promise)
    return { promise, resolve, reject }
  }

  /** The pool can work. */
  done(): void {
    this.reached = true
    this.isAwaited = false
    this.#awaited?.resolve()
  }

  /** The pool stops. */
  end(failure: () => Error): void {
    if (this.reached) return
    this.#missed = true
    this.isAwaited = false
    this.#awaited?.reject(failure())
  }
}

function rejected(error: Error): Promise<never> {
  const promise = Promise.reject<never>(error)
  ignoreRejection(promise)
  return promise
}

/** Nobody may be listening: an unhandled rejection must not end the process. */
function ignoreRejection(promise: Promise<void>): void {
  promise.catch(() => undefined)
}
