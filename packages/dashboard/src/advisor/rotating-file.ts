import { constants } from 'node:fs'
import { appendFile, rename, stat, writeFile } from 'node:fs/promises'
import type { LineSink } from './recorder'

/** Lines that wait for the disk may take this many characters; more are lost. */
const MOST_WAITING = 16_000_000

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

  constructor(private readonly options: { file: string; maxBytes: number; files: number; head: string }) {}

  get lost(): number {
    return this.#lostInAll
  }

  /** Starts an empty file. Rejects if that is not possible. */
  async open(): Promise<void> {
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
    try {
      await this.#append(lines.join('') + note)
    } catch (error) {
      this.#lost += lost
      this.#loses(lines.length)
      throw error
    }
  }

  async #append(text: string): Promise<void> {
    const { file, head, maxBytes } = this.options
    const bytes = Buffer.byteLength(text)
    if (this.#size > head.length && this.#size + bytes > maxBytes) await this.#rotate()
    try {
      await appendFile(file, text, { flag: EXISTING })
    } catch (error) {
      // Somebody has removed it: a new one needs its head.
      ifMissing(error as NodeJS.ErrnoException)
      await this.open()
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
    await this.open()
  }
}

function ifMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
