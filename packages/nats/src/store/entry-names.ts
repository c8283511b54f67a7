import { type CellKey, InvalidError } from '@genpool/state-ane'

/** Well below what a server takes as a subject. */
const LONGEST = 512

/** Bytes that may stand in a key of a bucket as they are. The others become `=` and two hexadecimal digits. */
const PLAIN = /^[-\w]$/

/**
 * The key in the bucket for a cell or a name of the user's: itself where that is possible. A number and the same text have
 * different ones.
 *
 * @throws {InvalidError} if it is too long
 */
export function entryName(key: CellKey): string {
  if (typeof key === 'number') return String(key)
  const bytes = Buffer.from(key)
  let name = ''
  for (const [i, byte] of bytes.entries()) {
    const char = String.fromCharCode(byte)
    const startsNumber = i === 0 && /^-?\d+$/.test(key)
    name += PLAIN.test(char) && !startsNumber ? char : `=${byte.toString(16).padStart(2, '0')}`
  }
  // An empty one is no key for NATS.
  if (name === '') return '='
  if (name.length <= LONGEST) return name
  const message = `the key of the cell is too long for NATS: ${name.length} bytes, at most ${LONGEST}`
  throw new InvalidError('use of a cell', [{ path: [], message }])
}
