import { type FileHandle, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { frame, MAGIC, readFrames } from './frames'

interface Waiting {
  readonly value: unknown
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Values appended to a file, each safe on the disk before it is acknowledged.
 *
 * What is appended while the disk is busy is written together, as one frame with one sync: all of it, or none, survives a crash.
 */
export class LogFile {
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined
  /** Why nothing can be written any more: a failed write could not be taken back. */
  #broken: unknown

  private constructor(
    private readonly path: string,
    private handle: FileHandle,
    /** Everything before this byte is whole and acknowledged. */
    private end: number,
  ) {}

  /**
   * Opens or creates the file and cuts off what a crash has torn.
   *
   * @throws {DamagedFile} if it is damaged otherwise; it is left as it is
   */
  static async open(path: string): Promise<LogFile> {
    const handle = await openOrCreate(path)
    try {
      const { end } = readFrames(await handle.readFile())
      const log = new LogFile(path, handle, Math.max(end, MAGIC.length))
      if (end === 0) await handle.write(MAGIC, 0, MAGIC.length, 0)
      await handle.truncate(log.end)
      await handle.sync()
      await syncDirectory(path)
      return log
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** Resolves when the value is on the disk. When it rejects the value is not in the file. */
  append(value: unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ value, resolve, reject })
      this.#writing ??= this.#write()
    })
  }

  /** Replaces the file by one with the values that `keep` wants; a crash leaves the old one or the new one. */
  async compact(keep: (value: unknown) => boolean): Promise<void> {
    await this.#exclusive(async () => {
      const all = (readFrames(await readFile(this.path)).values as unknown[][]).flat()
      const kept = all.filter(keep)
      const bytes = Buffer.concat([MAGIC, ...(kept.length > 0 ? [frame(kept)] : [])])
      await replaceFile(this.path, bytes)
      await this.handle.close()
      this.handle = await open(this.path, 'r+')
      this.end = bytes.length
    })
  }

  /** The values in the file, in their order. */
  async read(): Promise<unknown[]> {
    while (this.#writing !== undefined) await this.#writing
    return (readFrames(await readFile(this.path)).values as unknown[][]).flat()
  }

  async close(): Promise<void> {
    await this.#exclusive(async () => {
      this.#broken ??= new Error('the file was closed')
      await this.handle.close()
    })
  }

  /** Runs `work` while nothing is written. */
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
    // What is appended in the same turn goes into the same frame.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        await this.#put(frame(batch.map(({ value }) => value)))
        for (const { resolve } of batch) resolve()
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    this.#writing = undefined
  }

  async #put(bytes: Buffer): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken
    try {
      await writeAll(this.handle, bytes, this.end)
      await this.handle.datasync()
      this.end += bytes.length
    } catch (error) {
      await this.#takeBack()
      throw error
    }
  }

  async #takeBack(): Promise<void> {
    try {
      await this.handle.truncate(this.end)
      await this.handle.datasync()
    } catch (error) {
      this.#broken = error
    }
  }
}

/** Puts a file in place as a whole: a crash leaves the old one or the new one. */
export async function replaceFile(path: string, bytes: Buffer): Promise<void> {
  const temporary = `${path}.new`
  const handle = await open(temporary, 'w')
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, path)
  await syncDirectory(path)
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let written = 0
  while (written < bytes.length) {
    const result = await handle.write(bytes, written, bytes.length - written, position + written)
    written += result.bytesWritten
  }
}

async function openOrCreate(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return open(path, 'w+')
  }
}

/** A new name is safe only when its directory is. Windows knows no such thing. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(dirname(path), 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
