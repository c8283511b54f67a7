import type { Compressed } from './compress'

/** The files of one kind. */
interface Total {
  files: number
  bytes: number
  compressed: number
}

/** Adds up what became of files. */
export class Tally {
  readonly #kinds = new Map<string, Total>()
  readonly #hashes = new Set<string>()
  #files = 0

  add({ kind, hash, bytes, compressed }: Compressed): void {
    const total = this.#kinds.get(kind) ?? { files: 0, bytes: 0, compressed: 0 }
    total.files++
    total.bytes += bytes
    total.compressed += compressed
    this.#kinds.set(kind, total)
    this.#hashes.add(hash)
    this.#files++
  }

  /** A line for each kind, the largest first. */
  lines(): string[] {
    const kinds = [...this.#kinds].sort(([, a], [, b]) => b.bytes - a.bytes)
    const lines = kinds.map(([kind, { files, bytes, compressed }]) => {
      const share = bytes === 0 ? 100 : Math.round((100 * compressed) / bytes)
      return `${kind.padEnd(8)}${String(files).padStart(6)} files${kilobytes(bytes)} -> ${kilobytes(compressed)} (${share} %)`
    })
    return [...lines, `${this.#files - this.#hashes.size} of ${this.#files} files are copies of another one.`]
  }

  equals(other: Tally): boolean {
    return this.lines().sort().join('\n') === other.lines().sort().join('\n')
  }
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024)} kB`.padStart(10)
}
