import { type Clock, type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { NatsConnection } from '@nats-io/transport-node'
import { flushed } from '../link'
import type { Acknowledgeable } from './incoming'
import { pause } from '../pause'
import { refusedBy } from '../refusal'

/** What a refusal takes to come after the answer of the server. */
const WAY_MS = 50
const MOST = 4096

/** As much of a queue as it needs. */
interface QueueFacts {
  readonly connection: NatsConnection
  readonly clock: Clock
  readonly names: { readonly jobs: string }
  readonly options: { readonly ackWait: number }
}

/** What the consumer does for it. */
interface RefusalPorts {
  /** Whether a subject is one where what was asked for comes. */
  readonly isInbox: (subject: string) => boolean
  /** It may go on. */
  readonly allowed: () => void
}

/**
 * What NATS does not let a consumer do, and what it does not hear of it. A consumer whose acknowledgements do not count would run the
 * same casts again and again: it takes nothing until they do.
 */
export class Refusals {
  #refused: { readonly subject: string; readonly says: string } | null = null
  #isAsking = false
  #unheardAt: Nanos = -Infinity
  /** The last casts that were acknowledged here: when they were stored, by their places. */
  readonly #acknowledged = new Map<number, number>()

  constructor(
    private readonly queue: QueueFacts,
    private readonly ports: RefusalPorts,
  ) {}

  /** Whether nothing may be taken now. */
  get holds(): boolean {
    return this.#refused !== null
  }

  /** What is wrong; null if nothing is. */
  get trouble(): string | null {
    if (this.#refused !== null) return this.#refused.says
    const { clock, options } = this.queue
    return clock.now() - this.#unheardAt < 3 * options.ackWait * NS_PER_MS ? UNHEARD : null
  }

  /** The server does not allow something. */
  add(error: Error, subject: string): void {
    const isAcknowledgement = subject.startsWith('$JS.ACK.') && this.#isOurs(subject)
    const isRequest = subject.includes('.CONSUMER.MSG.NEXT.') && this.#isOurs(subject)
    if (!isAcknowledgement && !isRequest && !this.ports.isInbox(subject)) return
    const so = isAcknowledgement
      ? 'What is done here cannot be acknowledged, and would be run again and again. It takes nothing until it may publish to "$JS.ACK.>"'
      : isRequest
        ? 'It can ask for nothing until it may publish to "$JS.API.>"'
        : 'Nothing can come until it may subscribe to its inbox'
    this.#refused = { subject, says: `${refusedBy(error)} ${so}` }
  }

  /** The connection is a new one: what was refused may be allowed. */
  forget(): void {
    this.#refused = null
  }

  /** A cast was acknowledged. */
  acknowledged({ seq, storedAt }: Acknowledgeable): void {
    this.#acknowledged.delete(seq)
    this.#acknowledged.set(seq, storedAt)
    if (this.#acknowledged.size <= MOST) return
    for (const oldest of this.#acknowledged.keys()) return void this.#acknowledged.delete(oldest)
  }

  /** Whether a cast that comes was acknowledged here: the server has not heard it, or was killed and has forgotten it. */
  isUnheard({ seq, storedAt, deliveries }: Acknowledgeable & { readonly deliveries: number }): boolean {
    if (this.#acknowledged.get(seq) !== storedAt) return false
    // A server that was killed counts from 1 again.
    if (deliveries > 1) this.#unheardAt = this.queue.clock.now()
    return true
  }

  /** Asks whether it is allowed now. Called now and then; never rejects. */
  async look(): Promise<void> {
    const refused = this.#refused
    if (refused === null || this.#isAsking) return
    this.#isAsking = true
    const { connection, clock } = this.queue
    const { isInbox, allowed } = this.ports
    try {
      // It says of a cast that it is in work, or asks for nothing.
      if (!isInbox(refused.subject)) {
        connection.publish(refused.subject, refused.subject.startsWith('$JS.ACK.') ? '+WPI' : '')
      }
      const isHeard = await flushed(connection)
      await pause(clock, WAY_MS, false)
      // Another refusal is another object.
      if (isHeard && this.#refused === refused) {
        this.#refused = null
        allowed()
      }
    } catch {
      // The connection is closed.
    }
    this.#isAsking = false
  }

  #isOurs(subject: string): boolean {
    return subject.split('.').includes(this.queue.names.jobs)
  }
}

const UNHEARD =
  'casts that were acknowledged here come again: the server that delivers them does not know of it. They are not run again. Most likely a ' +
  'server was restarted, or another one leads the stream now: then it passes. If it goes on, something on the way keeps "$JS.ACK.>" back: ' +
  'an import or an export of the account, or the permissions of a leaf node, if there is one'
