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
}

/**
 * Whether a stream certainly has messages that nobody gets.
 *
 * Counts of a server that works do not say so: they come in several answers, and what is stored, moved or acknowledged between them is in
 * one of them only. So a message is looked for up to which all is acknowledged, and that is still there a moment later.
 */
export class Staying {
  /** Those that have stayed. */
  #known = new Set<number>()

  constructor(private readonly ports: StayingPorts) {}

  /** @param consumers as the server said before */
  async isSure(consumers: readonly ConsumerInfo[]): Promise<boolean> {
    const { clock } = this.ports
    const found = await this.#firstOf(consumers)
    if (found.length === 0 || found.some((seq) => this.#known.has(seq))) return found.length > 0
    await pause(clock, MOMENT_MS)
    const there = await Promise.all(found.map((seq) => this.#isThere(seq)))
    this.#known = new Set(found.filter((_, i) => there[i]))
    return this.#known.size > 0
  }

  /** The first message of each lane, if all up to there is acknowledged. */
  async #firstOf(consumers: readonly ConsumerInfo[]): Promise<number[]> {
    const { jsm, stream, subjects } = this.ports
    const floors = new Map(consumers.map((each) => [each.name, floorOf(each)]))
    const firsts = await Promise.all(
      subjects.map(async ({ subject, consumer }) => {
        const floor = floors.get(consumer) ?? 0
        if (floor === 0) return []
        const first = await jsm.streams.getMessage(stream, { seq: 1, next_by_subj: subject } as never)
        return first !== null && first.seq <= floor ? [first.seq] : []
      }),
    )
    return firsts.flat()
  }

  async #isThere(seq: number): Promise<boolean> {
    const { jsm, stream } = this.ports
    return (await jsm.streams.getMessage(stream, { seq })) !== null
  }
}
