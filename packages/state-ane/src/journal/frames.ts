import { deserialize, serialize } from 'node:v8'
import { crc32 } from 'node:zlib'

/** The first bytes of a file: its kind and version. */
export const MAGIC = Buffer.from('GENPOOL1')
/** Bytes of a header: length and checksum of the body, each an unsigned 32-bit integer, big-endian. */
const HEADER = 8

/** The whole frames of a file. */
export interface Frames {
  readonly values: readonly unknown[]
  /** The byte after the last whole frame. */
  readonly end: number
}

/** The same, not decoded yet. */
export interface Bodies {
  readonly bodies: readonly Buffer[]
  /** The byte after the last whole frame. A crash has torn the bytes behind it. */
  readonly end: number
}

/** The file is damaged in a way that no crash causes: another program has written to it, or the disk has lost data. */
export class DamagedFile extends Error {
  constructor(readonly position: number) {
    super(
      `The file is damaged at byte ${position}, and more data follows, which no crash explains. Nothing was read or changed. ` +
        'Restore the file from a backup, or cut it at that byte if you can lose the rest.',
    )
  }
}

/** Makes the frame of one value. A reader finds it whole or not at all. Maps, sets, dates and bigints keep their types. */
export function frame(value: unknown): Buffer {
  const body = serialize(value)
  const header = Buffer.alloc(HEADER)
  header.writeUInt32BE(body.length, 0)
  header.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([header, body])
}

/**
 * Reads all whole frames.
 *
 * A crash may have torn the last frame: if it is short or wrong, it is left out. Zeros may follow it, which file systems leave
 * in allocated space.
 *
 * @throws {DamagedFile} if a frame is wrong and is not the last
 */
export function readFrames(file: Buffer): Frames {
  const { bodies, end } = readBodies(file)
  return { values: bodies.map((body) => deserialize(body) as unknown), end }
}

/** The same, without a look into them. */
export function readBodies(file: Buffer): Bodies {
  if (!file.subarray(0, MAGIC.length).equals(MAGIC)) {
    if (isTornMark(file)) return { bodies: [], end: 0 }
    throw new DamagedFile(0)
  }
  const bodies: Buffer[] = []
  let position = MAGIC.length
  while (position < file.length) {
    const body = bodyAt(file, position)
    if (body === undefined) break
    bodies.push(body)
    position += HEADER + body.length
  }
  return { bodies, end: position }
}

/** Returns the body of the frame at `position`, or undefined if it is torn. */
function bodyAt(file: Buffer, position: number): Buffer | undefined {
  const start = position + HEADER
  if (start > file.length) return undefined
  const length = file.readUInt32BE(position)
  const body = file.subarray(start, start + length)
  // No value serialises to zero bytes, so a length of zero is space that was never written.
  if (length > 0 && body.length === length && crc32(body) === file.readUInt32BE(position + 4)) return body
  if (start + length >= writtenEnd(file)) return undefined
  throw new DamagedFile(position)
}

/** The start of the zeros at the end. The missing bytes of a torn header read as zeros: its length is too small, never too large. */
function writtenEnd(file: Buffer): number {
  let end = file.length
  while (end > 0 && file[end - 1] === 0) end--
  return end
}

/** Whether the file has only a part of the mark, followed by zeros. */
function isTornMark(file: Buffer): boolean {
  const torn = MAGIC.findIndex((byte, i) => file[i] !== byte)
  return isZero(file.subarray(torn))
}

function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0)
}
