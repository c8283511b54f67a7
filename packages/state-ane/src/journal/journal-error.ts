import { printableLines, readSafely, textOf } from '@genpool/runtime'

/** Where the damage is. */
export interface DamagePlace {
  /** The file, or the directory. */
  readonly path?: string
  /** The first byte that is wrong. */
  readonly position?: number
}

/** The journal is damaged, has a gap, or cannot be opened, so the state is not known. Nothing was changed. */
export class JournalError extends Error {
  override readonly name = 'JournalError'
  readonly code = 'ERR_GENPOOL_JOURNAL'
  /** The file, or the directory; undefined for an engine that has no files. */
  readonly path: string | undefined
  /** The first byte of the file that is wrong; undefined if the file could not be read. */
  readonly position: number | undefined

  constructor(message: string, cause?: unknown, place?: DamagePlace) {
    super(printableLines(textOf(message)), cause === undefined ? undefined : { cause })
    this.path = readSafely(() => place?.path, undefined)
    this.position = readSafely(() => place?.position, undefined)
  }
}
