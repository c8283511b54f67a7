import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream'
import { InvalidError } from '@genpool/core'
import { textOf } from '@genpool/runtime'
import { type Bodies, ownBodies } from '../wire/codec'
import { Writer } from '../wire/writer'
import type { Failure } from './attempts'
import { type Origin, sentAgainId } from './copies'
import { isNoStream } from './failures'
import { isFailure } from './history'
import { movedFrame, readJob } from './job-frame'
import type { QueueNames } from './names'
import { isWrongLast, type Publisher, type Stored } from './publisher'

const GONE =
  'it is gone: somebody has sent it again with retry(), or deleted it with discard(), or it was older than the queue keeps them. ' +
  'dead() lists those that are there'
const UNREADABLE =
  'its bytes are no durable cast, so nobody could run it: something else has written to the stream, or it was cut off. Look at ' +
  'it with dead(), and delete it with discard()'

/** Others may have written as often between a look and a write; more often, the server contradicts itself. */
const MOST_LOST = 100

/** A cast that nobody could do. */
export interface DeadLetter {
  /** Its place among the dead letters. */
  readonly seq: number
  /** The id of the cast; "" if its bytes could not be read. */
  readonly id: string
  readonly key: string | undefined
  /** Undefined if its bytes could not be read. */
  readonly message: unknown
  /** Whether its bytes could be read. Only such a letter can be sent again. */
  readonly readable: boolean
  /** Why it died: the last error, and its code. */
  readonly reason: string
  readonly code: string
  readonly attempts: number
  /** The attempts that failed, the oldest first; of many, the last 20. */
  readonly history: readonly Failure[]
  readonly storedAt: Date
  readonly diedAt: Date
}

/** Which letter is meant. Its place alone is that of another one after its stream was made anew: what else is given must be so, too. */
export type LetterRef = Pick<DeadLetter, 'seq'> & Partial<Pick<DeadLetter, 'id' | 'storedAt' | 'diedAt'>>

/** What is stored of a dead letter. */
export interface Death extends Pick<DeadLetter, 'reason' | 'code' | 'attempts' | 'history' | 'storedAt' | 'diedAt'> {
  /** The bytes of the cast, as they came. */
  readonly data: Uint8Array
}

/** The dead letters of a queue. */
export class DeadLetters {
  readonly #writer = new Writer()

  constructor(
    private readonly queue: string,
    private readonly parts: {
      readonly jsm: JetStreamManager
      readonly publisher: Pick<Publisher, 'store'>
      readonly names: QueueNames
      readonly bodies: Bodies
      maxPayload(): number
    },
  ) {}

  /** Keeps a cast as a dead letter. Again for the same one does nothing. */
  async put(seq: number, death: Death): Promise<void> {
    const { jsm, publisher, names, maxPayload } = this.parts
    const most = maxPayload() - 2000
    let frame = this.#frameOf(death)
    if (frame.length > most) frame = this.#frameOf({ ...death, history: [] })
    // Only of bytes that somebody else has written: casts of ours leave room for it.
    if (frame.length > most) frame = this.#frameOf({ ...death, history: [], data: new Uint8Array() })
    const messageId = `dead.${seq}.${death.storedAt.getTime()}`
    for (let expected = 0, lost = 0; ; lost++) {
      try {
        return void (await publisher.store({ subject: names.deadOf(seq), frame, messageId, expected }))
      } catch (error) {
        if (!isWrongLast(error) || lost >= MOST_LOST) throw error
        // The server knows ids for a while only: whoever stored it may have died before it could acknowledge the cast.
        const last = await jsm.streams.getMessage(names.dead, { last_by_subj: names.deadOf(seq) })
        if (last !== null && deathIn(last.data, last.time).storedAt.getTime() === death.storedAt.getTime()) return
        // Of another cast, whose place it has: its stream was made anew.
        expected = last?.seq ?? 0
      }
    }
  }

  /** None if their stream was deleted. */
  async list(limit: number, after: number): Promise<DeadLetter[]> {
    try {
      return await this.#list(limit, after)
    } catch (error) {
      if (isNoStream(error)) return []
      throw error
    }
  }

  async #list(limit: number, after: number): Promise<DeadLetter[]> {
    const letters: DeadLetter[] = []
    for (let seq = after + 1; letters.length < limit;) {
      const found = await this.#next(seq)
      if (found === null) break
      letters.push(this.#letterOf(found))
      seq = found.seq + 1
    }
    return letters
  }

