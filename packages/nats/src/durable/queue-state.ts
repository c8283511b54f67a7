import type { ConsumerInfo, JetStreamManager, StreamInfo, StreamState } from '@nats-io/jetstream'
import { microsOf } from './ages'
import { foreignIn } from './foreign'
import { floorOf } from './floors'
import type { QueueNames, Subject } from './names'
import { firstPlaceOf } from './remade'
import type { Counts } from './unlisted'

/** What the server says of a queue: of its consumers, then of its stream. */
export class QueueState {
  readonly waiting: number
  readonly inHand: number
  readonly repeated: number
  readonly asking: number
  /** Those that are held back, and those that were put aside. */
  readonly delayed: number
  readonly #heldBack: number
  readonly longestLane: number
  /** Where the casts begin that are held back and no consumer has seen. */
  readonly nextDelayed: number
  /** One server has the stream. */
  readonly isAlone: boolean
  readonly stream: StreamState
  /** The first place that its stream ever had. */
  readonly begins: number
  /** Those of the queue. Other programs may have some of their own. */
  readonly consumers: readonly ConsumerInfo[]
  /** How many messages there are on subjects that nobody has. */
  readonly foreign: ReadonlyMap<string, number>
  /** How many messages each subject has. */
  readonly counts: Counts
  /** Messages on subjects that are none of the queue, whoever has them. */
  readonly #others: number
  readonly #missing: readonly Subject[]
  readonly #runs: readonly ConsumerInfo[]

  /** How many dead letters there are. */
  readonly dead: number

  /**
   * @param consumers all of the stream
   * @param more `missing`: the subjects whose consumers are gone. `subjects`: how many messages each has
   */
  constructor(
    names: Pick<QueueNames, 'all' | 'has'>,
    consumers: readonly ConsumerInfo[],
    { state, config }: Pick<StreamInfo, 'state' | 'config'>,
    more: {
      readonly missing: readonly Subject[]
      readonly subjects: Counts
      readonly dead: number
      /** How many delayed casts were put aside. */
      readonly aside: number
    },
  ) {
    const missing = (this.#missing = more.missing)
    this.dead = more.dead
    const own = new Set(names.all.map(({ consumer }) => consumer))
    this.consumers = consumers.filter(({ name }) => own.has(name))
    const { subjects } = more
    this.counts = subjects
    this.foreign = foreignIn(subjects, consumers, names)
    this.#others = Object.entries(subjects).reduce((sum, [subject, count]) => sum + (names.has(subject) ? 0 : count), 0)
    this.stream = state
    this.begins = firstPlaceOf({ state, config })
    this.isAlone = config.num_replicas === 1
    const runs = (this.#runs = this.consumers.filter(({ name }) => name !== 'later'))
    const sum = (of: (consumer: ConsumerInfo) => number): number => runs.reduce((total, each) => total + of(each), 0)
    const stored = ({ subject }: Subject): number => subjects[subject] ?? 0
    const lost = missing.filter(({ consumer }) => consumer !== 'later')
    this.waiting = sum(({ num_pending }) => num_pending) + lost.reduce((total, each) => total + stored(each), 0)
    this.inHand = sum(({ num_ack_pending }) => num_ack_pending)
    this.repeated = sum(({ num_redelivered }) => num_redelivered)
    this.asking = sum(({ num_waiting }) => num_waiting)
    const later = this.consumers.find(({ name }) => name === 'later')
    const held = missing.find(({ consumer }) => consumer === 'later')
    this.#heldBack = later !== undefined ? heldBy(later) : held === undefined ? 0 : stored(held)
    this.delayed = this.#heldBack + more.aside
    this.nextDelayed = (later?.delivered.stream_seq ?? 0) + 1
    const keys = runs.flatMap(({ name, num_pending }) => (name.startsWith('key-') ? [num_pending] : []))
    this.longestLane = Math.max(0, ...keys)
  }

  /** Messages that nobody gets, as it seems: what was stored or acknowledged between the two answers may count, too. */
  get leftovers(): number {
    const { messages, first_seq } = this.stream
    if (this.consumers.every((each) => floorOf(each) < first_seq && heldBy(each) > 0)) return 0
    return Math.max(0, messages - this.#others - this.waiting - this.inHand - this.#heldBack)
  }

  /** When the oldest cast was stored that waits or is in hand, in milliseconds of the server's clock; null if there is none. */
  async oldest(jsm: JetStreamManager, names: Pick<QueueNames, 'jobs' | 'runs' | 'lanes'>): Promise<number | null> {
    const { messages, first_seq, first_ts } = this.stream
    if (this.waiting + this.inHand === 0 || messages === 0) return null
    const { leftovers } = this
    if (leftovers + this.#heldBack + this.#others === 0) return microsOf(first_ts) / 1000
    const from =
      leftovers + this.#others === 0 ? names.runs.map((subject) => ({ subject, seq: first_seq })) : this.#busy(names)
    const found = await Promise.all(
      from.map(({ subject, seq }) => jsm.streams.getMessage(names.jobs, { seq, next_by_subj: subject } as never)),
    )
    const times = found.flatMap((each) => (each === null ? [] : [each.time.getTime()]))
    return times.length === 0 ? null : Math.min(...times)
  }

  /** Where the lanes begin that have something. */
  #busy({ lanes }: Pick<QueueNames, 'lanes'>): { readonly subject: string; readonly seq: number }[] {
    const subjects = new Map(lanes.map(({ subject, consumer }) => [consumer, subject]))
    const busy = this.#runs.flatMap((each) => {
      const subject = subjects.get(each.name)
      return subject === undefined || heldBy(each) === 0 ? [] : [{ subject, seq: floorOf(each) + 1 }]
    })
    const lost = this.#missing.filter(({ consumer }) => consumer !== 'later')
    return [...busy, ...lost.map(({ subject }) => ({ subject, seq: this.stream.first_seq }))]
  }
}

function heldBy({ num_pending, num_ack_pending }: ConsumerInfo): number {
  return num_pending + num_ack_pending
}
