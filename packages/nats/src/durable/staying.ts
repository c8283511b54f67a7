import type { ConsumerInfo } from '@nats-io/jetstream'
import type { Clock } from '@genpool/runtime'
import { pause } from '../pause'
import { floorOf } from './floors'
import type { Subject } from './names'
import { type Counts, messagesFrom, nextOf, type Reader } from './unlisted'

/** A server that has much to do removes what is acknowledged a moment later. */
const MOMENT_MS = 250
/** So many messages are looked at if the server does not list those of a subject. */
const MOST = 200

/** What looking needs. */
export interface StayingPorts {
  readonly jsm: Reader
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

  /**
   * @param consumers as the server said before
   * @param counts how many messages each subject had then
   */
  async isSure(consumers: readonly ConsumerInfo[], counts: Counts): Promise<boolean> {
    const { clock } = this.ports
    const found = await this.#firstOf(consumers, counts)
    if (found.length === 0 || found.some(({ seq }) => this.#known.has(seq))) return found.length > 0
    await pause(clock, MOMENT_MS)
    const mayStay = stayingBy(await this.ports.consumers())
    const there = await Promise.all(found.map(async (first) => mayStay(first) && (await this.#isThere(first.seq))))
    this.#known = new Set(found.flatMap(({ seq }, i) => (there[i] === true ? [seq] : [])))
    return this.#known.size > 0
  }

  /** The first message of each lane, if nobody gets it as far as its consumer tells. */
  async #firstOf(consumers: readonly ConsumerInfo[], counts: Counts): Promise<First[]> {
    const { jsm, stream, subjects } = this.ports
    const mayStay = stayingBy(consumers)
    const lanes = subjects.filter(({ consumer }) => mayStay({ seq: 1, consumer }))
    const firsts = await Promise.all(lanes.map(({ subject }) => nextOf(jsm, stream, { from: 1, subject })))
    const listed = lanes.flatMap(({ consumer }, i) => {
      const first = firsts[i] ?? null
      return first === null ? [] : [{ seq: first.seq, consumer }]
    })
    const unlisted = lanes.filter(({ subject }, i) => firsts[i] === null && (counts[subject] ?? 0) > 0)
    return [...listed, ...(await this.#unlistedOf(unlisted))].filter(mayStay)
  }

  /** The first message of each of these lanes, of which the server says that they have none though it counts some. */
  async #unlistedOf(lanes: readonly Subject[]): Promise<First[]> {
    const { jsm, stream } = this.ports
    const left = new Map(lanes.map(({ subject, consumer }) => [subject, consumer]))
    const found: First[] = []
    if (left.size === 0) return found
    for await (const { seq, subject } of messagesFrom(jsm, stream, { from: 1, most: MOST })) {
      const consumer = left.get(subject)
      if (consumer === undefined) continue
      found.push({ seq, consumer })
      left.delete(subject)
      if (left.size === 0) break
    }
    return found
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
