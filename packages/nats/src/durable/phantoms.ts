import type { ConsumerInfo, JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { QueueNames } from './names'

/** So many places of a lane are looked at in one turn. */
const MOST = 2000
const ACK = Buffer.from('+ACK')
/** So many messages are asked for at once. */
const AT_ONCE = 50

/** What the search needs. */
export interface PhantomPorts {
  readonly connection: Pick<NatsConnection, 'publish'>
  readonly jsm: { readonly streams: Pick<JetStreamManager['streams'], 'getMessage'> }
  readonly names: Pick<QueueNames, 'jobs' | 'allJobs'>
}

/** What was known of a consumer at the last look. */
interface Known {
  readonly floor: number
  /** What is missing up to there is acknowledged. */
  readonly through: number
}

/**
 * Acknowledges casts whose messages are gone.
 *
 * A server that was killed may keep that a message is deleted, and lose that it was acknowledged. Such a one counts as in hand for ever:
 * of a lane of keys none behind it is delivered. What is not in the stream is done, or somebody has deleted it: to acknowledge it does no
 * harm.
 */
export class Phantoms {
  readonly #known = new Map<string, Known>()
  #clearing = false

  constructor(private readonly ports: PhantomPorts) {}

  /** All are looked at again: a server has started. */
  again(): void {
    this.#known.clear()
  }

  /**
   * Looks at lanes that stand still. Called now and then; never rejects.
   *
   * @param isAlone one server has the stream. Of several, one that leads since a moment may not have all of it yet
   * @param begins the first place that the stream ever had
   */
  async clear(consumers: readonly ConsumerInfo[], isAlone: boolean, begins = 1): Promise<void> {
    if (this.#clearing) return
    this.#clearing = true
    // The consumer says itself that JetStream does not answer.
    await Promise.all(consumers.map((each) => this.#clearLane(each, { isAlone, begins }).catch(() => undefined)))
    this.#clearing = false
  }

  async #clearLane(seen: ConsumerInfo, { isAlone, begins }: { isAlone: boolean; begins: number }): Promise<void> {
    const { name, num_ack_pending, num_pending, ack_floor, delivered, config } = seen
    const floor = ack_floor.stream_seq
    const known = this.#known.get(name)
    // Of a lane of keys, one in hand holds all others back, and is the last one that was delivered. Of others none does.
    const isKeyed = config.max_ack_pending === 1
    const isStill = (known === undefined || known.floor === floor) && (isKeyed || num_pending === 0)
    const last = delivered.stream_seq
    const first = isKeyed ? last : Math.max(floor, known?.through ?? 0, begins - 1) + 1
    const through = Math.min(last, first + MOST)
    const isLooked = num_ack_pending > 0 && isStill && last > 0
    this.#known.set(name, { floor, through: isLooked ? through : (known?.through ?? 0) })
    if (!isLooked) return
    const missing = await this.#missingIn([first, through], isAlone)
    for (let i = 0; i < missing.length; i += AT_ONCE) {
      await Promise.all(missing.slice(i, i + AT_ONCE).map((seq) => this.#acknowledge(name, seq)))
    }
  }

  /** What is missing. A message behind it says that who answers has the stream up to there. */
  async #missingIn([from, through]: [number, number], isAlone: boolean): Promise<readonly number[]> {
    const { jsm, names } = this.ports
    const missing: number[] = []
    for (let seq = from; seq <= through;) {
      const found = await jsm.streams.getMessage(names.jobs, { seq, next_by_subj: names.allJobs } as never)
      if (found === null && !isAlone) break
      const next = found?.seq ?? Infinity
      for (; seq <= through && seq < next; seq++) missing.push(seq)
      if (seq === next) seq++
    }
    return missing
  }

  /** Acknowledges a message that is gone. A server that has not found it once may have been wrong, and the cast would be lost. */
  async #acknowledge(consumer: string, seq: number): Promise<void> {
    const { jsm, names } = this.ports
    if ((await jsm.streams.getMessage(names.jobs, { seq })) === null) this.#send(consumer, seq)
  }

  #send(consumer: string, seq: number): void {
    this.ports.connection.publish(`$JS.ACK.${this.ports.names.jobs}.${consumer}.1.${seq}.0.0.0`, ACK)
  }
}
