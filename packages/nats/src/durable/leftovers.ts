import type { ConsumerInfo, JetStreamManager, StoredMsg } from '@nats-io/jetstream'
import { textOf } from '@genpool/runtime'
import { microsOf } from './ages'
import type { Marks } from './marks'
import type { QueueNames } from './names'

/** So many messages of a lane are looked at in one turn. */
const MOST = 2000

/** As much of a JetStreamManager as it needs. */
interface LeftoverKeeper {
  readonly streams: Pick<JetStreamManager['streams'], 'getMessage' | 'deleteMessage'>
  readonly consumers: Pick<JetStreamManager['consumers'], 'list'>
}

/** What clearing needs. */
export interface LeftoverPorts {
  readonly jsm: LeftoverKeeper
  readonly names: Pick<QueueNames, 'jobs' | 'lanes' | 'later'>
  readonly marks: Pick<Marks, 'look' | 'mayHaveBegun' | 'ageOf' | 'doubt'>
}

/** Messages of one subject. */
interface Lane {
  readonly subject: string
  readonly consumer: string
  /** Null of casts that are held back: they are moved, not begun. */
  readonly index: number | null
  /** The first message that is looked at next: 1, or where the last turn ended. */
  from: number
  /** Those of this life of the server that nobody gets, as it seemed once. */
  readonly young: Set<number>
}

/**
 * Deletes casts that are done and came back.
 *
 * A server that was killed may keep what was acknowledged, and lose that it has deleted the messages of that. Nobody gets them any more,
 * and they take room for ever. Deleted is only what is behind the place up to which all is acknowledged, and what a consumer may have
 * begun, and what is certainly from before the last start of a server. All else is left: of a server that has lost its place, or whose
 * stream was purged while casts were in hand, it may be a cast that is not done.
 */
export class Leftovers {
  readonly #lanes: Lane[]
  #clearing: Promise<void> | null = null
  #refusal: string | null = null
  #deleted = 0

  constructor(private readonly ports: LeftoverPorts) {
    const { lanes, later } = ports.names
    this.#lanes = [
      ...lanes.map(({ subject, consumer }, index) => ({ subject, consumer, index, from: 1, young: new Set<number>() })),
      { subject: later, consumer: 'later', index: null, from: 1, young: new Set<number>() },
    ]
  }

  /** Why they cannot be deleted; null if they can, or there are none. */
  get trouble(): string | null {
    return this.#refusal === null ? null : refusedOf(this.#refusal, this.ports.names.jobs)
  }

  /** How many were deleted here. */
  get deleted(): number {
    return this.#deleted
  }

  /** There are none. */
  none(): void {
    this.#refusal = null
  }

  /** Deletes what is certainly done. Called when there may be some; never rejects. */
  clear(): Promise<void> {
    this.#clearing ??= this.#clear()
      // The consumer says itself that JetStream does not answer.
      .catch(() => undefined)
      .finally(() => (this.#clearing = null))
    return this.#clearing
  }

  async #clear(): Promise<void> {
    const { jsm, names, marks } = this.ports
    await marks.look()
    const floors = new Map<string, number>()
    for await (const info of jsm.consumers.list(names.jobs)) floors.set(info.name, floorOf(info))
    await Promise.all(this.#lanes.map((lane) => this.#clearLane(lane, floors.get(lane.consumer) ?? 0)))
  }

  async #clearLane(lane: Lane, floor: number): Promise<void> {
    let seq: number | null = lane.from
    lane.from = 1
    for (let looked = 0; seq !== null && looked < MOST; looked++) seq = await this.#look(lane, seq, floor)
    lane.from = seq ?? 1
  }

  /** Looks at the first message from a place on, and deletes it if it may. Returns the place behind it; null if there is none. */
  async #look({ subject, index, young }: Lane, from: number, floor: number): Promise<number | null> {
    const { jsm, names, marks } = this.ports
    const found = await jsm.streams.getMessage(names.jobs, { seq: from, next_by_subj: subject } as never)
    if (found === null || found.seq > floor) return null
    if (index !== null && !marks.mayHaveBegun(index, found.seq)) return null
    const time = microsOf(found.timestamp)
    const age = marks.ageOf(time)
    if (age === 'old') await this.#delete(found)
    // Acknowledged a moment ago, it is gone the next time.
    else if (age === 'young' && young.has(found.seq)) await marks.doubt(time)
    else if (age === 'young') young.add(found.seq)
    return found.seq + 1
  }

  async #delete({ seq }: StoredMsg): Promise<void> {
    const { jsm, names } = this.ports
    try {
      await jsm.streams.deleteMessage(names.jobs, seq, false)
      this.#deleted++
      this.#refusal = null
    } catch (error) {
      // Another consumer may have been faster.
      if ((await jsm.streams.getMessage(names.jobs, { seq })) === null) return
      this.#refusal = textOf(error)
      throw error
    }
  }
}

/** Up to there all messages are acknowledged. */
export function floorOf({ ack_floor }: Pick<ConsumerInfo, 'ack_floor'>): number {
  return ack_floor.stream_seq
}

function refusedOf(says: string, stream: string): string {
  return (
    `casts that are done came back with a server that was killed, and cannot be deleted: ${says}. They are not run again, but take room. ` +
    `Let this account publish to "$JS.API.STREAM.MSG.DELETE.${stream}", or delete them with "nats stream rmm"`
  )
}
