import { type Clock, type Nanos, readSafely } from '@genpool/runtime'
import type { NatsConnection } from '@nats-io/transport-node'
import { CLOSED_FOR_GOOD, Link } from '../link'

const LOST = Symbol('the connection was lost')

const CLOSED = `${CLOSED_FOR_GOOD}. Open another one, and make the store again with it.`

function notThere(connection: NatsConnection): string {
  const last = readSafely(() => connection.getServer(), '')
  const server = last === '' ? '' : `, the last one was to "${last}"`
  return `there is no connection to NATS${server}. Check that a server runs and can be reached: it connects again by itself.`
}

/** What follows the connection. */
export interface ConnectionListener {
  /** "trouble" may be another one. */
  changed(): void
  /** The connection is there again. */
  back(): void
}

/** Whether the connection is there. What is sent while it is not would wait in a buffer, and arrive late. */
export class Connected {
  readonly #link: Link
  #waiting: (() => void)[] = []
  readonly #attempts = new Set<() => void>()

  constructor(
    connection: NatsConnection,
    private readonly clock: Clock,
    listener: ConnectionListener,
  ) {
    this.#link = new Link(connection, {
      lost: () => {
        this.#lost()
        listener.changed()
      },
      back: () => {
        this.#wake()
        listener.changed()
        listener.back()
      },
      closed: () => {
        this.#lost()
        this.#wake()
        listener.changed()
      },
    })
  }

  /** Why nothing can be sent now; undefined if the connection is there. */
  get trouble(): string | undefined {
    if (this.#link.usable) return undefined
    return this.#link.connection.isClosed() ? CLOSED : notThere(this.#link.connection)
  }

  get maxPayload(): number {
    return this.#link.maxPayload
  }

  /** Waits for the connection. Returns why it is not there at the end of the time. */
  async until(end: Nanos): Promise<Error | undefined> {
    while (!this.#link.usable) {
      if (this.#link.connection.isClosed()) return new Error(CLOSED)
      if (this.clock.now() >= end) return new Error(notThere(this.#link.connection))
      await this.#change(end)
    }
    return undefined
  }

  /** Resolves with the answer, or with `otherwise` as soon as the connection is lost: the answer does not come then. */
  orLost<T>(answer: Promise<T>, otherwise: () => T | PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const lost = (): void => resolve(otherwise())
      this.#attempts.add(lost)
      void answer.then(resolve, reject).finally(() => this.#attempts.delete(lost))
    })
  }

  /** Asks until there is an answer or the time is over. A question that was on its way when the connection was lost is asked again. */
  async ask<T>(question: () => Promise<T>, end: Nanos): Promise<T> {
    for (;;) {
      const error = await this.until(end)
      if (error !== undefined) throw error
      const answer = await this.orLost<T | typeof LOST>(question(), () => LOST)
      if (answer !== LOST) return answer
    }
  }

  end(): void {
    this.#link.end()
    this.#lost()
    this.#wake()
  }

  #change(end: Nanos): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.clock.setTimer(end, resolve)
      this.#waiting.push(() => {
        timer.cancel()
        resolve()
      })
    })
  }

  #lost(): void {
    for (const lost of this.#attempts) lost()
    this.#attempts.clear()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }
}
