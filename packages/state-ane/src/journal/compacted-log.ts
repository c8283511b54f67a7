import { readSafely } from '@genpool/runtime'
import { deserialize } from 'node:v8'
import { frame, HEADER, MAGIC } from './frames'

/**
 * Stands first in a log from which values were removed: a snapshot has them. So a log that has nothing at all is new, or was cut. Such a
 * file is put in place as a whole, so no crash has torn what is before `end`.
 */
interface Compacted {
  /** Digits, so that all are of one length. */
  readonly end: string
}

/** The bytes of a log with these values. Each has a frame of its own, so that damage to one leaves the others before it. */
export function compactedLog(kept: readonly unknown[]): Buffer {
  const frames = kept.map((value) => frame([value]))
  const end = [MAGIC, markOf(0), ...frames].reduce((sum, { length }) => sum + length, 0)
  return Buffer.concat([MAGIC, markOf(end), ...frames])
}

/** The same for one that was cut between two frames. A crash may tear what will be written behind them. */
export function cutLog(file: Buffer): Buffer {
  return Buffer.concat([MAGIC, markOf(file.length), file.subarray(MAGIC.length + markOf(0).length)])
}

function markOf(end: number): Buffer {
  return frame({ end: String(end).padStart(16, '0') } satisfies Compacted)
}

/** What stands first in a log with these bodies; undefined if no values were removed. */
export function compactedOf([first]: readonly Buffer[]): Compacted | undefined {
  // Others are larger than this, and may be large.
  if (first?.length !== markOf(0).length - HEADER) return undefined
  const value: unknown = readSafely(() => deserialize(first), undefined)
  return typeof (value as Partial<Compacted> | undefined)?.end === 'string' ? (value as Compacted) : undefined
}
