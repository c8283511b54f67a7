import type { JetStreamManager } from '@nats-io/jetstream'
import { Writer } from '../wire/writer'
import { ownBodies } from '../wire/codec'
import { type Failure, NO_TRIES, type Tries } from './attempts'
import type { QueueNames } from './names'
import type { Publisher } from './publisher'

/** What is kept of a cast between attempts, with its place in the stream: who writes next must know it. */
export interface Kept {
  readonly tries: Tries
  readonly revision: number
}

export const NOTHING_KEPT: Kept = { tries: NO_TRIES, revision: 0 }

/** Keeps what became of attempts, in a stream of its own: one entry for each cast that was not done at once. */
export class History {
  readonly #writer = new Writer()

  constructor(
    private readonly jsm: JetStreamManager,
    private readonly publisher: Publisher,
    private readonly names: QueueNames,
  ) {}

  async read(seq: number): Promise<Kept> {
    const found = await this.jsm.streams.getMessage(this.names.tries, { last_by_subj: this.names.triesOf(seq) })
    return found === null ? NOTHING_KEPT : { tries: triesIn(found.data), revision: found.seq }
  }

  /**
   * @returns what is kept now
   * @throws {JetStreamApiError} 10071 if another consumer has written since: the cast is no longer ours
   */
  async write(seq: number, tries: Tries, { revision }: Kept): Promise<Kept> {
    ownBodies.write(this.#writer.begin(Infinity), tries)
    const frame = this.#writer.take()
    const stored = await this.publisher.store({ subject: this.names.triesOf(seq), frame, expected: revision })
    return { tries, revision: stored.seq }
  }

  async forget(seq: number): Promise<void> {
    await this.jsm.streams.purge(this.names.tries, { filter: this.names.triesOf(seq) })
  }
}

/** What somebody else wrote there counts as nothing. */
function triesIn(bytes: Uint8Array): Tries {
  try {
    const { returned, failures, noted } = ownBodies.read(bytes) as Partial<Tries>
    const known = Array.isArray(failures) ? failures.filter(isFailure) : []
    return { returned: countIn(returned), failures: known, noted: countIn(noted) }
  } catch {
    return NO_TRIES
  }
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
