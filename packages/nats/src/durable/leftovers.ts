import type { ConsumerInfo, JetStreamManager, StoredMsg } from '@nats-io/jetstream'
import { textOf } from '@genpool/runtime'
import { microsOf } from './ages'
import { isAwaited } from './attempts'
import { type MadeConsumers, mayLose } from './changed-consumers'
import { floorOf } from './floors'
import type { History } from './history'
import { listed } from './listed'
import type { Marks } from './marks'
import type { QueueNames } from './names'
import { type Counts, messagesFrom, nextOf } from './unlisted'

/** So many messages of a lane are looked at in one turn, and so many of all lanes that the server does not list. */
const MOST = 2000

/** As much of a JetStreamManager as it needs. */
interface LeftoverKeeper {
  readonly streams: Pick<JetStreamManager['streams'], 'getMessage' | 'deleteMessage'>
  readonly consumers: Pick<JetStreamManager['consumers'], 'list'>
}

/** What clearing needs. */
export interface LeftoverPorts {
  readonly jsm: LeftoverKeeper
  readonly names: Pick<QueueNames, 'jobs' | 'lanes' | 'later' | 'all' | 'tries' | 'triesOf'>
  readonly marks: Pick<Marks, 'look' | 'mayHaveBegun' | 'ageOf' | 'doubt' | 'wasEdited'>
  readonly history: Pick<History, 'read'>
  readonly options: MadeConsumers['options']
}

/** What is known by who clears. */
export interface Clearing {
  /** One server has the stream. */
  readonly isAlone: boolean
  /** The server takes this one for done, and it is not: it is brought back. */
  isBack(seq: number): void
}

/** Up to where a consumer delivers nothing any more. */
interface Reached {
  /** Up to there all messages are acknowledged, or were given up. */
  readonly floor: number
  /** Up to there all were delivered, and none waits for its acknowledgement. */
  readonly calm: number
}

/** That of each consumer, with what is known by who clears. */
interface Floors extends Clearing {
  readonly of: ReadonlyMap<string, Reached>
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
 * stream was purged while casts were in hand, it may be a cast that is not done. So it may be of what was there while somebody had edited a
 * consumer: what the server gave up then is brought back if it is certainly not done.
 */
export class Leftovers {
  readonly #lanes: Lane[]
  #clearing: Promise<void> | null = null
  /** As `from` of a lane, over those that the server does not list. */
  #from = 1
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

  /**
   * Deletes what is certainly done. Called when there may be some; never rejects.
   *
   * @param counts how many messages each subject has, as the server counts
   */
  clear(counts: Counts, clearing: Clearing): Promise<void> {
    this.#clearing ??= this.#clear(counts, clearing)
      // The consumer says itself that JetStream does not answer.
      .catch(() => undefined)
      .finally(() => (this.#clearing = null))
    return this.#clearing
  }

  async #clear(counts: Counts, clearing: Clearing): Promise<void> {
    const { jsm, names, marks } = this.ports
    await marks.look()
    const consumers = await listed(jsm.consumers.list(names.jobs))
    if (mayLose(consumers, this.ports)) return
    // Who sets one back says so first.
    await marks.look()
    const floors: Floors = { ...clearing, of: new Map(consumers.map((info) => [info.name, reachedBy(info)])) }
    const lists = await Promise.all(this.#lanes.map((lane) => this.#clearLane(lane, floors)))
    const unlisted = this.#lanes.filter(({ subject }, i) => !lists[i] && (counts[subject] ?? 0) > 0)
    if (unlisted.length > 0) await this.#clearUnlisted(unlisted, floors)
  }

  /** Returns whether the server lists messages of it. */
  async #clearLane(lane: Lane, floors: Floors): Promise<boolean> {
    const { jsm, names } = this.ports
    let seq: number | null = lane.from
    let isListed = lane.from > 1
    lane.from = 1
    for (let looked = 0; seq !== null && looked < MOST; looked++) {
      const found = await nextOf(jsm, names.jobs, { from: seq, subject: lane.subject })
      isListed ||= found !== null
      seq = found !== null && (await this.#look(lane, found, floors)) ? found.seq + 1 : null
    }
    lane.from = seq ?? 1
    return isListed
  }

  /** Of these lanes the server says that they have no messages, though it counts some. */
  async #clearUnlisted(unlisted: readonly Lane[], floors: Floors): Promise<void> {
    const { jsm, names } = this.ports
    const lanes = new Map(unlisted.map((lane) => [lane.subject, lane]))
    const from = this.#from
    this.#from = 1
    let looked = 0
    let last = 0
    for await (const found of messagesFrom(jsm, names.jobs, { from, most: MOST })) {
      const lane = lanes.get(found.subject)
      if (lane !== undefined) await this.#look(lane, found, floors)
      looked++
      last = found.seq
    }
    if (looked === MOST) this.#from = last + 1
  }

  /** Looks at a message, and deletes it if it may. Returns whether those behind it in its lane may be deleted, too. */
  async #look(lane: Lane, found: StoredMsg, floors: Floors): Promise<boolean> {
    const { marks } = this.ports
    const { floor, calm } = floors.of.get(lane.consumer) ?? NOT_REACHED
    const time = microsOf(found.timestamp)
    if (marks.wasEdited(time)) {
      if (found.seq > Math.max(floor, calm)) return false
      if (await this.#isUndone(lane, found, floors)) floors.isBack(found.seq)
      return true
    }
    if (found.seq > floor) return false
    if (lane.index !== null && !marks.mayHaveBegun(lane.index, found.seq)) return false
    const age = marks.ageOf(time)
    if (age === 'old') await this.#delete(found)
    else if (age === 'young' && this.#stays(lane, found)) await marks.doubt(time)
    return true
  }

  /** Acknowledged a moment ago, it is gone the next time. */
  #stays({ young }: Lane, { seq }: StoredMsg): boolean {
    if (young.has(seq)) return true
    young.add(seq)
    return false
  }

  /**
   * Whether one is certainly not done that the server has given up, or passed by. A server alone that was not started since has it for no
   * other reason. Otherwise it may have come back, and what was written down of its attempts must say so.
   */
  async #isUndone(lane: Lane, found: StoredMsg, { isAlone, of }: Floors): Promise<boolean> {
    // It was passed by: it is not acknowledged, and not in hand.
    if (found.seq > (of.get(lane.consumer)?.floor ?? 0)) return this.#stays(lane, found)
    if (isAlone && this.ports.marks.ageOf(microsOf(found.timestamp)) === 'young') return this.#stays(lane, found)
    const { tries } = await this.ports.history.read(found.seq)
    return isAwaited(tries) && (tries.notBefore ?? 0) >= found.time.getTime()
  }

  /** Only if nothing is written down of it: of what is done, nothing is. */
  async #delete({ seq }: StoredMsg): Promise<void> {
    const { jsm, names } = this.ports
    if ((await jsm.streams.getMessage(names.tries, { last_by_subj: names.triesOf(seq) })) !== null) return
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

const NOT_REACHED: Reached = { floor: 0, calm: 0 }

function reachedBy(info: ConsumerInfo): Reached {
  const isCalm = info.num_ack_pending === 0
  return { floor: floorOf(info), calm: isCalm ? info.delivered.stream_seq : 0 }
}

function refusedOf(says: string, stream: string): string {
  return (
    `casts that are done came back with a server that was killed, and cannot be deleted: ${says}. They are not run again, but take room. ` +
    `Let this account publish to "$JS.API.STREAM.MSG.DELETE.${stream}", or delete them with "nats stream rmm"`
  )
}