  /** Sends one again. It stays a dead letter until it is discarded. @throws {InvalidError} if it is gone, or cannot be read */
  async send(letter: LetterRef): Promise<Stored> {
    const { jsm, publisher, names } = this.parts
    const { seq } = letter
    const found = await jsm.streams.getMessage(names.dead, { seq })
    if (found === null || !isMeant(letter, found)) throw this.#refused(seq, GONE)
    const job = jobIn(deathIn(found.data).data)
    if (job === null) throw this.#refused(seq, UNREADABLE)
    const frame = movedFrame({ ...job.header, delayMs: undefined, storedAt: undefined, isSentAgain: true }, job.body)
    // An id of its own: the one of the cast may still be known as a duplicate.
    const messageId = sentAgainId(found)
    return publisher.store({ subject: names.subjectOf(job.header.key), frame, messageId })
  }

  /** Its cast begins: who has sent it again may have ended before it was deleted. Never rejects. */
  async begins({ seq, storedAt }: Pick<Origin, 'seq' | 'storedAt'>): Promise<void> {
    const { jsm, names } = this.parts
    try {
      const found = await jsm.streams.getMessage(names.dead, { seq })
      // Otherwise it is another one, in a stream that was made anew.
      if (found !== null && String(found.time.getTime()) === storedAt) await this.discard({ seq })
    } catch {
      // Who may delete it can: it is in the list.
    }
  }

  /** Deletes one. Returns whether it was there. */
  async discard(letter: LetterRef): Promise<boolean> {
    const { jsm, names } = this.parts
    const { seq } = letter
    if (saysMore(letter)) {
      const found = await jsm.streams.getMessage(names.dead, { seq })
      if (found === null || !isMeant(letter, found)) return false
    }
    try {
      return await jsm.streams.deleteMessage(names.dead, seq, false)
    } catch (error) {
      // Perhaps the server cannot be asked at all: then nobody knows.
      if ((await jsm.streams.getMessage(names.dead, { seq })) === null) return false
      throw error
    }
  }

  #next(seq: number): Promise<StoredMsg | null> {
    const { jsm, names } = this.parts
    return jsm.streams.getMessage(names.dead, { seq, next_by_subj: names.allDead } as never)
  }

  #frameOf(death: Death): Uint8Array {
    ownBodies.write(this.#writer.begin(Infinity), death)
    return this.#writer.take()
  }

  #letterOf({ seq, data, time }: StoredMsg): DeadLetter {
    const { data: bytes, ...death } = deathIn(data, time)
    const job = jobIn(bytes)
    const read = job === null ? null : this.#read(job.body)
    const { id, key } = job?.header ?? { id: '', key: undefined }
    return { seq, id, key, message: read?.message, readable: read !== null, ...death }
  }

  #read(body: Uint8Array): { message: unknown } | null {
    try {
      return { message: this.parts.bodies.read(body) }
    } catch {
      return null
    }
  }

  #refused(seq: number, message: string): InvalidError {
    return new InvalidError(`retry of dead letter ${seq} of "${this.queue}"`, [{ path: ['seq'], message }])
  }
}

function saysMore({ id, storedAt, diedAt }: LetterRef): boolean {
  return id !== undefined || storedAt !== undefined || diedAt !== undefined
}

/** Whether a stored letter is that of which somebody says so much. Times may have come as texts. */
function isMeant({ id, storedAt, diedAt }: LetterRef, { data, time }: StoredMsg): boolean {
  const death = deathIn(data, time)
  const isTime = (said: Date | undefined, own: Date): boolean =>
    said === undefined || new Date(said).getTime() === own.getTime()
  const ownId = jobIn(death.data)?.header.id ?? ''
  return (id === undefined || id === ownId) && isTime(storedAt, death.storedAt) && isTime(diedAt, death.diedAt)
}

function jobIn(bytes: Uint8Array): ReturnType<typeof readJob> | null {
  try {
    return readJob(bytes)
  } catch {
    return null
  }
}

/** A dead letter as it is stored; what somebody else wrote there is one without a cast. */
function deathIn(bytes: Uint8Array, time = new Date(0)): Death {
  const nothing = { data: bytes, reason: 'its bytes are no dead letter', code: 'ERR_GENPOOL_INVALID', attempts: 0 }
  const unknown: Death = { ...nothing, history: [], storedAt: time, diedAt: time }
  try {
    const { data, reason, code, attempts, history, storedAt, diedAt } = ownBodies.read(bytes) as Partial<Death>
    if (!(data instanceof Uint8Array && storedAt instanceof Date && diedAt instanceof Date)) return unknown
    const known = Array.isArray(history) ? history.filter(isFailure) : []
    return {
      data,
      reason: textOf(reason),
      code: textOf(code),
      attempts: Number(attempts),
      history: known,
      storedAt,
      diedAt,
    }
  } catch {
    return unknown
  }
}
