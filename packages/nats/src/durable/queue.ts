import { type ConsumerInfo, jetstreamManager, type JetStreamManager, type StreamState } from '@nats-io/jetstream'
import type { Clock } from '@genpool/runtime'
import type { NatsConnection } from '@nats-io/transport-node'
import { type Bodies, bodiesOf } from '../wire/codec'
import { LONGEST_QUESTION_MS, patiently } from '../patience'
import { DeadLetters } from './dead-letters'
import type { CheckedDurableOptions } from './durable-options'
import { DurableFailures } from './failures'
import type { QueueInspection } from './figures'
import { Growth } from './growth'
import { History } from './history'
import { Marks } from './marks'
import { QueueNames } from './names'
import { Publisher } from './publisher'
import { RoomWatch } from './room-watch'
import { ServerClock } from './server-clock'
import { ensureStreams } from './streams'
import { deletedNow, notDelivered } from './trouble'
import { undelivered } from './undelivered'

/** One queue of durable casts, as this process uses it: its parts. */
export class Queue {
  readonly name: string
  readonly clock: Clock
  readonly names: QueueNames
  readonly failures: DurableFailures
  readonly publisher: Publisher
  /** What consumers write down beside casts. */
  readonly notes: RoomWatch
  readonly time: ServerClock
  readonly history: History
  readonly marks: Marks
  readonly letters: DeadLetters
  readonly bodies: Bodies
  readonly #growth = new Growth()
  #gone: readonly string[] = []

  private constructor(
    readonly connection: NatsConnection,
    readonly options: CheckedDurableOptions,
    readonly jsm: JetStreamManager,
    /** Gives up a question soon: it is asked again. */
    private readonly asking: JetStreamManager,
  ) {
    const { name, clock, timeout, codec, ackWait, backoff, domain } = options
    this.name = name
    this.clock = clock
    this.bodies = bodiesOf(codec)
    this.names = new QueueNames(options)
    this.failures = new DurableFailures(name, domain)
    this.publisher = new Publisher(connection, clock, () => timeout)
    this.notes = new RoomWatch(this.publisher, clock, Math.max(ackWait, backoff.max))
    this.time = new ServerClock(clock, this.names)
    this.history = new History(jsm, this.notes, this.names)
    this.marks = new Marks(connection, { jsm: asking, notes: this.notes, names: this.names, clock })
    this.letters = new DeadLetters(name, {
      jsm,
      publisher: this.notes,
      names: this.names,
      bodies: this.bodies,
      maxPayload: () => this.maxPayload,
    })
  }

  /** @throws what JetStream says; {OptionsError} if the queue was made with other options */
  static async open(connection: NatsConnection, options: CheckedDurableOptions): Promise<Queue> {
    const { timeout, domain } = options
    const manager = (longestMs: number): Promise<JetStreamManager> =>
      jetstreamManager(connection as never, {
        timeout: Math.min(longestMs, timeout),
        checkAPI: false,
        ...(domain === undefined ? {} : { domain }),
      })
    const queue = new Queue(connection, options, await manager(5000), await manager(LONGEST_QUESTION_MS))
    await queue.patiently(() => queue.ensure(true))
    return queue
  }

  /** Asks again what may be answered soon. @throws what the last attempt has failed with */
  patiently<T>(attempt: () => Promise<T>): Promise<T> {
    const { connection, clock, options } = this
    return patiently(attempt, { connection, clock, timeoutMs: options.timeout })
  }

  get maxPayload(): number {
    return this.connection.info?.max_payload ?? 1_000_000
  }

  /**
   * Makes what is missing, asks the server for its time, and looks whether it has started anew.
   *
   * @param isFirst whether this opens the queue
   */
  async ensure(isFirst = false): Promise<void> {
    await ensureStreams(this.asking, this, isFirst)
    this.#gone = []
    this.notes.isMissing = false
    await this.time.set(this.notes, this.asking)
    await this.marks.look()
  }

  /** These streams were deleted, and are made again. */
  gone(streams: readonly string[]): void {
    this.#gone = streams
  }

  /** What was deleted and is being made again; null if nothing is. */
  get deleted(): string | null {
    return this.#gone.length === 0 ? null : deletedNow(this.#gone)
  }

  async inspect(): Promise<QueueInspection> {
    const { jsm, names, name } = this
    const consumers = await this.#consumers()
    const { state } = await jsm.streams.info(names.jobs)
    const dead = await jsm.streams.info(names.dead)
    const sum = (of: (consumer: (typeof consumers)[number]) => number): number =>
      consumers.filter((each) => each.name !== 'later').reduce((all, consumer) => all + of(consumer), 0)
    const later = consumers.find((each) => each.name === 'later')
    const delayed = (later?.num_pending ?? 0) + (later?.num_ack_pending ?? 0)
    const first = delayed === 0 && state.messages > 0 ? Date.parse(state.first_ts) : await this.#firstOf(state, delayed)
    const oldestMs = first === null ? 0 : Math.max(0, Math.round(this.time.now() - first))
    const waiting = sum(({ num_pending }) => num_pending)
    const inHand = sum(({ num_ack_pending }) => num_ack_pending)
    const known = waiting + inHand + delayed
    const lost = await undelivered(jsm, names, { state, known, now: this.time.now() })
    const ofLanes = consumers.flatMap((each) => (each.name.startsWith('key-') ? [each.num_pending] : []))
    return {
      queue: name,
      waiting,
      longestLane: Math.max(0, ...ofLanes),
      growsPerSecond: this.#growth.add(waiting, this.clock.now()),
      inHand,
      repeated: sum(({ num_redelivered }) => num_redelivered),
      delayed,
      dead: dead.state.messages,
      oldestMs,
      asking: sum(({ num_waiting }) => num_waiting),
      undelivered: lost,
      trouble: this.deleted ?? (lost > 0 ? notDelivered(names.jobs, lost) : this.notes.trouble),
    }
  }

  /** When the oldest cast came that is not held back, in the server's time; null if there is none. */
  async #firstOf({ messages, first_seq: seq }: StreamState, delayed: number): Promise<number | null> {
    if (messages <= delayed) return null
    const { jsm, names } = this
    const found = await Promise.all(
      names.runs.map((subject) => jsm.streams.getMessage(names.jobs, { seq, next_by_subj: subject } as never)),
    )
    const times = found.flatMap((each) => (each === null ? [] : [each.time.getTime()]))
    return times.length === 0 ? null : Math.min(...times)
  }

  /** The server lists them in pages. */
  async #consumers(): Promise<ConsumerInfo[]> {
    const all: ConsumerInfo[] = []
    for await (const each of this.jsm.consumers.list(this.names.jobs)) all.push(each)
    return all
  }
}
