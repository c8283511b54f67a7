import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { gzipSync } from 'node:zlib'

/** What became of one file. */
export interface Compressed {
  readonly kind: string
  readonly hash: string
  readonly bytes: number
  readonly compressed: number
}

/** Hashes and compresses one file: work that only computes. A pool of threads calls it, and so may everybody else. */
export default function compress(file: string): Compressed {
  const content = readFileSync(file)
  return {
    kind: extname(file) || 'none',
    hash: createHash('sha256').update(content).digest('hex'),
    bytes: content.length,
    compressed: gzipSync(content, { level: 9 }).length,
  }
}
