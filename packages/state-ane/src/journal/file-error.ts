import { readSafely, textOf } from '@genpool/runtime'
import { type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { JournalError } from './journal-error'
import { moveAway, UNCHANGED } from './remedies'

const PERMISSION = new Set(['EACCES', 'EPERM', 'EROFS'])

/** What the file system refused, with how to go on. Other errors stay what they are. */
export function fileError(path: string, error: unknown): unknown {
  if (codeOf(error) === undefined || error instanceof JournalError) return error
  const file = fileInPlaceOfDirectory(path)
  const why = file === undefined ? refusal(path, error) : wrongKind(path, file)
  return new JournalError(`"${path}" of the journal cannot be used: ${why}`, error, { path: file ?? path })
}

/** The code of an error of the file system; undefined for others. */
export function codeOf(error: unknown): string | undefined {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException
  return syscall === undefined ? undefined : code
}

function refusal(path: string, error: unknown): string {
  const reason = `${textOf(error)}. ${UNCHANGED} Nothing is lost.`
  if (!PERMISSION.has(codeOf(error) as string)) return `${reason} Mend that, and start again.`
  const directory = `"${dirname(path)}"`
  return `${reason} Allow the user of this process to read and write the directory ${directory} and all that is in it.`
}

function wrongKind(path: string, file: string): string {
  if (file === path)
    return `it is a file, and a lock is a directory. ${UNCHANGED} If no process uses the journal, ${moveAway([file])}.`
  return `"${file}" is a file, and not a directory. ${UNCHANGED} Give "fileEngine" the path of a directory, or ${moveAway([file])}.`
}

/** The file on the way to `path` that should be a directory; `path` itself if it is a lock. */
function fileInPlaceOfDirectory(path: string): string | undefined {
  const at = statOf(path)
  if (at !== undefined) return path.endsWith('.lock') && !at.isDirectory() ? path : undefined
  for (let up = dirname(path); up !== dirname(up); up = dirname(up)) {
    const found = statOf(up)
    if (found !== undefined) return found.isDirectory() ? undefined : up
  }
  return undefined
}

function statOf(path: string): Stats | undefined {
  return readSafely(() => statSync(path, { throwIfNoEntry: false }), undefined)
}
