import { constants } from 'node:fs'
import { appendFile, open, rename, stat, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type OptionsError, wrongArgument } from '@genpool/runtime'
import type { LineSink } from './recorder'

/** Lines that wait for the disk may take this many characters; more are lost. */
const MOST_WAITING = 16_000_000

/** The files that recordings of this process write. */
const OPEN = new Set<string>()

/** To append to a file that is there. */
const EXISTING = constants.O_APPEND | constants.O_WRONLY

/** A file of lines that is renamed when it is large: `trace.jsonl` becomes `trace.jsonl.1`, that becomes `.2`, and so on. */
export class RotatingFile implements LineSink {
  #waiting: string[] = []
  #characters = 0
  #size = 0
  #lost = 0
  #lostInAll = 0
  #writing: Promise<void> = Promise.resolve()
  #path = ''

  constructor(private readonly options: { file: string; maxBytes: number; files: number; head: string }) {}

  get lost(): number {
    return this.#lostInAll
  }

  /**
   * Starts an empty file. An earlier trace becomes the first of the older ones.
   *
   * @throws {OptionsError} if there is a file of another kind, or one that is being written; Node's error if it cannot be written
   */
  async open(): Promise<void> {
    const path = resolve(this.options.file)
    if (OPEN.has(path)) throw wrongFile('a file that no other recording writes', path)
    OPEN.add(path)
    this.#path = path
    try {
      await this.#keepEarlier()
      await this.#begin()
    } catch (error) {
      this.close()
      throw error
    }
  }

  close(): void {
    OPEN.delete(this.#path)
  }

  async #keepEarlier(): Promise<void> {
    const { file } = this.options
    const there = await stat(file).catch(ifMissing)
    if (there === undefined || !there.isFile() || there.size === 0) return
    if (!(await beginsLikeTrace(file))) throw wrongFile('a new file, or one that is a trace', this.#path)
    await this.#rotate()
  }

  async #begin(): Promise<void> {
    const { file, head } = this.options
    await writeFile(file, head)
    this.#size = (await stat(file)).size
  }

  /** Adds a line. It is written with the next `flush`. */
  add(line: string): void {
    if (this.#characters > MOST_WAITING) return this.#loses(1)
    this.#waiting.push(line)
    this.#characters += line.length
  }

  /** Writes what waits. Resolves when it is written; rejects with the error of the disk, and those lines count as lost. */
  flush(): Promise<void> {
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write())
    return this.#writing
  }

  async #write(): Promise<void> {
    const [lines, lost] = [this.#waiting, this.#lost]
    if (lines.length === 0 && lost === 0) return
    const note = lost > 0 ? `{"lost":${lost}}\n` : ''
    this.#waiting = []
    this.#characters = 0
    this.#lost = 0
    let written = 0
    try {
      const all = note === '' ? lines : [...lines, note]
      while (written < all.length) {
        const some = this.#fitting(all, written)
        await this.#append(some.join(''))
        written += some.length
      }
    } catch (error) {
      this.#lost += lost
      this.#loses(lines.length - written)
      throw error
    }
  }

  /** The lines from this one on that still fit the file, or the next one: at least one. */
  #fitting(lines: readonly string[], from: number): readonly string[] {
    const { head, maxBytes } = this.options
    const bytesOf = (at: number): number => Buffer.byteLength(lines[at] as string)
    let bytes = bytesOf(from)
    const fits = this.#size + bytes <= maxBytes
    const room = maxBytes - (fits ? this.#size : Buffer.byteLength(head))
    let to = from + 1
    for (; to < lines.length; to++) if ((bytes += bytesOf(to)) > room) break
    return lines.slice(from, to)
  }

  async #append(text: string): Promise<void> {
    const { file, head, maxBytes } = this.options
    const bytes = Buffer.byteLength(text)
    if (this.#size > head.length && this.#size + bytes > maxBytes) {
      await this.#rotate()
      await this.#begin()
    }
    try {
      await appendFile(file, text, { flag: EXISTING })
    } catch (error) {
      // Somebody has removed it: a new one needs its head.
      ifMissing(error as NodeJS.ErrnoException)
      await this.#begin()
      await appendFile(file, text, { flag: EXISTING })
    }
    this.#size += bytes
  }

  #loses(lines: number): void {
    this.#lost += lines
    this.#lostInAll += lines
  }

  async #rotate(): Promise<void> {
    const { file, files } = this.options
    for (let n = files - 1; n >= 1; n--) {
      await rename(n === 1 ? file : `${file}.${n - 1}`, `${file}.${n}`).catch(ifMissing)
    }
  }
}

function ifMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}

async function beginsLikeTrace(file: string): Promise<boolean> {
  const handle = await open(file)
  try {
    const { buffer } = await handle.read({ buffer: Buffer.alloc(TRACE.length) })
    return buffer.toString('latin1') === TRACE
  } finally {
    await handle.close()
  }
}
const TRACE = '{"genpool":"trace"'

function wrongFile(expected: string, path: string): OptionsError {
  return wrongArgument({ of: 'recordTrace', argument: 'file', expected }, path)
}
