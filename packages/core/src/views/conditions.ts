import { CancelledError, cancelledWait, StoppedError } from '@genpool/runtime'
import type { Attaching, Listener } from '../pool/ports'
import { onAbort } from '../requests/on-abort'

/** What conditions need of their pool. */
export interface ConditionPorts extends Attaching {
  readonly name: string
  readonly stopping: boolean
  /** Why it gave up; undefined if it did not. */
  readonly cause: unknown
}

/** Somebody who waits until something holds. */
interface Waiting {
  holds(): boolean
  resolve(): void
  reject(error: Error): void
}

/**
 * Resolves promises when something holds of a pool: looked at when it is asked for, and at the end of each turn in which the pool
 * had work. It listens only while somebody waits.
 */
export class Conditions implements Listener {
  /** Made with the first who waits. */
  #waiting: Set<Waiting> | null = null

  constructor(private readonly pool: ConditionPorts) {}

  /** Rejects with a StoppedError if the pool stops before it holds, and with a CancelledError if the signal aborts. */
  async wait(holds: () => boolean, signal: AbortSignal | undefined): Promise<void> {
    const { pool } = this
    if (pool.stopping) throw this.#stopped(pool.cause)
    if (signal?.aborted === true) throw this.#cancelled(signal)
    if (!holds()) await this.#wait(holds, signal)
  }

  async #wait(holds: () => boolean, signal: AbortSignal | undefined): Promise<void> {
    let unwatch: (() => void) | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        const waiting = { holds, resolve, reject }
        if (signal !== undefined) {
          unwatch = onAbort(signal, () => {
            this.#remove(waiting)
            reject(this.#cancelled(signal))
          })
        }
        this.#add(waiting)
      })
    } finally {
      unwatch?.()
    }
  }

  #add(waiting: Waiting): void {
    const all = (this.#waiting ??= new Set())
    if (all.size === 0) this.pool.attach(this)
    all.add(waiting)
  }

  #remove(waiting: Waiting): void {
    if (this.#waiting?.delete(waiting) === true && this.#waiting.size === 0) this.pool.detach(this)
  }

  #cancelled({ reason }: AbortSignal): CancelledError {
    return new CancelledError(this.pool.name, false, reason, cancelledWait(this.pool.name))
  }

  #stopped(cause: unknown): StoppedError {
    return new StoppedError(this.pool.name, false, cause, { so: 'there is nothing more to wait for' })
  }

  turnEnded(): void {
    for (const waiting of this.#waiting ?? []) {
      if (!waiting.holds()) continue
      this.#remove(waiting)
      waiting.resolve()
    }
  }

  poolStopped(cause: unknown): void {
    for (const waiting of this.#waiting ?? []) {
      this.#remove(waiting)
      waiting.reject(this.#stopped(cause))
    }
  }
}
