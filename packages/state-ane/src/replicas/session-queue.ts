import { isPromise, type MaybePromise } from '../cells/maybe-promise'
import type { ReplicaMessage } from './replica-messages'

/** What a queue needs of its session. */
export interface SessionQueuePorts {
  /** @returns a promise if what comes next has to wait; it never rejects */
  take(message: ReplicaMessage): MaybePromise<void>
  /** What has waited goes on. */
  changed(): void
}

/** The messages of one replica, one after another. Synchronous as long as the cell is. */
export class SessionQueue {
  #isBusy = false
  readonly #waiting: ReplicaMessage[] = []

  constructor(private readonly ports: SessionQueuePorts) {}

  add(message: ReplicaMessage): void {
    this.#waiting.push(message)
    if (!this.#isBusy) this.#next()
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting.length = 0
  }

  #next(): void {
    for (let message; (message = this.#waiting.shift()) !== undefined;) {
      const pending = this.ports.take(message)
      if (!isPromise(pending)) continue
      this.#isBusy = true
      const goOn = (): void => {
        this.#isBusy = false
        this.#next()
        this.ports.changed()
      }
      void Promise.resolve(pending).then(goOn)
      return
    }
  }
}
