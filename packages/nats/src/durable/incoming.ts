import type { Msg } from '@nats-io/transport-node'

export const ACK = Buffer.from('+ACK')
const WORKING = Buffer.from('+WPI')

/** How a stored message was delivered. */
export interface Delivered {
  readonly seq: number
  /** How many times it was delivered, with this time. */
  readonly deliveries: number
  /** Milliseconds of the server's clock. */
  readonly storedAt: number
}

/** What tells one cast from all others, also if its stream was made anew. */
export type Acknowledgeable = Pick<Delivered, 'seq' | 'storedAt'>

/** A message of a stream in our hands, until it is acknowledged. */
export class Incoming implements Delivered {
  readonly seq: number
  readonly deliveries: number
  readonly storedAt: number

  private constructor(
    readonly message: Msg,
    { seq, deliveries, storedAt }: Delivered,
  ) {
    this.seq = seq
    this.deliveries = deliveries
    this.storedAt = storedAt
  }

  /** Null for what no stream has sent: anybody may publish to an inbox. */
  static of(message: Msg): Incoming | null {
    const delivered = deliveredBy(message.reply ?? '')
    return delivered === null ? null : new Incoming(message, delivered)
  }

  get data(): Uint8Array {
    return this.message.data
  }

  /** The id with which it was stored. */
  get messageId(): string | undefined {
    return this.message.headers?.get('Nats-Msg-Id')
  }

  /** Whether the server has left its bytes out: somebody has edited the consumer to give headers only. */
  get isStripped(): boolean {
    return this.data.length === 0 && Number(this.message.headers?.get('Nats-Msg-Size') || 0) > 0
  }

  /** It is done: the stream may forget it. */
  acknowledge(): void {
    this.#answer(ACK)
  }

  /** It is still in work. */
  working(): void {
    this.#answer(WORKING)
  }

  /** It is to be delivered again, not before this time. */
  again(delayMs: number): void {
    this.#answer(againIn(delayMs))
  }

  #answer(bytes: Uint8Array): void {
    try {
      this.message.respond(bytes)
    } catch {
      // The connection is closed: the server delivers it again after "ackWait".
    }
  }
}

/** Says that a message is to be delivered again, not before this time. */
export function againIn(delayMs: number): Uint8Array {
  return Buffer.from(delayMs > 0 ? `-NAK {"delay":${Math.ceil(delayMs) * 1_000_000}}` : '-NAK')
}

/**
 * Reads the address for acknowledgements:
 * `$JS.ACK.<stream>.<consumer>.<deliveries>.<seq>.<its number>.<time>.<pending>`; newer servers put two parts before the stream.
 */
function deliveredBy(reply: string): Delivered | null {
  if (!reply.startsWith('$JS.ACK.')) return null
  const parts = reply.split('.')
  const at = parts.length >= 11 ? 6 : 4
  const [deliveries, seq, time] = [Number(parts[at]), Number(parts[at + 1]), Number(parts[at + 3])]
  return deliveries >= 1 && seq >= 1 && time >= 0 ? { seq, deliveries, storedAt: time / 1e6 } : null
}
