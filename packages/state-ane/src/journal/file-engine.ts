import { OptionsError, parseOptions, readSafely, showValue, wrongArgument } from '@genpool/runtime'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { EventStream, PersistedEvent, PersistedSnapshot, PersistenceEngine } from 'nact'
import { CERTAIN } from './certain'
import { damagedSnapshot, warnOfShortLog } from './damage'
import { codeOf, fileError } from './file-error'
import { DamagedFile, frame, MAGIC, readBodies } from './frames'
import { Lock } from './lock'
import { LogFile } from './log-file'
import { replaceFile } from './replace-file'
import { PLACE, type RecordPlace } from './record-place'
import { cutAt } from './remedies'
import { decoded } from './too-deep'

export interface FileEngineOptions {
  /**
   * Whether a snapshot removes the events that it replaces. Default true: the files stay small and fast to read. Use false to
   * keep all events, which nact's persistent queries need.
   */
  readonly compact?: boolean
}

/** A nact persistence engine with its files in one directory. */
export interface FileEngine extends PersistenceEngine {
  /** Waits for writes in progress, closes the files and releases the locks. Later reads and writes are refused. */
  close(): Promise<void>
}

const fileEngineOptions = z.strictObject({ compact: z.boolean().default(true) })

/**
 * A persistence engine in plain files, for `journal` and for nact's own persistent actors.
 *
 * Each key has an append-only log and a snapshot. A record has its length and checksum, and is acknowledged when it is on the
 * disk (fsync); writes that arrive while the disk is busy share one sync. A record torn by a crash is cut off when the file is
 * opened, with a warning of the process. For any other damage, what reads or writes rejects with a JournalError that says how to go on.
 *
 * One engine at a time may use a key: the first one has a lock, and another is refused with a LockedError, in this process or in
 * another. The lock ends with `close()`; the lock of a dead process is taken over.
 *
 * @param directory made when it is not there. On a network drive, locks of other hosts are seen, but not whether they are alive
 * @throws {OptionsError} if the directory or an option is wrong; nothing is created
 * @example const store = createStore({ journal: { engine: fileEngine('/var/lib/shop') } })
 */
export function fileEngine(directory: string, options: FileEngineOptions = {}): FileEngine {
  if (typeof directory !== 'string' || directory === '') {
    const message = `expected the path of a directory, got ${showValue(directory)}`
    throw new OptionsError(`The directory of a fileEngine is wrong: ${message}.`, [{ path: ['directory'], message }])
  }
  const { compact } = parseOptions(fileEngineOptions, options, 'options of a fileEngine')
  return new Files(directory, compact)
}

/** Another thing stands in the place of a snapshot, or nothing. */
const LOST = new Set(['EISDIR', 'ENOENT'])

/** The log of one key, and the right to use it. */
interface Opened {
  readonly log: LogFile
  readonly lock: Lock
}

class Files implements FileEngine {
  readonly [CERTAIN] = true
  readonly #opened = new Map<string, Promise<Opened>>()
  #closed = false
  readonly #writing = new Set<Promise<void>>()
  #snapshots: Promise<void> = Promise.resolve()

  constructor(
    private readonly directory: string,
    private readonly compact: boolean,
  ) {}

