import { textOf } from '@genpool/runtime'
import { JournalError } from './journal-error'
import { placeOf } from './record-place'

/** A record that does not fit the ones before it. */
export class BadRecord extends Error {
  constructor(
    readonly record: number,
    /** What is wrong with it, for the user. */
    readonly says: string,
    override readonly cause?: unknown,
  ) {
    super(says)
  }
}

/** The error for the user: it has the file and the byte where the engine knows them. Other errors stay what they are. */
export async function recordError(error: unknown, { engine, key }: { engine: object; key: string }): Promise<unknown> {
  if (!(error instanceof BadRecord)) return error
  const { record, says, cause } = error
  const place = await placeOf(engine, key, record).catch(() => undefined)
  if (place !== undefined) {
    const where = `Record ${record} of the log "${place.path}", at byte ${place.position}, cannot be read`
    return new JournalError(`${where}: ${says}. Nothing was changed. ${place.remedy}`, cause, place)
  }
  const where = `Record ${record} of the journal "${textOf(key)}" cannot be read`
  const remedy =
    'The cells of other records are whole. Restore the missing records from a backup, or mark this one as deleted in the engine, ' +
    'together with those of the same cell that come after it.'
  return new JournalError(`${where}: ${says}. Nothing was changed. ${remedy}`, cause)
}
