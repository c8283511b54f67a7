import { deserialize, serialize } from 'node:v8'
import { crc32 } from 'node:zlib'

/** The first bytes of a file, which say what it is and how to read it. */
export const MAGIC = Buffer.from('GENPOOL1')
/** Length and checksum of what follows, each an unsigned 32-bit integer, big-endian. */
const HEADER = 8

/** What a file holds, as far as it is whole. */
export interface Frames {
  readonly values: readonly unknown[]
  /** Where the whole frames end; what lies behind was cut off by a crash. */
  readonly end: number
}

/** A file that no crash can have left so: somebody else has written to it, or the disk has lost what it had. */
export class DamagedFile extends Error {
  constructor(readonly position: number) {
    super(
      `the file is damaged at byte ${position}, with more behind it, which no crash explains. Nothing was read or changed. ` +
        'Restore the file from a backup, or cut it there by hand if losing the rest is acceptable.',
    )
  }
}

/** One value as it is written: it is there as a whole or not at all. Maps, sets, dates and bigints come back as they were. */
export function frame(value: unknown): Buffer {
  const body = serialize(value)
  const header = Buffer.alloc(HEADER)
  header.writeUInt32BE(body.length, 0)
  header.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([header, body])
}

/**
 * Reads frame after frame.
 *
 * A last frame that is short or wrong is one that a crash has torn, and is left out. Behind it may be zeros, which file
 * systems leave where they had made room.
 *
 * @throws {DamagedFile} if a frame is wrong and is not the last
 */
export function readFrames(file: Buffer): Frames {
  if (!file.subarray(0, MAGIC.length).equals(MAGIC)) {
    if (isTornMark(file)) return { values: [], end: 0 }
    throw new DamagedFile(0)
  }
  const values: unknown[] = []
  let position = MAGIC.length
  while (position < file.length) {
    const body = bodyAt(file, position)
    if (body === undefined) break
    values.push(deserialize(body))
    position += HEADER + body.length
  }
  return { values, end: position }
}

/** The body of the frame at `position`, or undefined if it is torn. */
function bodyAt(file: Buffer, position: number): Buffer | undefined {
  const start = position + HEADER
  if (start > file.length) return undefined
  const length = file.readUInt32BE(position)
  const body = file.subarray(start, start + length)
  // Nothing is serialised to no bytes, so a length of zero is room that was never written to.
  if (length > 0 && body.length === length && crc32(body) === file.readUInt32BE(position + 4)) return body
  if (start + length >= writtenEnd(file)) return undefined
  throw new DamagedFile(position)
}

/** Where a tail of zeros begins. Of a header that was cut, the rest reads as zeros, so its length is too short, never too long. */
function writtenEnd(file: Buffer): number {
  let end = file.length
  while (end > 0 && file[end - 1] === 0) end--
  return end
}

/** The beginning of the mark, and nothing but room behind it. */
function isTornMark(file: Buffer): boolean {
  const torn = MAGIC.findIndex((byte, i) => file[i] !== byte)
  return isZero(file.subarray(torn))
}

function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0)
}
