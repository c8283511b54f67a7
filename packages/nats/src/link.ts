import type { NatsConnection, Status } from '@nats-io/transport-node'

/** What follows the connection. */
export interface LinkListener {
  /** The connection is lost. NATS tries to connect again; what is sent meanwhile may be lost. */
  lost(): void
  /** It is there again, perhaps to another server. What was on its way may be lost. */
  back(): void
  /** The server does not allow something. */
  refused?(error: Error, subject: string): void
  /** It is closed for good. */
  closed(): void
}

/** Follows a connection of the user: whether it is there, and what happens to it. */
export class Link {
  connected: boolean
  #ended = false
  readonly #status: AsyncIterable<Status> & { stop?(): void }

  constructor(
    readonly connection: NatsConnection,
    private readonly listener: LinkListener,
  ) {
    this.connected = connection.info !== undefined && !connection.isClosed()
    this.#status = connection.status()
    void this.#follow()
    void connection.closed().then(() => this.#closed())
  }

  /** The most bytes that the server takes. */
  get maxPayload(): number {
    return this.connection.info?.max_payload ?? 1_000_000
  }

  /** Whether something can be published. */
  get usable(): boolean {
    return this.connected && !this.connection.isClosed()
  }

  end(): void {
    this.#ended = true
    this.#status.stop?.()
  }

  async #follow(): Promise<void> {
    for await (const status of this.#status) {
      if (this.#ended) return
      const { type } = status
      if (type === 'error') this.#refused(status.error)
      if (type === 'disconnect' && this.connected) {
        this.connected = false
        this.listener.lost()
      } else if (type === 'reconnect') {
        this.connected = true
        this.listener.back()
      }
    }
  }

  #refused(error: Error & { subject?: unknown }): void {
    if (typeof error.subject === 'string') this.listener.refused?.(error, error.subject)
  }

  #closed(): void {
    this.connected = false
    if (!this.#ended) this.listener.closed()
  }
}
