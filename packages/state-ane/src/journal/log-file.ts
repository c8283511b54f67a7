import { readSafely, textOf } from '@genpool/runtime'
import { fstatSync } from 'node:fs'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { UnknownWrite } from '../errors'
import { compactedLog, compactedOf, cutLog } from './compacted-log'
import { logError, numbersIn, warnOfCutLog, warnOfMissingLog, warnOfTornEnd } from './damage'
import { DamagedFile, frame, HEADER, MAGIC, readBodies } from './frames'
import { replaceFile, syncDirectory } from './replace-file'
import { decoded } from './too-deep'

interface Waiting {
  readonly value: unknown
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * A file of appended values. Each value is on the disk before it is acknowledged.
 *
 * Values that come while the disk is busy are written together, as one frame with one sync. A crash keeps all of them or none.
 */
export class LogFile {
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined
  /** Why no write is possible any more: the file is closed, or a failed write could not be undone. */
  #broken: unknown
  #isClosed = false

  private constructor(
    private readonly path: string,
    private handle: FileHandle,
    /** All bytes before this one are whole and acknowledged. */
    private end: number,
    private compacted: boolean,
  ) {}

  /** Whether values were removed from it, which are elsewhere now. */
  get isCompacted(): boolean {
    return this.compacted
  }

  /**
   * Opens or creates the file, and cuts off a frame that a crash has torn, with a warning of the process.
   *
   * @param hasSnapshot whether a snapshot has earlier values; then it is an old log that is not there, or has nothing, which is told
   * @throws {JournalError} if it cannot be opened, or for any other damage; the file is not changed
   */
  static async open(path: string, hasSnapshot: boolean): Promise<LogFile> {
    try {
      return await LogFile.#open(path, hasSnapshot)
    } catch (error) {
      throw logError(path, error)
    }
  }

