import {
  jetstreamManager,
  type JetStreamManager,
  type StreamConfig,
  type StreamInfo,
  type StreamState,
} from '@nats-io/jetstream'
import { type Clock, type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { NatsConnection } from '@nats-io/transport-node'
import { type Bodies, bodiesOf } from '../wire/codec'
import { flushed } from '../link'
import { LONGEST_QUESTION_MS, patiently } from '../patience'
import { DeadLetters } from './dead-letters'
import { Copies } from './copies'
import { ChangedConsumers } from './changed-consumers'
import { type Consumers, consumersOf } from './consumers-of'
import type { CheckedDurableOptions } from './durable-options'
import { DurableFailures, isNoStream } from './failures'
import type { QueueInspection } from './figures'
import { type Foreign, mostOf, subjectsIn } from './foreign'
import { Growth } from './growth'
import { History } from './history'
import { InFlight } from './in-flight'
import { Leftovers } from './leftovers'
import { Marks } from './marks'
import { QueueNames } from './names'
import { overdueIn } from './overdue'
import { Phantoms } from './phantoms'
import { Publisher } from './publisher'
import { PutAside } from './put-aside'
import { QueueState } from './queue-state'
import { RoomWatch } from './room-watch'
import { ServerClock } from './server-clock'
import { foundStream } from './remade'
import { Staying } from './staying'
import { ensureStreams } from './streams'
import { thrownAway } from './thrown-away'
import { absentNow, consumersDeleted, deletedNow, notDelivered } from './trouble'
import { undelivered } from './undelivered'

const RECENT_MS = 1000
/** More than are stored between two looks. */
const MANY_PLACES = 1_000_000

/** Who mends what others have done to a queue. */
interface Tending {
  readonly foreign: Foreign
  /** The server takes this one for done, and it is not: it is brought back. */
  isBack(seq: number): void
}

/** One queue of durable casts, as this process uses it: its parts. */
export class Queue {
  readonly name: string
  readonly clock: Clock
  readonly names: QueueNames
  readonly failures: DurableFailures
  readonly publisher: Publisher
  /** Stores what `cast` sends. */
  readonly casts: InFlight
  /** What consumers write down beside casts. */
  readonly notes: RoomWatch
  readonly time: ServerClock
  readonly history: History
  readonly copies: Copies
  readonly aside: PutAside
  readonly marks: Marks
  readonly letters: DeadLetters
  readonly leftovers: Leftovers
  readonly changed: ChangedConsumers
  readonly phantoms: Phantoms
  readonly bodies: Bodies
  readonly #growth = new Growth()
  readonly #staying: Staying
  #gone: readonly string[] = []
  /** The consumers at the server that were gone at the last look. */
  #missing: readonly string[] = []
  /** The streams that were gone then. */
  #absent: readonly string[] = []
  /** Which messages the server throws away, as was seen at the last look. */
  #thrownAway: string | null = null
  /** What the server does not let consumers of this process do: each says so, or null. */
  readonly refusals = new Set<() => string | null>()
  /** How many times all was made that was missing. */
  #ensured = 0
  #madeAt = ''
  /** The last place at the last looks. */
  #last = 0
  /** How many there were at the last look. */
  #leftovers = Infinity
  #recent: { readonly at: Nanos; readonly seen: Promise<QueueInspection | null> } | undefined

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
    this.casts = new InFlight(this.publisher, clock, timeout)
    this.notes = new RoomWatch(this.publisher, clock, Math.max(ackWait, backoff.max))
    this.time = new ServerClock(clock, this.names)
    this.history = new History(jsm, this.notes, this.names)
    this.marks = new Marks(connection, { jsm: asking, notes: this.notes, names: this.names, clock })
    this.copies = new Copies(connection, { jsm: asking, notes: this.notes, names: this.names, clock })
    this.aside = new PutAside({ ...this, jsm: asking, standsStill: () => this.#standsStill() })
    this.changed = new ChangedConsumers({ ...this, jsm: asking })
    this.leftovers = new Leftovers({ ...this, jsm: asking })
    const consumers = async () => (await consumersOf(asking, this.names)).found
    this.#staying = new Staying({ jsm: asking, clock, stream: this.names.jobs, subjects: this.names.all, consumers })
    this.phantoms = new Phantoms({ connection, jsm: asking, names: this.names })
    this.letters = new DeadLetters(name, {
      jsm: asking,
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
    const strays = await ensureStreams(this.asking, this, isFirst)
    this.#gone = this.#missing = this.#absent = []
    this.#ensured++
    this.notes.looked(strays)
    await this.time.set(this.notes, this.asking)
    await this.marks.look()
    this.phantoms.again()
    const { state, created } = await this.asking.streams.info(this.names.jobs)
    this.#saw(state)
    this.#madeAt = String(created)
  }

  /** When the stream of casts was made, as the server said last. */
  get madeAt(): string {
    return this.#madeAt
  }

  #saw({ last_seq }: Pick<StreamState, 'last_seq'>): void {
    this.#last = Math.max(this.#last, last_seq)
  }

  /**
   * Which streams are gone, or what consumers may not do, or why what they write down cannot be stored, or what is thrown away, or that what
   * is done cannot be deleted; null if all is fine.
   */
  get trouble(): string | null {
    const deleted = this.#gone.length === 0 ? null : deletedNow(this.#gone)
    const deaf = this.lacksConsumers ? consumersDeleted(this.names.jobs, this.#missing) : null
    const absent = this.lacksStreams ? absentNow(this.#absent) : null
    return (
      deleted ??
      absent ??
      deaf ??
      this.changed.trouble ??
      this.#refused ??
      this.notes.trouble ??
      this.#thrownAway ??
      this.leftovers.trouble
    )
  }

  get #refused(): string | null {
    for (const refused of this.refusals) {
      const says = refused()
      if (says !== null) return says
    }
    return null
  }

  /** Whether streams were gone at the last look. */
  get lacksStreams(): boolean {
    return this.#absent.length > 0
  }

  /** Whether consumers at the server were gone at the last look. */
  get lacksConsumers(): boolean {
    return this.#missing.length > 0
  }

  /** A consumer ends: the server hears what it has done. */
  async settle(): Promise<void> {
    void this.marks.refresh(true)
    await flushed(this.connection)
  }

  /** Asks the server about the consumers of the queue. It looks at their requests then, and forgets those that nobody hears. */
  async lookAtRequests(): Promise<void> {
    const pages = this.asking.consumers.list(this.names.jobs)
    while ((await pages.next()).length > 0);
  }

  get nextPlace(): number {
    return Math.max(this.#last, this.marks.highest) + MANY_PLACES
  }

  /** These streams were deleted, and are made again. */
  gone(streams: readonly string[]): void {
    this.#gone = streams
  }

  async inspect(): Promise<QueueInspection> {
    return this.#despiteDeletion(async () => this.#figuresOf(await this.#state()))
  }

  /** As `inspect`, a second old at most; null if nobody answers. */
  recent(): Promise<QueueInspection | null> {
    const at = this.clock.now()
    if (this.#recent === undefined || at - this.#recent.at > RECENT_MS * NS_PER_MS) {
      this.#recent = { at, seen: this.inspect().catch(() => null) }
    }
    return this.#recent.seen
  }

  /** Whether it holds delayed casts, and nothing that runs. */
  async #standsStill(): Promise<boolean> {
    const seen = await this.recent()
    return seen !== null && seen.delayed > 0 && seen.waiting + seen.inHand === 0
  }

  /** As `inspect`, and mends what a server that was killed has left behind. For consumers. */
  async tend(who: Tending): Promise<QueueInspection> {
    const state = await this.#state()
    const seen = await this.#figuresOf(state)
    await this.phantoms.clear(state.consumers, state.isAlone, state.begins)
    if (this.changed.trouble !== null) void this.changed.areWell().catch(() => undefined)
    if (state.leftovers > 0)
      void this.leftovers.clear(state.counts, { isAlone: state.isAlone, isBack: (seq) => who.isBack(seq) })
    // While a stream is made again, somebody looks on a subject of its own whether it works.
    if (state.foreign.size > 0 && !this.lacksConsumers) void who.foreign.clear(state.foreign.keys())
    return seen
  }

  /** Asks again if a stream was deleted while it asked: now it is seen that it is gone. */
  async #despiteDeletion<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      if (!isNoStream(error)) throw error
      return ask()
    }
  }

  async #state(): Promise<QueueState> {
    const { asking: jsm, names } = this
    const ensured = this.#ensured
    const [{ found, missing }, tries, letters] = await Promise.all([
      orNone(consumersOf(jsm, names)),
      foundStream(jsm, names.tries, { subjects_filter: names.allAside }),
      foundStream(jsm, names.dead),
    ])
    const jobs = await foundStream(jsm, names.jobs, { subjects_filter: '>' })
    const info = jobs ?? NO_STREAM
    const subjects = await subjectsIn(jsm, names, info.state)
    const aside = Object.keys(tries?.state.subjects ?? {}).length
    const dead = letters?.state.messages ?? 0
    const state = new QueueState(names, found, info, { missing, subjects, dead, aside })
    this.#saw(state.stream)
    this.changed.saw(found)
    // What was made meanwhile is there.
    if (ensured !== this.#ensured) return state
    const streams: [string, unknown][] = [
      [names.jobs, jobs],
      [names.tries, tries],
      [names.dead, letters],
    ]
    this.#absent = streams.flatMap(([name, info]) => (info === null ? [name] : []))
    const purposes = [[jobs, 'casts'] as const, [letters, 'letters'] as const, [tries, 'attempts'] as const]
    const { version } = this.connection.info ?? {}
    const lossy = purposes.map(([info, purpose]) => (info === null ? null : thrownAway(info.config, purpose, version)))
    this.#thrownAway = lossy.find((each) => each !== null) ?? null
    this.#missing = jobs === null ? [] : missing.map(({ consumer }) => consumer)
    return state
  }

  async #figuresOf(seen: QueueState): Promise<QueueInspection> {
    const { asking: jsm, names, name: queue } = this
    const oldest = await seen.oldest(jsm, names)
    const { waiting, inHand, repeated, delayed, dead, longestLane, asking } = seen
    const growsPerSecond = this.#growth.add(waiting, this.clock.now())
    const oldestMs = oldest === null ? 0 : Math.max(0, Math.round(this.time.now() - oldest))
    // What was so at one look only was on its way.
    const suspected = Math.min(seen.leftovers, this.#leftovers)
    this.#leftovers = seen.leftovers
    const leftovers = suspected > 0 && (await this.#staying.isSure(seen.consumers, seen.counts)) ? suspected : 0
    if (suspected === 0) this.leftovers.none()
    const lost = await undelivered(jsm, names, { state: seen.stream, now: this.time.now() })
    const trouble = lost > 0 ? (this.trouble ?? notDelivered(names.jobs, lost)) : this.trouble
    const late = await overdueIn(jsm, names, { state: seen, now: this.time.now() })
    const counts = {
      waiting,
      inHand,
      repeated,
      delayed,
      dead,
      leftovers: lost > 0 ? 0 : leftovers,
      undelivered: lost,
      foreign: [...seen.foreign.values()].reduce((sum, count) => sum + count, 0),
      foreignSubjects: mostOf(seen.foreign),
      asking,
      ...late,
    }
    return { queue, ...counts, longestLane, growsPerSecond, oldestMs, trouble }
  }
}

/** What the server says of a stream that is not there. */
const NO_STREAM: Pick<StreamInfo, 'state' | 'config'> = {
  state: { messages: 0, bytes: 0, first_seq: 0, last_seq: 0, consumer_count: 0 } as StreamState,
  config: { num_replicas: 1 } as StreamConfig,
}

/** The consumers of a stream; none if that is not there. */
async function orNone(consumers: Promise<Consumers>): Promise<Consumers> {
  try {
    return await consumers
  } catch (error) {
    if (isNoStream(error)) return { found: [], missing: [] }
    throw error
  }
}
