import type { JetStreamManager, StoredMsg, StreamState } from '@nats-io/jetstream'
import { type Clock, type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { NatsConnection } from '@nats-io/transport-node'
import { ownBodies } from '../wire/codec'
import { Writer } from '../wire/writer'
import { type Age, ageOf, type Ages, agesIn, doubted, type Micros, microsOf, NO_AGES, sharpened, started } from './ages'
import { isFull } from './failures'
import type { QueueNames } from './names'
import { isWrongLast, type Publisher } from './publisher'

/** By how many places a mark is raised; more, if they are used up so fast. */
/** Others may have written as often between a look and a write. */
const MOST_LOST = 100
/** Who looks tries again later. */
const CONTRADICTS = 'the server says that others write down at the same time what nobody writes'
const STEP = 64
const MOST_STEP = 4096
const FAST_MS = 100
const MOST_SERVERS = 100
/** What is as old is written again: the stream forgets entries by their age. */
const OLD_MS = 24 * 3_600_000
/** How often it is written, while casts come, how new they are. */
const SEEN_MS = 5000

/** What is kept of a queue for the time after its server was killed. Places are those of the stream, one for each lane. */
interface Marked {
  /** The ids of the servers that were seen. A server has a new one each time it starts. */
  readonly servers: readonly string[]
  /** What lies behind has certainly not begun. */
  readonly through: readonly number[]
  /** What lies behind had certainly not begun when a server started last. */
  readonly before: readonly number[]
  readonly ages: Ages
}

const NOTHING_MARKED: Marked = { servers: [], through: [], before: [], ages: NO_AGES }

/**
 * Knows which casts a killed server may have delivered and forgotten.
 *
 * A server writes down what it has delivered about 100 ms later, so after a kill it may count from 1 again. Consumers write down,
 * some casts ahead, how far they may have begun. What lies up to there when a server starts is doubtful: its attempts are counted
 * by what the consumers have written themselves. All others cost no write of their own.
 */
export class Marks {
  readonly #writer = new Writer()
  #marked = NOTHING_MARKED
  #revision = 0
  #wanted: number[] = []
  #raising: Promise<void> | null = null
  #step = STEP
  #raisedAt: Nanos = -Infinity
  #writtenAt: Nanos = -Infinity
  /** The newest cast that was seen here, and the newest one that was seen before the connection to the server of now. */
  #seen: Micros = 0
  #seenBefore: Micros = 0
  #server: string | undefined

  constructor(
    private readonly connection: NatsConnection,
    private readonly ports: {
      readonly jsm: JetStreamManager
      readonly notes: Pick<Publisher, 'store'>
      readonly names: QueueNames
      readonly clock: Clock
    },
  ) {}

  /** Whether a server may have delivered this cast before it was killed, and does not know of it. */
  isDoubtful(lane: number, seq: number): boolean {
    return seq <= (this.#marked.before[lane] ?? 0)
  }

  /** How far consumers may have come, over all lanes. */
  get highest(): number {
    return Math.max(0, ...this.#marked.through)
  }

  /** Something was there that was stored at this time, in milliseconds. */
  saw(storedAt: number): void {
    // Rounded up: as a number it is exact to a part of a microsecond.
    this.#seen = Math.max(this.#seen, Math.ceil(storedAt * 1000) + 1)
  }

  /** Whether a consumer may have begun this cast. */
  mayHaveBegun(lane: number, seq: number): boolean {
    return seq <= (this.#marked.through[lane] ?? 0)
  }

  ageOf(time: Micros): Age {
    return ageOf(this.#marked.ages, time)
  }

  /** From now on nobody knows the age of what was stored at this time. */
  async doubt(time: Micros): Promise<void> {
    await this.#write({ ...this.#marked, ages: doubted(this.#marked.ages, time) })
  }

  /** Sees to it that this cast may begin: null if it may at once. What it returns rejects if that could not be written. */
  cover(lane: number, seq: number): Promise<void> | null {
    const through = this.#marked.through[lane] ?? 0
    const least = seq + this.#step / 2
    if (least <= through) return null
    this.#wanted[lane] = Math.max(this.#wanted[lane] ?? 0, least)
    this.#raising ??= this.#raise().finally(() => (this.#raising = null))
    if (seq > through) return this.#raising
    this.#raising.catch(() => undefined)
    return null
  }

  /** Looks whether a server has started: before casts are taken from it. */
  async look(): Promise<void> {
    const { connection, ports } = this
    const server = connection.info?.server_id
    if (server === undefined) return
    if (server !== this.#server) this.#seenBefore = this.#seen
    this.#server = server
    for (let lost = 0; ; lost++) {
      if (lost > MOST_LOST) throw new Error(CONTRADICTS)
      await this.#read()
      const { state } = await ports.jsm.streams.info(ports.names.jobs)
      const next = this.#afterStart(server, state)
      if (next !== null && !(await this.#write(next))) continue
      // What is stored now will be older than the next start, if there was none meanwhile.
      if (connection.info?.server_id === server) this.saw(microsOf(state.last_ts) / 1000)
      return
    }
  }

  /**
   * Sees to it that the entry does not grow too old, and says how new the casts are that came. Called now and then. Never rejects.
   *
   * @param isLast the consumer ends
   */
  async refresh(isLast = false): Promise<void> {
    const age = this.ports.clock.now() - this.#writtenAt
    const mostMs = this.#seen <= this.#marked.ages.seen ? OLD_MS : isLast ? 0 : SEEN_MS
    if (age < mostMs * NS_PER_MS || this.#raising !== null || this.#revision === 0) return
    this.#raising = this.#write(this.#marked)
      .then(async (isWritten) => (isWritten ? undefined : this.#read()))
      .finally(() => (this.#raising = null))
    await this.#raising.catch(() => undefined)
  }

  /** What is known now of the time before the start of a server; null if it is all written down. */
  #afterStart(server: string, { last_seq, last_ts }: Pick<StreamState, 'last_seq' | 'last_ts'>): Marked | null {
    const { servers, through, ages } = this.#marked
    if (servers.includes(server)) {
      return this.#seenBefore <= ages.until ? null : { ...this.#marked, ages: sharpened(ages, this.#seenBefore) }
    }
    return {
      servers: [...servers, server].slice(-MOST_SERVERS),
      through,
      before: through.map((place) => Math.min(place, last_seq)),
      ages: started(ages, this.#seenBefore, microsOf(last_ts)),
    }
  }

  async #raise(): Promise<void> {
    // One entry for all that come in this turn.
    await Promise.resolve()
    const { clock } = this.ports
    for (let lost = 0; this.#isWanting(); lost++) {
      if (lost > MOST_LOST) throw new Error(CONTRADICTS)
      const isFast = clock.now() - this.#raisedAt < FAST_MS * NS_PER_MS
      this.#step = isFast ? Math.min(MOST_STEP, this.#step * 2) : STEP
      this.#raisedAt = clock.now()
      const { through } = this.#marked
      const lanes = Math.max(through.length, this.#wanted.length)
      const raised = Array.from({ length: lanes }, (_, i) => this.#raised(through[i] ?? 0, this.#wanted[i] ?? 0))
      if (!(await this.#write({ ...this.#marked, through: raised }))) await this.#read()
    }
  }

  /** With the step of now: if it has just grown, the next cast must not want more at once. */
  #raised(through: number, wanted: number): number {
    return wanted > through ? wanted + this.#step / 2 : through
  }

  #isWanting(): boolean {
    return this.#wanted.some((place, lane) => place > (this.#marked.through[lane] ?? 0))
  }

  async #read(): Promise<void> {
    const { jsm, names } = this.ports
    const found = await jsm.streams.getMessage(names.tries, { last_by_subj: names.triesOf('marks') })
    this.#marked = found === null ? NOTHING_MARKED : markedIn(found)
    this.#revision = found?.seq ?? 0
  }

  /** Returns whether it counts: false if another consumer was faster. While the server has no room, it counts here alone. */
  async #write(next: Marked): Promise<boolean> {
    const { notes, names } = this.ports
    const seen = Math.max(next.ages.seen, this.#seen)
    const marked: Marked = { ...next, ages: { ...next.ages, seen } }
    ownBodies.write(this.#writer.begin(Infinity), marked)
    const frame = this.#writer.take()
    try {
      const expected = this.#revision
      const { seq } = await notes.store({ subject: names.triesOf('marks'), frame, expected })
      this.#revision = seq
      this.#marked = marked
      this.#writtenAt = this.ports.clock.now()
      return true
    } catch (error) {
      if (isWrongLast(error)) return false
      if (!isFull(error)) throw error
      this.#marked = marked
      return true
    }
  }
}

/** What somebody else wrote there counts as nothing. */
function markedIn({ data, timestamp }: Pick<StoredMsg, 'data' | 'timestamp'>): Marked {
  try {
    const { servers, through, before, ages } = ownBodies.read(data) as Partial<Marked>
    const isGood = Array.isArray(servers) && arePlaces(through) && arePlaces(before)
    return isGood ? ({ servers, through, before, ages: agesIn(ages, microsOf(timestamp)) } as Marked) : NOTHING_MARKED
  } catch {
    return NOTHING_MARKED
  }
}

function arePlaces(value: unknown): boolean {
  return Array.isArray(value) && value.every((place) => Number.isInteger(place))
}
