import type { ConsumerInfo, JetStreamManager } from '@nats-io/jetstream'
import type { Clock } from '@genpool/runtime'
import { pause } from '../pause'
import { floorOf } from './leftovers'
import type { Subject } from './names'

/** A server that has much to do removes what is acknowledged a moment later. */
const MOMENT_MS = 250

/** What looking needs. */
export interface StayingPorts {
  readonly jsm: { readonly streams: Pick<JetStreamManager['streams'], 'getMessage'> }
  readonly clock: Clock
  readonly stream: string
  /** All lanes, and what is held back. */
  readonly subjects: readonly Subject[]
  /** The consumers as the server says now. */
  consumers(): Promise<readonly ConsumerInfo[]>
}

/** The first message of a lane. */
interface First {
  readonly seq: number
  readonly consumer: string
}

/**
 * Whether a stream certainly has messages that nobody gets.
 *
 * Counts of a server that works do not say so: they come in several answers, and what is stored, moved or acknowledged between them is in
 * one of them only. So a message is looked for up to which all is acknowledged, or whose consumer has nothing to deliver and nothing to be
 * acknowledged, also a moment later, while the message is still there.
 */
export class Staying {
  /** Those that have stayed. */
  #known = new Set<number>()

  constructor(private readonly ports: StayingPorts) {}

  /** @param consumers as the server said before */
  async isSure(consumers: readonly ConsumerInfo[]): Promise<boolean> {
    const { clock } = this.ports
    const found = await this.#firstOf(consumers)
    if (found.length === 0 || found.some(({ seq }) => this.#known.has(seq))) return found.length > 0
    await pause(clock, MOMENT_MS)
    const mayStay = stayingBy(await this.ports.consumers())
    const there = await Promise.all(found.map(async (first) => mayStay(first) && (await this.#isThere(first.seq))))
    this.#known = new Set(found.flatMap(({ seq }, i) => (there[i] === true ? [seq] : [])))
    return this.#known.size > 0
  }

  /** The first message of each lane, if nobody gets it as far as its consumer tells. */
  async #firstOf(consumers: readonly ConsumerInfo[]): Promise<First[]> {
    const { jsm, stream, subjects } = this.ports
    const mayStay = stayingBy(consumers)
    const firsts = await Promise.all(
      subjects.map(async ({ subject, consumer }) => {
        if (!mayStay({ seq: 1, consumer })) return []
        const first = await jsm.streams.getMessage(stream, { seq: 1, next_by_subj: subject } as never)
        return first === null ? [] : [{ seq: first.seq, consumer }]
      }),
    )
    return firsts.flat().filter(mayStay)
  }

  async #isThere(seq: number): Promise<boolean> {
    const { jsm, stream } = this.ports
    return (await jsm.streams.getMessage(stream, { seq })) !== null
  }
}

function stayingBy(consumers: readonly ConsumerInfo[]): (first: First) => boolean {
  const infos = new Map(consumers.map((each) => [each.name, each]))
  return ({ seq, consumer }) => {
    const info = infos.get(consumer)
    return info !== undefined && (seq <= floorOf(info) || info.num_pending + info.num_ack_pending === 0)
  }
}
