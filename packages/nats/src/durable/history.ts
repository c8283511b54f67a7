import type { JetStreamManager } from '@nats-io/jetstream'
import { nuid } from '@nats-io/transport-node'
import { Writer } from '../wire/writer'
import { ownBodies } from '../wire/codec'
import { type Failure, NO_TRIES, type Tries } from './attempts'
import { isFull } from './failures'
import type { QueueNames } from './names'
import { isWrongLast, type Publisher } from './publisher'

/** What is kept of a cast between attempts, with its place in the stream: who writes next must know it. */
export interface Kept {
  readonly tries: Tries
  readonly revision: number
}

export const NOTHING_KEPT: Kept = { tries: NO_TRIES, revision: 0 }

/** Of so many casts it is kept here what could not be written. */
const MOST_UNWRITTEN = 10_000

/**
 * Keeps what became of attempts, in a stream of its own: one entry for each cast that was not done at once. While the server has no room
 * for it, what this process knows counts here.
 */
export class History {
  readonly #writer = new Writer()
  readonly #unwritten = new Map<number, Kept>()

  constructor(
    private readonly jsm: JetStreamManager,
    private readonly publisher: Pick<Publisher, 'store'>,
    private readonly names: QueueNames,
  ) {}

  async read(seq: number): Promise<Kept> {
    const found = await this.jsm.streams.getMessage(this.names.tries, { last_by_subj: this.names.triesOf(seq) })
    const written = found === null ? NOTHING_KEPT : { tries: triesIn(found.data), revision: found.seq }
    const unwritten = this.#unwritten.get(seq)
    // Another consumer may have written since.
    return unwritten?.revision === written.revision ? unwritten : written
  }

  /**
   * The server may have stored it, and ended before it could say so: then it is refused the second time, and is ours all the same.
   *
   * @returns what is kept now
   * @throws {JetStreamApiError} 10071 if another consumer has written since: the cast is no longer ours
   */
  async write(seq: number, tries: Tries, { revision }: Kept): Promise<Kept> {
    // No two writers write the same.
    ownBodies.write(this.#writer.begin(Infinity), { ...tries, by: nuid.next() })
    const frame = this.#writer.take()
    try {
      const stored = await this.publisher.store({ subject: this.names.triesOf(seq), frame, expected: revision })
      this.#unwritten.delete(seq)
      return { tries, revision: stored.seq }
    } catch (error) {
      if (isFull(error)) return this.#keep(seq, { tries, revision })
      const own = isWrongLast(error) ? await this.#own(seq, frame) : null
      if (own === null) throw error
      return { tries, revision: own }
    }
  }

  async forget(seq: number, { revision }: Kept): Promise<void> {
    this.#unwritten.delete(seq)
    if (revision === 0) return
    await this.jsm.streams.purge(this.names.tries, { filter: this.names.triesOf(seq) })
  }

  /** The place of what was written, if it is the last one. */
  async #own(seq: number, frame: Uint8Array): Promise<number | null> {
    const found = await this.jsm.streams.getMessage(this.names.tries, { last_by_subj: this.names.triesOf(seq) })
    return found !== null && Buffer.compare(found.data, frame) === 0 ? found.seq : null
  }

  #keep(seq: number, kept: Kept): Kept {
    this.#unwritten.delete(seq)
    this.#unwritten.set(seq, kept)
    const [oldest] = this.#unwritten.keys()
    if (this.#unwritten.size > MOST_UNWRITTEN && oldest !== undefined) this.#unwritten.delete(oldest)
    return kept
  }
}

/** What somebody else wrote there counts as nothing. */
function triesIn(bytes: Uint8Array): Tries {
  try {
    const { returned, failures, noted, unknown, stops, isUnsure, notBefore } = ownBodies.read(bytes) as Partial<Tries>
    const known = Array.isArray(failures) ? failures.filter(isFailure) : []
    const counts = {
      returned: countIn(returned),
      noted: countIn(noted),
      stops: countIn(stops),
      notBefore: countIn(notBefore),
    }
    return { ...counts, failures: known, unknown: unknownIn(unknown), isUnsure: isUnsure === true }
  } catch {
    return NO_TRIES
  }
}

function unknownIn(value: Tries['unknown']): Tries['unknown'] {
  const { since, times } = value ?? {}
  return typeof since === 'number' && typeof times === 'number' ? { since, times } : undefined
}

function countIn(value: unknown): number {
  return typeof value === 'number' && value > 0 ? Math.floor(value) : 0
}

export function isFailure(value: unknown): value is Failure {
  if (typeof value !== 'object' || value === null) return false
  const { attempt, at, code, reason, consumer } = value as Partial<Record<keyof Failure, unknown>>
  const areTexts = [code, reason, consumer].every((text) => typeof text === 'string')
  return Number.isInteger(attempt) && at instanceof Date && !Number.isNaN(at.getTime()) && areTexts
}
