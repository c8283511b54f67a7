import type { Clock } from '@genpool/runtime'
import type { NatsConnection, Status } from '@nats-io/transport-node'
import { onClosed } from './closings'
import { SetBackWatch } from './set-back'

/** What is said of a connection that is closed. */
export const CLOSED = 'its connection to NATS is closed.'
/** The same, with why. */
export const CLOSED_FOR_GOOD =
  'the connection to NATS is closed: the program has closed it, or it gave up connecting again ("maxReconnectAttempts" of connect)'
/** The same of a pool that is served. */
export const CLOSED_HERE = `${CLOSED} Open another one, and serve the pool with that.`

/** Whether nothing can be sent any more. */
export function isOver(connection: NatsConnection): boolean {
  return connection.isClosed() || connection.isDraining()
}

/** Waits for work on a connection, but not longer than that is open: what waits for an answer of the server never ends after its end. */
export async function orClosed(connection: NatsConnection, work: Promise<unknown>): Promise<void> {
  let forget = (): void => undefined
  const closed = new Promise<void>((resolve) => (forget = onClosed(connection, resolve)))
  try {
    await Promise.race([work, closed])
  } finally {
    forget()
  }
}

/** Sends what is in the buffer. Returns whether the server has it: false if the connection is lost, or closed. */
export async function flushed(connection: NatsConnection): Promise<boolean> {
  try {
    await orClosed(connection, connection.flush())
    return !connection.isClosed()
  } catch {
    return false
  }
}

/** What follows the connection. */
export interface LinkListener {
  /** The connection is lost. NATS tries to connect again; what is sent meanwhile may be lost. */
  lost(): void
  /** It is there again, perhaps to another server. What was on its way may be lost. */
  back(): void
  /** The server does not allow something: to publish to this subject, or to subscribe to it. */
  refused?(error: Error, subject: string, what: 'publish' | 'subscription'): void
  /** It is closed for good. */
  closed(): void
}

/** Follows a connection of the user: whether it is there, and what happens to it. */
export class Link {
  connected: boolean
  #ended = false
  readonly #setBack: SetBackWatch
  readonly #forget: () => void
  readonly #status: AsyncIterable<Status> & { stop?(): void }

  constructor(
    readonly connection: NatsConnection,
    private readonly listener: LinkListener,
  ) {
    this.connected = connection.info !== undefined && !connection.isClosed()
    this.#status = connection.status()
    this.#setBack = new SetBackWatch(connection)
    if (!this.connected) this.#setBack.start()
    void this.#follow()
    this.#forget = onClosed(connection, () => this.#closed())
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
    this.#forget()
    this.#setBack.end()
    this.#status.stop?.()
  }

  async #follow(): Promise<void> {
    for await (const status of this.#status) {
      if (this.#ended) return
      const { type } = status
      if (type === 'error') this.#refused(status.error)
      if (type === 'disconnect' && this.connected) {
        this.connected = false
        this.#setBack.start()
        this.listener.lost()
      } else if (type === 'reconnect') {
        this.connected = true
        this.#setBack.end()
        this.listener.back()
      }
    }
  }

  #refused(error: Error & { subject?: unknown; operation?: unknown }): void {
    const { subject, operation } = error
    if (typeof subject !== 'string') return
    this.listener.refused?.(error, subject, operation === 'subscription' ? operation : 'publish')
  }

  #closed(): void {
    this.connected = false
    this.#setBack.end()
    this.listener.closed()
  }
}

/** Resolves when NATS has read all that was published, and what it refused of that was told: with false if that cannot be known. */
export async function wasRead({ usable, connection }: Link, clock: Clock): Promise<boolean> {
  const isRead = usable && (await flushed(connection))
  // The client of NATS tells it a moment later.
  return new Promise((resolve) => clock.defer(() => resolve(isRead)))
}