  events(key: string, offset = 0, limit = Infinity, tags: readonly string[] = []): EventStream {
    const read = async (): Promise<PersistedEvent[]> => {
      this.#checkOpen(key)
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

  async [PLACE](key: string, record: number): Promise<RecordPlace | undefined> {
    const path = this.#path(key, 'log')
    const found = await (await this.#log(key)).find(record)
    if (found === undefined) return undefined
    const { position, first } = found
    const remedy =
      `Put the log and the snapshot back from one backup; or, if you can lose the records from ${first} on, ` +
      `${cutAt(path, position)}.`
    return { path, position, remedy }
  }

  async latestSnapshot(key: string): Promise<PersistedSnapshot> {
    checkKey(key)
    this.#checkOpen(key)
    // Whoever has the lock: others may replace the snapshot, and the log with it.
    const log = await this.#log(key)
    const path = this.#path(key, 'snapshot')
    try {
      const file = await readFile(path)
      const snapshot = (await snapshotIn(path, file)) as PersistedSnapshot
      if (!log.isCompacted) await this.#checkEnd(log, snapshot)
      return snapshot
    } catch (error) {
      // nact's type does not allow undefined, but its actors check for it.
      if (codeOf(error) === 'ENOENT' && !log.isCompacted) return undefined as never
      if (!(error instanceof DamagedFile) && !LOST.has(codeOf(error) as string)) throw fileError(path, error)
      const records = (await log.read()) as PersistedEvent[]
      const numbers = records.map(({ sequenceNumber }) => sequenceNumber)
      const first = numbers.length === 0 ? undefined : Math.min(...numbers)
      throw damagedSnapshot(path, error, { log: this.#path(key, 'log'), first, isCompacted: log.isCompacted })
    }
  }

  /** A log that was never made smaller has all records, also those of the snapshot. */
  async #checkEnd(log: LogFile, { key, sequenceNumber }: PersistedSnapshot): Promise<void> {
    const records = (await log.read()) as PersistedEvent[]
    const last = records.reduce((most, record) => Math.max(most, record.sequenceNumber), 0)
    if (last < sequenceNumber) warnOfShortLog(this.#path(key, 'log'), last, sequenceNumber)
  }

  async takeSnapshot(snapshot: PersistedSnapshot): Promise<void> {
    if (!isRecord(snapshot)) throw wrongRecord('takeSnapshot', snapshot)
    this.#checkOpen(snapshot.key)
    // One at a time: they replace the same file.
    const taken = this.#snapshots.then(() => this.#takeSnapshot(snapshot))
    this.#snapshots = taken.catch(() => undefined)
    return taken
  }

  async persist(event: PersistedEvent): Promise<void> {
    if (!isRecord(event)) throw wrongRecord('persist', event)
    this.#checkOpen(event.key)
    const writing = this.#append(event)
    this.#writing.add(writing)
    try {
      await writing
    } finally {
      this.#writing.delete(writing)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled([this.#snapshots, ...this.#writing])
    // What could not be opened has nothing to close.
    await Promise.all([...this.#opened.values()].map((opened) => opened.then(end, () => undefined)))
  }

  async #append(event: PersistedEvent): Promise<void> {
    const log = await this.#log(event.key)
    await log.append({ ...event })
  }

  async #takeSnapshot(snapshot: PersistedSnapshot): Promise<void> {
    const { key, sequenceNumber } = snapshot
    const log = await this.#log(key)
    await replaceFile(this.#path(key, 'snapshot'), Buffer.concat([MAGIC, frame({ ...snapshot })]))
    // A new log beside a snapshot looks like one that was cut: it must say that it is none.
    if (this.compact || log.isNew)
      await log.compact((event) => (event as PersistedEvent).sequenceNumber > sequenceNumber)
  }

  async #log(key: string): Promise<LogFile> {
    checkKey(key)
    let opened = this.#opened.get(key)
    if (opened === undefined) {
      opened = this.#open(key)
      this.#opened.set(key, opened)
      // A file that could not be opened may be there the next time.
      opened.catch(() => this.#opened.delete(key))
    }
    return (await opened).log
  }

  async #open(key: string): Promise<Opened> {
    const lock = await this.#lock(key)
    try {
      const path = this.#path(key, 'log')
      return { lock, log: await LogFile.open(path, existsSync(this.#path(key, 'snapshot'))) }
    } catch (error) {
      await lock.release()
      throw error
    }
  }

  async #lock(key: string): Promise<Lock> {
    const path = this.#path(key, 'lock')
    try {
      return await Lock.take(path)
    } catch (error) {
      throw fileError(path, error)
    }
  }

  /** Whoever has the lock now may write. */
  #checkOpen(key: string): void {
    if (this.#closed) throw new Error(closedText(this.directory, key))
  }

  #path(key: string, kind: 'log' | 'snapshot' | 'lock'): string {
    return join(this.directory, `${encodeURIComponent(key)}.${kind}`)
  }
}

function checkKey(key: unknown): void {
  if (typeof key === 'string') return
  throw wrongArgument({ of: 'a method of a fileEngine', argument: 'key', expected: 'a string' }, key)
}

function isRecord(record: { readonly key: unknown }): boolean {
  return readSafely(() => typeof record.key === 'string', false)
}

function wrongRecord(method: string, given: unknown): OptionsError {
  return wrongArgument({ of: `${method} of a fileEngine`, argument: 'record', expected: 'an object with a key' }, given)
}

function closedText(directory: string, key: string): string {
  return (
    `The file engine of "${directory}" was closed by its "close()", so nothing was read or written for key "${key}". ` +
    'Close it after everything that uses it has stopped ("await drain(pool)", "store.destroy()"), or make a new one with ' +
    '"fileEngine(directory)".'
  )
}

/** @throws {DamagedFile} if it is not one whole snapshot: unlike a log, it is never half written */
async function snapshotIn(path: string, file: Buffer): Promise<unknown> {
  const { bodies } = readBodies(file)
  const values = bodies.length === 1 ? await decoded(path, bodies) : []
  if (typeof (values[0] as Partial<PersistedSnapshot> | undefined)?.sequenceNumber === 'number') return values[0]
  throw new DamagedFile('frame', MAGIC.length, [], file.length)
}

async function end({ log, lock }: Opened): Promise<void> {
  try {
    await log.close()
  } finally {
    await lock.release()
  }
}
