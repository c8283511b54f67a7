import { printableLines, textOf } from '@genpool/runtime'

/** The journal has a gap, or a record that cannot be read, so the state is not known. Nothing was changed. */
export class JournalError extends Error {
  override readonly name = 'JournalError'
  readonly code = 'ERR_GENPOOL_JOURNAL'

  constructor(message: string, cause?: unknown) {
    super(printableLines(textOf(message)), cause === undefined ? undefined : { cause })
  }
}
