import type { Draft } from '@genpool/core'
import type { Compressed } from './compress'

/** The files of one kind. */
interface Total {
  readonly files: number
  readonly bytes: number
  readonly compressed: number
}

/** What became of files, added up: plain data, so that it can be the state of a pool. */
export interface Tally {
  readonly files: number
  readonly kinds: ReadonlyMap<string, Total>
  readonly hashes: ReadonlySet<string>
}

export const noFiles = (): Draft<Tally> => ({ files: 0, kinds: new Map(), hashes: new Set() })

/** Adds one file. */
export function add(tally: Draft<Tally>, { kind, hash, bytes, compressed }: Compressed): void {
  const total = tally.kinds.get(kind) ?? { files: 0, bytes: 0, compressed: 0 }
  tally.kinds.set(kind, {
    files: total.files + 1,
    bytes: total.bytes + bytes,
    compressed: total.compressed + compressed,
  })
  tally.hashes.add(hash)
  tally.files++
}

/** A line for each kind, the largest first. */
export function linesOf(tally: Tally): string[] {
  const kinds = [...tally.kinds].sort(([, a], [, b]) => b.bytes - a.bytes)
  const lines = kinds.map(([kind, { files, bytes, compressed }]) => {
    const share = bytes === 0 ? 100 : Math.round((100 * compressed) / bytes)
    return `${kind.padEnd(8)}${String(files).padStart(6)} files${kilobytes(bytes)} -> ${kilobytes(compressed)} (${share} %)`
  })
  return [...lines, `${tally.files - tally.hashes.size} of ${tally.files} files are copies of another one.`]
}

export function areEqual(one: Tally, other: Tally): boolean {
  return linesOf(one).sort().join('\n') === linesOf(other).sort().join('\n')
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024)} kB`.padStart(10)
}