  static async #open(path: string, hasSnapshot: boolean): Promise<LogFile> {
    const handle = await openOrCreate(path, hasSnapshot)
    try {
      const bytes = await handle.readFile()
      const whole = readBodies(bytes)
      const compacted = compactedOf(whole.bodies)
      const isCut = whole.end < Number(compacted?.end ?? 0)
      if (isCut && whole.end < bytes.length) throw new DamagedFile('frame', whole.end, whole.bodies, bytes.length)
      if (isCut || (hasSnapshot && whole.end === MAGIC.length)) {
        warnOfCutLog(path, whole)
        await replaceFile(path, isCut ? cutLog(bytes) : compactedLog([]))
        await handle.close()
        return await LogFile.#open(path, hasSnapshot)
      }
      const log = new LogFile(path, handle, whole.end, compacted !== undefined)
      warnOfTornEnd(path, whole, bytes)
      await handle.truncate(log.end)
      await handle.sync()
      await syncDirectory(path)
      return log
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** Whether it never had a value, and does not say that a snapshot has some. */
  get isNew(): boolean {
    return this.end === MAGIC.length
  }

  /** Resolves when the value is on the disk. If it rejects, the value is not in the file, unless it is an UnknownWrite. */
  append(value: unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ value, resolve, reject })
      this.#writing ??= this.#write()
    })
  }

  /** Replaces the file by one with only the values that `keep` accepts. A crash leaves the old file or the new one. */
  async compact(keep: (value: unknown) => boolean): Promise<void> {
    await this.#exclusive(async () => {
      if (this.#isClosed) throw this.#broken
      const all = await this.#values()
      const kept = all.filter(keep)
      const bytes = compactedLog(kept)
      await replaceFile(this.path, bytes)
      await this.handle.close()
      this.handle = await this.#reopened()
      this.end = bytes.length
      this.compacted = true
    })
  }

  /** Reads the values in the file, in order. */
  async read(): Promise<unknown[]> {
    while (this.#writing !== undefined) await this.#writing
    return this.#values()
  }

  /** The first byte of the frame with this record, and the lowest number of a record in it. */
  async find(record: number): Promise<{ readonly position: number; readonly first: number } | undefined> {
    let position = MAGIC.length
    for (const body of readBodies(await readFile(this.path)).bodies) {
      const numbers = numbersIn(body)
      if (numbers.includes(record)) return { position, first: Math.min(...numbers) }
      position += HEADER + body.length
    }
    return undefined
  }

  async close(): Promise<void> {
    await this.#exclusive(async () => {
      this.#isClosed = true
      this.#broken ??= new Error(
        `The file "${this.path}" was closed, so nothing was written. Close it after all writes.`,
      )
      await this.handle.close()
    })
  }

  async #values(): Promise<unknown[]> {
    try {
      const { bodies } = readBodies(await readFile(this.path))
      const values = await decoded(this.path, compactedOf(bodies) === undefined ? bodies : bodies.slice(1))
      if (!values.every(isBatch)) throw new DamagedFile('foreign', MAGIC.length, [], MAGIC.length)
      return values.flat()
    } catch (error) {
      throw logError(this.path, error)
    }
  }

  /** The old file is gone: what would be written there would be lost. */
  async #reopened(): Promise<FileHandle> {
    try {
      return await open(this.path, 'r+')
    } catch (cause) {
      this.#broken = new Error(
        `The file "${this.path}" was made smaller, and could not be opened again (${textOf(cause)}), so nothing more is ` +
          'written. It has all that was written before. Restart, once that is mended.',
        { cause },
      )
      throw this.#broken
    }
  }

  /** Runs `work` between two writes. */
  async #exclusive(work: () => Promise<void>): Promise<void> {
    while (this.#writing !== undefined) await this.#writing
    const working = work()
    this.#writing = working.catch(() => undefined)
    try {
      await working
    } finally {
      this.#writing = this.#waiting.length > 0 ? this.#write() : undefined
    }
  }

  async #write(): Promise<void> {
    // Values that are appended in the same turn go into the same frame.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      await this.#together(batch)
    }
    this.#writing = undefined
  }

  /** Writes the values as one frame. If they make none, each has one of its own, and those are refused that make none alone. */
  async #together(batch: readonly Waiting[]): Promise<void> {
    try {
      const bytes = framed(batch)
      if (bytes === undefined) {
        for (const one of batch) await this.#together([one])
        return
      }
      await this.#put(bytes)
      for (const { resolve } of batch) resolve()
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  async #put(bytes: Buffer): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken
    if (fstatSync(this.handle.fd).size < this.end) throw (this.#broken = cutOff(this.path))
    try {
      await writeAll(this.handle, bytes, this.end)
      await this.handle.datasync()
      if (isDeleted(this.handle)) throw (this.#broken = deleted(this.path))
      this.end += bytes.length
    } catch (error) {
      throw (await this.#undo()) ? error : new UnknownWrite(error)
    }
  }

  /** Removes what a failed write has left. If that fails, nothing more is written: it would stand behind the rest of a frame. */
  async #undo(): Promise<boolean> {
    try {
      await this.handle.truncate(this.end)
      await this.handle.datasync()
      return true
    } catch (error) {
      this.#broken = error
      return false
    }
  }
}

/** The system keeps a deleted file until it is closed: what is written there is gone then. Asked at once, as its size: it is in memory, and takes a µs. */
function isDeleted({ fd }: FileHandle): boolean {
  return fstatSync(fd).nlink === 0
}

function deleted(path: string): Error {
  return new Error(
    `The file "${path}" was deleted while it was open, so nothing more is written. What it had is lost with it: put it back from a ` +
      'backup, or from what this process still has in memory, and restart.',
  )
}

/** What is written behind bytes that are gone cannot be read again. */
function cutOff(path: string): Error {
  return new Error(
    `The file "${path}" was made smaller by somebody while it was open, so nothing more is written. What was cut off is lost with it: put ` +
      'it back from a backup, or from what this process still has in memory, and restart. Tools that rotate logs must leave it alone.',
  )
}

/**
 * The frame of these values; undefined if one of several cannot be written.
 *
 * @throws if it is the only one
 */
function framed(batch: readonly Waiting[]): Buffer | undefined {
  const make = (): Buffer => frame(batch.map(({ value }) => value))
  return batch.length === 1 ? make() : readSafely(make, undefined)
}

/** A snapshot in the place of a log has none. */
function isBatch(value: unknown): boolean {
  const isRecord = (record: unknown): boolean =>
    typeof (record as { sequenceNumber?: unknown } | null | undefined)?.sequenceNumber === 'number'
  return Array.isArray(value) && value.every(isRecord)
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let written = 0
  while (written < bytes.length) {
    const result = await handle.write(bytes, written, bytes.length - written, position + written)
    written += result.bytesWritten
  }
}

/** A crash leaves no file or a whole one: one without its first bytes has lost them. */
async function openOrCreate(path: string, hasSnapshot: boolean): Promise<FileHandle> {
  try {
    return await open(path, 'r+')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    if (hasSnapshot) warnOfMissingLog(path)
    await replaceFile(path, hasSnapshot ? compactedLog([]) : MAGIC)
    return open(path, 'r+')
  }
}
