import type { Bodies } from '../wire/codec'
import { BadFrame, TooLarge } from '../wire/errors'
import { Reader } from '../wire/reader'
import { Writer } from '../wire/writer'

/** The first byte of a stored cast: "j". */
const MAGIC = 0x6a
const VERSION = 1
const Flag = { key: 1, expires: 2, delay: 4, storedAt: 8, sentAgain: 16 } as const
const LONGEST_ID = 1024

/** What is stored of a cast beside its message. */
export interface JobHeader {
  readonly id: string
  readonly key: string | undefined
  /** It is not begun any more when it is so old. */
  readonly expiresMs: number | undefined
  /** It is held back until it is so old. */
  readonly delayMs: number | undefined
  /** When it was stored first, for one that was moved; otherwise the stream knows. Milliseconds of the server's clock. */
  readonly storedAt: number | undefined
  /** It was a dead letter, and is sent again. */
  readonly isSentAgain: boolean
}

/** Of bytes that cannot be read. */
export const NO_HEADER: JobHeader = {
  id: '',
  key: undefined,
  expiresMs: undefined,
  delayMs: undefined,
  storedAt: undefined,
  isSentAgain: false,
}

/** A cast of a newer version of this package: another consumer may understand it. */
export class NewerJob extends BadFrame {
  constructor(private readonly version: number) {
    super(`it has version ${version}, and this side understands ${VERSION}: use one version of @genpool/nats on both`)
  }

  /** What it counts as, beside types that no handler knows. */
  get type(): string {
    return `version ${this.version} of @genpool/nats`
  }
}

let spare: Writer | null = null

/** @throws {NotCarried} if the message cannot travel */
export function jobFrame(
  header: JobHeader,
  { bodies, value, max }: { readonly bodies: Bodies; readonly value: unknown; readonly max: number },
): Uint8Array {
  const to = begin(header, max)
  bodies.write(to, value)
  spare = to
  if (to.at > max) throw new TooLarge(max)
  return to.take()
}

/** The same cast with another header. */
export function movedFrame(header: JobHeader, body: Uint8Array): Uint8Array {
  const to = begin(header, Infinity)
  to.bytes(body)
  spare = to
  return to.take()
}

function begin({ id, key, expiresMs, delayMs, storedAt, isSentAgain }: JobHeader, max: number): Writer {
  const to = spare ?? new Writer()
  // A getter of a message may make another frame meanwhile.
  spare = null
  to.begin(max)
  to.byte(MAGIC)
  to.byte(VERSION)
  to.byte(
    (key === undefined ? 0 : Flag.key) |
      (expiresMs === undefined ? 0 : Flag.expires) |
      (delayMs === undefined ? 0 : Flag.delay) |
      (storedAt === undefined ? 0 : Flag.storedAt) |
      (isSentAgain ? Flag.sentAgain : 0),
  )
  to.text(id)
  if (key !== undefined) to.text(key)
  if (expiresMs !== undefined) to.f64(expiresMs)
  if (delayMs !== undefined) to.f64(delayMs)
  if (storedAt !== undefined) to.f64(storedAt)
  return to
}

/** Reads a stored cast. @throws {BadFrame} whatever is wrong with the bytes */
export function readJob(bytes: Uint8Array): { readonly header: JobHeader; readonly body: Uint8Array } {
  const reader = new Reader(bytes)
  if (reader.left < 4 || reader.byte() !== MAGIC) throw new BadFrame('it is no durable cast of @genpool/nats')
  const version = reader.byte()
  if (version > VERSION) throw new NewerJob(version)
  if (version !== VERSION) throw new BadFrame(`it has version ${version}, and this side understands ${VERSION}`)
  const flags = reader.byte()
  const id = textIn(reader, 'id')
  const key = (flags & Flag.key) === 0 ? undefined : textIn(reader, 'key')
  const expiresMs = (flags & Flag.expires) === 0 ? undefined : timeIn(reader)
  const delayMs = (flags & Flag.delay) === 0 ? undefined : timeIn(reader)
  const storedAt = (flags & Flag.storedAt) === 0 ? undefined : timeIn(reader)
  const isSentAgain = (flags & Flag.sentAgain) !== 0
  return { header: { id, key, expiresMs, delayMs, storedAt, isSentAgain }, body: bytes.subarray(reader.at) }
}

function textIn(reader: Reader, what: string): string {
  const text = reader.text()
  if (text === '' || text.length > LONGEST_ID)
    throw new BadFrame(`its ${what} is empty, or longer than ${LONGEST_ID} characters`)
  return text
}

function timeIn(reader: Reader): number {
  const time = reader.f64()
  if (!(time >= 0) || time > 1e14) throw new BadFrame('a time in it is negative, too large or no number')
  return time
}
