import type { Clock, Nanos } from '@genpool/runtime'
import type { NatsConnection } from '@nats-io/transport-node'
import { Link } from '../link'

/** Whether the connection is there. What is sent while it is not would wait in a buffer, and arrive late. */
export class Connected {
  readonly #link: Link
  #waiting: (() => void)[] = []

  /** @param back called when the connection is there again */
  constructor(
    connection: NatsConnection,
    private readonly clock: Clock,
    back: () => void,
  ) {
    this.#link = new Link(connection, {
      lost: () => undefined,
      back: () => {
        this.#wake()
        back()
      },
      closed: () => this.#wake(),
    })
  }

  get maxPayload(): number {
    return this.#link.maxPayload
  }

  /** Waits for the connection. Returns why it is not there at the end of the time. */
  async until(end: Nanos): Promise<Error | undefined> {
    while (!this.#link.usable) {
      if (this.#link.connection.isClosed()) return new Error('the connection to NATS was closed.')
      if (this.clock.now() >= end) return new Error('there is no connection to NATS.')
      await this.#change(end)
    }
    return undefined
  }

  end(): void {
    this.#link.end()
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

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }
}
