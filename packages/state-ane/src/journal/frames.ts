import { deserialize, serialize } from 'node:v8'
import { crc32 } from 'node:zlib'

/** The first bytes of a file: its kind and version. */
export const MAGIC = Buffer.from('GENPOOL1')
/** Bytes of a header: length and checksum of the body, each an unsigned 32-bit integer, big-endian. */
export const HEADER = 8
/** How a body begins: V8 writes its format's number behind this byte. */
const BODY = serialize(null).subarray(0, 1)
/** The least that a disk writes. */
const SECTOR = 512

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

/**
 * What is wrong with a file, of which no crash is the reason: another program has written to it, or the disk has lost data.
 *
 * - `empty`: it has only a part of its first bytes. It is made with all of them, so they were there
 * - `mark`: its first bytes are wrong, and whole frames follow
 * - `foreign`: it does not begin as a file of this engine, and has no frames
 * - `frame`: one frame is wrong
 */
export type Damage = 'empty' | 'mark' | 'foreign' | 'frame'

export class DamagedFile extends Error {
  constructor(
    readonly damage: Damage,
    readonly position: number,
    /** The whole frames before it. */
    readonly bodies: readonly Buffer[],
    /** The bytes of the file. */
    readonly length: number,
  ) {
    super(`The file is damaged at byte ${position}, which no crash explains.`)
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
 * A crash may have torn the last frame: it is left out. It is torn if it is short, or if a part of it was never written: a file
 * system writes whole sectors, and what is missing reads as zeros. A last frame that is all there and does not fit its checksum was
 * written, and acknowledged, and changed afterwards: that is damage. Zeros may follow, which file systems leave in allocated space.
 *
 * @throws {DamagedFile} for whatever a crash does not explain
 */
export function readFrames(file: Buffer): Frames {
  const { bodies, end } = readBodies(file)
  return { values: bodies.map((body) => deserialize(body) as unknown), end }
}

/** The same, without a look into them. */
export function readBodies(file: Buffer): Bodies {
  if (!file.subarray(0, MAGIC.length).equals(MAGIC)) throw new DamagedFile(damageOfMark(file), 0, [], file.length)
  const bodies: Buffer[] = []
  let position = MAGIC.length
  while (position < file.length) {
    const body = wholeFrameAt(file, position)
    if (body === undefined) {
      if (isTorn(file, position)) break
      throw new DamagedFile('frame', position, bodies, file.length)
    }
    bodies.push(body)
    position += HEADER + body.length
  }
  return { bodies, end: position }
}

/** The body of the frame at `position`; undefined if no whole frame is there. */
function wholeFrameAt(file: Buffer, position: number): Buffer | undefined {
  const start = position + HEADER
  if (start > file.length) return undefined
  const length = file.readUInt32BE(position)
  const body = file.subarray(start, start + length)
  // No value serialises to zero bytes, so a length of zero is space that was never written.
  return length > 0 && body.length === length && crc32(body) === file.readUInt32BE(position + 4) ? body : undefined
}

/** Whether a crash explains that no whole frame is at `position`. */
function isTorn(file: Buffer, position: number): boolean {
  const start = position + HEADER
  if (start > file.length) return true
  // Only the last one is ever torn.
  if (isWholeWithWrongLength(file, position) || hasFrameBehind(file, position)) return false
  const length = file.readUInt32BE(position)
  const end = start + length
  if (length === 0 || end > file.length) return true
  const written = writtenEnd(file)
  if (end < written) return false
  return (written < end && end < file.length) || hasUnwrittenSector(file, start, end)
}

/** Whether its body is all there, and only its length is wrong. */
function isWholeWithWrongLength(file: Buffer, position: number): boolean {
  return crc32(file.subarray(position + HEADER)) === file.readUInt32BE(position + 4)
}

/** Whether a whole frame begins behind `position`. */
function hasFrameBehind(file: Buffer, position: number): boolean {
  for (let at = file.indexOf(BODY, position + 1 + HEADER); at !== -1; at = file.indexOf(BODY, at + 1)) {
    if (wholeFrameAt(file, at - HEADER) !== undefined) return true
  }
  return false
}

/** Whether the part of a sector that lies between `from` and `to` has only zeros. */
function hasUnwrittenSector(file: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to;) {
    const next = Math.min(to, (Math.floor(at / SECTOR) + 1) * SECTOR)
    if (isZero(file.subarray(at, next))) return true
    at = next
  }
  return false
}

/** The start of the zeros at the end. The missing bytes of a torn header read as zeros: its length is too small, never too large. */
function writtenEnd(file: Buffer): number {
  let end = file.length
  while (end > 0 && file[end - 1] === 0) end--
  return end
}

function damageOfMark(file: Buffer): Damage {
  if (wholeFrameAt(file, MAGIC.length) !== undefined) return 'mark'
  const wrong = MAGIC.findIndex((byte, i) => file[i] !== byte)
  return isZero(file.subarray(wrong)) ? 'empty' : 'foreign'
}

function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0)
}
