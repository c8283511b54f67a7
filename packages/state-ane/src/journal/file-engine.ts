import { OptionsError, parseOptions, showValue } from '@genpool/runtime'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { EventStream, PersistedEvent, PersistedSnapshot, PersistenceEngine } from 'nact'
import { DamagedFile, frame, MAGIC, readFrames } from './frames'
import { LogFile, replaceFile } from './log-file'

export interface FileEngineOptions {
  /**
   * Whether a snapshot removes the events that it replaces. Default true: the files stay small and fast to read. Use false to
   * keep all events, which nact's persistent queries need.
   */
  readonly compact?: boolean
}

/** A nact persistence engine with its files in one directory. */
export interface FileEngine extends PersistenceEngine {
  /** Waits for writes in progress and closes the files. Later writes are refused. */
  close(): Promise<void>
}

const fileEngineOptions = z.strictObject({ compact: z.boolean().default(true) })

/**
 * A persistence engine in plain files, for `journal` and for nact's own persistent actors.
 *
 * Each key has an append-only log and a snapshot. A record has its length and checksum, and is acknowledged when it is on the
 * disk (fsync); writes that arrive while the disk is busy share one sync. A record torn by a crash is cut off when the file is
 * opened. Only one process at a time may use a directory.
 *
 * @param directory made when it is not there
 * @throws {OptionsError} if the directory or an option is wrong; nothing is created
 */
export function fileEngine(directory: string, options: FileEngineOptions = {}): FileEngine {
  if (typeof directory !== 'string' || directory === '') {
    const message = `expected the path of a directory, got ${showValue(directory)}`
    throw new OptionsError(`The directory of a fileEngine is wrong: ${message}.`, [{ path: ['directory'], message }])
  }
  const { compact } = parseOptions(fileEngineOptions, options, 'options of a fileEngine')
  return new Files(directory, compact)
}

class Files implements FileEngine {
  readonly #logs = new Map<string, Promise<LogFile>>()

  #snapshots: Promise<void> = Promise.resolve()

  constructor(
    private readonly directory: string,
    private readonly compact: boolean,
  ) {}

  events(key: string, offset = 0, limit = Infinity, tags: readonly string[] = []): EventStream {
    const read = async (): Promise<PersistedEvent[]> => {
      const log = await this.#log(key)
      const events = (await log.read()) as PersistedEvent[]
      return events
        .filter((event) => event.sequenceNumber > offset && tags.every((tag) => event.tags.includes(tag)))
        .sort((a, b) => a.sequenceNumber - b.sequenceNumber)
        .slice(0, limit)
    }
    const stream: Pick<EventStream, 'reduce'> & PromiseLike<PersistedEvent[]> = {
      then: (onfulfilled, onrejected) => read().then(onfulfilled, onrejected),
      reduce: async (callback, initial) => (await read()).reduce(callback, initial),
    }
    // nact's type says the DOM's Event, but its engines return persisted events.
    return stream as unknown as EventStream
  }

  async latestSnapshot(key: string): Promise<PersistedSnapshot> {
    try {
      const { values } = readFrames(await readFile(this.#path(key, 'snapshot')))
      if (values.length !== 1) throw new DamagedFile(MAGIC.length)
      return values[0] as PersistedSnapshot
    } catch (error) {
      // nact's type does not allow undefined, but its actors check for it.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined as never
      throw error
    }
  }

  takeSnapshot(snapshot: PersistedSnapshot): Promise<void> {
    // One at a time: they replace the same file.
    const taken = this.#snapshots.then(() => this.#takeSnapshot(snapshot))
    this.#snapshots = taken.catch(() => undefined)
    return taken
  }

  async persist(event: PersistedEvent): Promise<void> {
    const log = await this.#log(event.key)
    await log.append({ ...event })
  }

  async close(): Promise<void> {
    await this.#snapshots
    const logs = [...this.#logs.values()]
    await Promise.all(logs.map(async (opened) => (await opened).close()))
  }

  async #takeSnapshot(snapshot: PersistedSnapshot): Promise<void> {
    const { key, sequenceNumber } = snapshot
    const log = await this.#log(key)
    await replaceFile(this.#path(key, 'snapshot'), Buffer.concat([MAGIC, frame({ ...snapshot })]))
    if (this.compact) await log.compact((event) => (event as PersistedEvent).sequenceNumber > sequenceNumber)
  }

  #log(key: string): Promise<LogFile> {
    const known = this.#logs.get(key)
    if (known !== undefined) return known
    const opened = mkdir(this.directory, { recursive: true }).then(() => LogFile.open(this.#path(key, 'log')))
    this.#logs.set(key, opened)
    // A file that could not be opened may open the next time.
    opened.catch(() => this.#logs.delete(key))
    return opened
  }

  #path(key: string, kind: 'log' | 'snapshot'): string {
    return join(this.directory, `${encodeURIComponent(key)}.${kind}`)
  }
}
