import { CancelledError } from '@genpool/core'
import { onAbort } from '@genpool/core/elsewhere'
import { cancelledWait } from '@genpool/runtime'

/** What conditions need of their client. */
export interface ConditionPorts {
  readonly name: string
  /** Somebody waits: nodes are to be looked after. */
  armed(): void
}

interface Waiting {
  readonly holds: () => boolean
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** Resolves promises when something holds of a remote pool. Looked at when something has changed, and only while somebody waits. */
export class Conditions {
  readonly #waiting = new Set<Waiting>()

  constructor(private readonly ports: ConditionPorts) {}

  get waiting(): number {
    return this.#waiting.size
  }

  /** At once if it holds. Rejects with a CancelledError if the signal aborts, and with the error of `end`. */
  async wait(holds: () => boolean, signal?: AbortSignal): Promise<void> {
    const { name } = this.ports
    const cancelled = (): Error => new CancelledError(name, false, signal?.reason, cancelledWait(name))
    if (signal?.aborted === true) throw cancelled()
    if (holds()) return
    let waiting: Waiting | undefined
    let off = (): void => undefined
    try {
      await new Promise<void>((resolve, reject) => {
        waiting = { holds, resolve, reject }
        if (signal !== undefined) off = onAbort(signal, () => reject(cancelled()))
        this.#waiting.add(waiting)
        this.ports.armed()
      })
    } finally {
      off()
      if (waiting !== undefined) this.#waiting.delete(waiting)
    }
  }

  /** Something has changed. */
  look(): void {
    if (this.#waiting.size === 0) return
    for (const { holds, resolve } of this.#waiting) if (holds()) resolve()
  }

  /** Nothing will change any more, for this reason. */
  end(error: Error): void {
    for (const { reject } of this.#waiting) reject(error)
  }
}
