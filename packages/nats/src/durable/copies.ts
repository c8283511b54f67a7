import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream'
import { type Clock, type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { NatsConnection } from '@nats-io/transport-node'
import { isFull as hasNoRoom } from './failures'
import type { QueueNames } from './names'
import { isWrongLast, type Publisher } from './publisher'

/** What is written down is kept for so long at least, while a server is there all the time. */
const KEEP_MS = 600_000
const LOOK_MS = 60_000
/** Others may have written as often between a look and a write; more often, the server contradicts itself. */
const MOST_LOST = 100
/** Of so many it is known here what could not be written. */
const MOST_UNWRITTEN = 10_000

/** Where a copy comes from: the place of a delayed cast before it was moved, or of a dead letter, and when it was stored there. */
export interface Origin {
  readonly seq: number
  readonly storedAt: string
  /** It was a dead letter, and is sent again. */
  readonly isLetter: boolean
}

/** The id of what is moved. */
export function movedId({ seq, storedAt }: { readonly seq: number; readonly storedAt: number }): string {
  return `later.${seq}.${storedAt}`
}

/** The id of a dead letter that is sent again. */
export function sentAgainId({ seq, time }: { readonly seq: number; readonly time: Date }): string {
  return `retry.${seq}.${time.getTime()}`
}

/** From where something comes that was moved or sent again, by its id; null if that says nothing of it. */
export function originIn(messageId: string | undefined): Origin | null {
  const [, kind, seq, storedAt] = /^(later|retry)\.(\d{1,16})\.(\d+(?:\.\d+)?)$/.exec(messageId ?? '') ?? []
  return seq === undefined || storedAt === undefined ? null : { seq: Number(seq), storedAt, isLetter: kind === 'retry' }
}

/** What was so when it was looked whether something may be forgotten. */
interface Mark {
  readonly server: string | undefined
  readonly at: Nanos
  /** The last place in the stream of attempts then. */
  readonly written: number
  /** The last place in the stream of casts, once enough time has passed; null before. */
  readonly casts: number | null
}

/**
 * Knows which copy of a delayed cast runs, or of a dead letter that was sent again.
 *
 * A cast is moved by storing a copy where it runs. If who has moved it ends before the server knows, it is moved again, and the server
 * knows ids for a while only, and after a restart only those of casts that are still there. So who begins a copy writes down first which one it
 * is: the first one has all attempts, and all others are dropped. No two servers, and no two consumers, can say otherwise of it.
 */
export class Copies {
  #mark: Mark | null = null
  /** Which copies run, by the subjects where that could not be written down. The oldest first. */
  readonly #unwritten = new Map<string, { readonly storedAt: string; readonly copy: number }>()
  #lookAt: Nanos = -Infinity

  constructor(
    private readonly connection: Pick<NatsConnection, 'info'>,
    private readonly ports: {
      readonly jsm: JetStreamManager
      readonly notes: Pick<Publisher, 'store'>
      readonly names: QueueNames
      readonly clock: Clock
    },
  ) {}

  /**
   * Whether the copy at this place is the one that runs. The first one that asks is. While the server has no room to write it down, this
   * process knows what it has said itself: if all waited for that, nothing might make room.
   *
   * @throws what the server says, if nobody knows
   */
  async mayRun(origin: Origin, copy: number): Promise<boolean> {
    const { notes, names } = this.ports
    const { seq, storedAt } = origin
    const subject = origin.isLetter ? names.sentAgainOf(seq) : names.movedOf(seq)
    const unwritten = this.#unwritten.get(subject)
    const first = unwritten?.storedAt === storedAt ? unwritten.copy : copy
    const frame = Buffer.from(JSON.stringify({ storedAt, copy: first }))
    for (let expected = 0, lost = 0; ; lost++) {
      let isFull = false
      try {
        await notes.store({ subject, frame, expected })
        this.#unwritten.delete(subject)
        return first === copy
      } catch (error) {
        isFull = hasNoRoom(error)
        if (!isFull && (!isWrongLast(error) || lost >= MOST_LOST)) throw error
      }
      const written = await this.#writtenOn(subject)
      if (written?.storedAt === storedAt) return written.copy === copy
      if (isFull) return this.#keep(subject, { storedAt, copy: first }) === copy
      // It is of another cast, whose place this one has: its stream was made anew.
      expected = written?.seq ?? 0
    }
  }

  async #writtenOn(subject: string): Promise<{ seq: number; storedAt?: unknown; copy?: unknown } | null> {
    const { jsm, names } = this.ports
    const found = await jsm.streams.getMessage(names.tries, { last_by_subj: subject })
    return found === null ? null : { ...writtenIn(found), seq: found.seq }
  }

  /** Returns the copy that runs. */
  #keep(subject: string, first: { readonly storedAt: string; readonly copy: number }): number {
    this.#unwritten.delete(subject)
    this.#unwritten.set(subject, first)
    const [oldest] = this.#unwritten.keys()
    if (this.#unwritten.size > MOST_UNWRITTEN && oldest !== undefined) this.#unwritten.delete(oldest)
    return first.copy
  }

  /**
   * Forgets what nobody needs any more: who could move such a cast again has done so, and all casts that were stored by then are done.
   * Called now and then; never rejects.
   */
  async tidy(): Promise<void> {
    const now = this.ports.clock.now()
    if (now < this.#lookAt) return
    this.#lookAt = now + LOOK_MS * NS_PER_MS
    // A server that does not answer may be killed, and come back with what it had before.
    this.#mark = await this.#next(now).catch(() => null)
  }

  async #next(now: Nanos): Promise<Mark | null> {
    const { jsm, names } = this.ports
    const server = this.connection.info?.server_id
    const mark = this.#mark
    const written = (await jsm.streams.info(names.tries)).state.last_seq
    if (mark === null || mark.server !== server) return { server, at: now, written, casts: null }
    if (now - mark.at < KEEP_MS * NS_PER_MS) return mark
    const { last_seq, subjects = {} } = (await jsm.streams.info(names.jobs, { subjects_filter: '>' })).state
    const casts = mark.casts ?? last_seq
    let isListed = false
    for (const subject of names.runs) {
      const first = await jsm.streams.getMessage(names.jobs, { seq: 1, next_by_subj: subject } as never)
      if (first !== null && first.seq <= casts) return { ...mark, casts }
      isListed ||= first !== null
    }
    // After it was killed, nats-server 2.9 may say of a subject that it has none of the messages that it counts.
    if (!isListed && names.lanes.some(({ subject }) => (subjects[subject] ?? 0) > 0)) return { ...mark, casts }
    await jsm.streams.purge(names.tries, { filter: names.allMoved, seq: mark.written + 1 })
    return { server, at: now, written, casts: null }
  }
}

/** What somebody else wrote there counts as nothing. */
function writtenIn({ data }: Pick<StoredMsg, 'data'>): { readonly storedAt?: unknown; readonly copy?: unknown } | null {
  try {
    return JSON.parse(Buffer.from(data).toString()) as { storedAt?: unknown; copy?: unknown } | null
  } catch {
    return null
  }
}
