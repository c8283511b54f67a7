import type { Msg, NatsConnection } from '@nats-io/transport-node'
import { type BadFrame } from '../wire/errors'
import { Incoming } from './incoming'
import { movedFrame, readJob } from './job-frame'
import type { QueueNames } from './names'
import type { Publisher } from './publisher'
import { PullInbox } from './pull-inbox'
import { STAY_MS } from './pulls'

const BATCH = 64

/** What moving delayed casts needs. */
export interface LaterPorts {
  readonly connection: NatsConnection
  readonly names: QueueNames
  readonly publisher: Pick<Publisher, 'store'>
  /** By the clock of the server. */
  now(): number
  /** A cast came that was stored at this time. */
  saw(storedAt: number): void
  /** Its bytes are no cast. */
  bad(incoming: Incoming, error: BadFrame): void
}

/**
 * Moves casts that were held back to where they run, when their time has come. Each consumer does so; the server delivers each cast to
 * one of them. Moved twice is stored once: the place in the stream is its id.
 */
export class Later {
  readonly #inbox: PullInbox
  #open = 0
  #askedAt = 0

  constructor(private readonly ports: LaterPorts) {
    this.#inbox = new PullInbox(ports.connection, ports.names, ['later'], {
      message: (message) => this.#received(message),
      ended: (_, left) => (this.#open = Math.max(0, this.#open - left)),
      deleted: () => (this.#open = 0),
    })
  }

  /** Sees to it that the server has a request. Called now and then. */
  look(): void {
    const isLost = this.ports.now() - this.#askedAt > STAY_MS + 3000
    if (this.#open > BATCH / 2 && !isLost) return
    this.#open = BATCH
    this.#askedAt = this.ports.now()
    this.#inbox.ask({ lane: 0, batch: BATCH, stays: true })
  }

  /** The requests are gone. */
  async cancel(): Promise<void> {
    this.#open = 0
    await this.#inbox.cancel()
  }

  #received(message: Msg): void {
    const incoming = Incoming.of(message)
    if (incoming === null) return
    this.#open = Math.max(0, this.#open - 1)
    this.ports.saw(incoming.storedAt)
    try {
      this.#move(incoming)
    } catch (error) {
      this.ports.bad(incoming, error as BadFrame)
    }
  }

  #move(incoming: Incoming): void {
    const { names, publisher } = this.ports
    const { header, body } = readJob(incoming.data)
    const leftMs = incoming.storedAt + (header.delayMs ?? 0) - this.ports.now()
    if (leftMs > 0) return incoming.again(leftMs)
    const frame = movedFrame({ ...header, delayMs: undefined, storedAt: incoming.storedAt }, body)
    const messageId = `later.${incoming.seq}.${incoming.storedAt}`
    publisher.store({ subject: names.subjectOf(header.key), frame, messageId }).then(
      () => incoming.acknowledge(),
      // It is delivered again after "ackWait".
      () => undefined,
    )
  }
}
