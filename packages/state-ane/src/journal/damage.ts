import { count, printable, readSafely, sentence, textOf } from '@genpool/runtime'
import { deserialize } from 'node:v8'
import { codeOf, fileError } from './file-error'
import { type Bodies, DamagedFile, MAGIC } from './frames'
import { JournalError } from './journal-error'
import { cutAt, moveAway, UNCHANGED, writeMark } from './remedies'

/** What is wrong with a log: where, what is lost, and how to go on. Other errors stay what they are. */
export function logError(path: string, error: unknown): unknown {
  if (error instanceof DamagedFile) {
    const { position } = error
    return new JournalError(`The log "${path}" is damaged at byte ${position}: ${logText(path, error)}`, undefined, {
      path,
      position,
    })
  }
  if (codeOf(error) !== 'EISDIR') return fileError(path, error)
  const text = `The log "${path}" is a directory, and not a file. ${UNCHANGED} ${WITHOUT_LOG} Put the file back from a backup, or ${moveAway([path])}.`
  return new JournalError(text, error, { path })
}

const MARK = `Its first ${MAGIC.length} bytes are wrong, and the rest is whole. Nothing is lost. To go on,`

const WITHOUT_LOG =
  'Without a log, a store has what its snapshot has, and all later commits are lost; without a snapshot, it is empty.'

function logText(path: string, { damage, position, bodies, length }: DamagedFile): string {
  const lost = length - position
  const known = lastRecord(bodies)
  switch (damage) {
    case 'empty':
      return `it has lost all that was in it. ${UNCHANGED} ${WITHOUT_LOG} Put it back from a backup, or ${moveAway([path])}.`
    case 'foreign':
      return (
        `it is not a log of a fileEngine, or nothing is left of it. ${UNCHANGED} ${WITHOUT_LOG} If another program made it, give ` +
        `"fileEngine" another directory. Otherwise put it back from a backup, or ${moveAway([path])}.`
      )
    case 'mark':
      return `${UNCHANGED} ${MARK} ${writeMark(path, MAGIC)}.`
    case 'frame':
      return (
        `the record there was changed or cut off after it was written. ${UNCHANGED} ${known === 0 ? 'No record before it is left' : `The records up to ${known} are whole`}; what ` +
        `was committed after that, in the last ${count(lost, 'byte')}, cannot be read in order. Put the file back from a backup; or, if you can ` +
        `lose the last ${count(lost, 'byte')}, ${cutAt(path, position)}.`
      )
  }
}

/** What is known of a log when its snapshot is damaged. */
export interface Beside {
  readonly log: string
  /** The number of its first record; undefined if it has none. */
  readonly first: number | undefined
  /** Whether records were removed that the snapshot has. */
  readonly isCompacted: boolean
}

/** What is wrong with a snapshot: where, what is lost, and how to go on. */
export function damagedSnapshot(path: string, error: unknown, beside: Beside): JournalError {
  const text = `The snapshot "${path}" ${wrongWith(error)}. The log can be read. ${UNCHANGED} ${snapshotRemedy(path, error, beside)}`
  return error instanceof DamagedFile
    ? new JournalError(text, undefined, { path, position: error.position })
    : new JournalError(text, error, { path })
}

function wrongWith(error: unknown): string {
  if (error instanceof DamagedFile) return `is damaged at byte ${error.position}`
  return codeOf(error) === 'ENOENT'
    ? 'is missing, though the log was shortened after it'
    : 'is a directory, and not a file'
}

function snapshotRemedy(path: string, error: unknown, { log, first, isCompacted }: Beside): string {
  if (error instanceof DamagedFile && error.damage === 'mark') return `${MARK} ${writeMark(path, MAGIC)}.`
  const away = codeOf(error) === 'ENOENT' ? [log] : [path, log]
  if (first === 1 && !isCompacted)
    return `The log has all records from the first one, so nothing is lost. To go on without the snapshot, ${moveAway([path])}.`
  const lost = first === undefined ? 'All that was committed' : `What was committed before record ${first}`
  return (
    `${lost} was in the snapshot alone, and the log "${log}" makes no sense without it. Put both files back from one ` +
    `backup; or, if you can lose all that the store had, ${moveAway(away)}. The store then starts empty.`
  )
}

/** Tells of a record that was cut off. Nobody was told that it is safe, if a crash has torn it. */
export function warnOfTornEnd(path: string, { bodies, end }: Bodies, file: Buffer): void {
  const torn = file.subarray(end)
  if (torn.length === 0) return
  warn(
    `The log "${path}" ended in a record that is not whole: ${count(torn.length, 'byte')} from byte ${end} on, after record ${lastRecord(bodies)}, ` +
      'were removed. A crash during a write leaves such an end, and nobody was told that this write is safe. If there was no crash, the ' +
      'end of the file was lost, and commits with it: compare it with a backup.',
  )
}

/** Tells of a log that ends earlier than it was written: by the hand of its owner, or not. */
export function warnOfCutLog(path: string, { bodies, end }: Bodies): void {
  const last = lastRecord(bodies)
  const [where, what] =
    last === 0 ? ['which leaves no record', 'the snapshot'] : [`after record ${last}`, 'that record']
  warn(
    `The log "${path}" was cut at byte ${end}, ${where}. What was committed after ${what} is lost, unless you put the log back.`,
  )
}

/** Tells of a log with all records that ends before its snapshot: it was cut between two records, or writes had failed. */
export function warnOfShortLog(path: string, last: number, snapshot: number): void {
  warn(
    `The log "${path}" ends with record ${last}, and its snapshot has what was committed up to record ${snapshot}: the log was cut, ` +
      'unless a write had failed. What was committed after the snapshot is lost, unless you put the log back.',
  )
}

/** Tells of a log that is not there, beside a snapshot: a crash does not explain it. */
export function warnOfMissingLog(path: string): void {
  warn(
    `The log "${path}" was not there, and its snapshot is. What was committed after the snapshot is lost, unless you put the log back.`,
  )
}

/** Tells that a journal could not write all values. The commits are in the log. */
export function warnOfFailedSnapshot(key: string, error: unknown, snapshotEvery: number): void {
  warn(
    `A snapshot of journal "${key}" failed: ${sentence(textOf(error))} No commit is lost, and the next one is taken after ` +
      `${count(snapshotEvery, 'more commit')}; until one succeeds, the log grows, and a start takes longer. Look at the disk or the ` +
      'database behind the engine. To be told by a call, set "journal.onSnapshotError".',
  )
}

function warn(text: string): void {
  process.emitWarning(printable(text), { type: 'GenPoolWarning', code: 'GENPOOL_JOURNAL' })
}

/** The number of the last record in these frames of a log; 0 if there is none. */
function lastRecord(bodies: readonly Buffer[]): number {
  const last = bodies.at(-1)
  return last === undefined ? 0 : Math.max(0, ...numbersIn(last))
}

/** The numbers of the records in a frame; none if it cannot be read. */
export function numbersIn(body: Buffer): readonly number[] {
  const records = readSafely(() => deserialize(body) as readonly { readonly sequenceNumber: number }[], [])
  return readSafely(() => records.map(({ sequenceNumber }) => sequenceNumber), [])
}
