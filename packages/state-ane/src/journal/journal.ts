import { native, textOf } from '@genpool/runtime'
import type { Patch } from 'immer'
import type { PersistedEvent, PersistenceEngine } from 'nact'
import { z } from 'zod'
import { frozen } from '../cells/frozen'
import { type CellKey, UnknownWrite } from '../errors'
import { isCertain } from './certain'
import { BadRecord, recordError } from './bad-record'
import { warnOfFailedSnapshot } from './damage'
import { JournalError } from './journal-error'
import { replayed } from './replayed'
import { Tenure } from './tenure'

export const journalOptions = z.strictObject({
  engine: z
    .custom<PersistenceEngine>(
      (engine) =>
        ['events', 'latestSnapshot', 'takeSnapshot', 'persist'].every(
          (method) => typeof (engine as Record<string, unknown> | null | undefined)?.[method] === 'function',
        ),
      'expected a nact persistence engine: events, latestSnapshot, takeSnapshot, persist',
    )
    .describe('Keeps the events: any nact persistence engine, or `fileEngine(directory)`.'),
  key: z
    .string()
    .min(1)
    .default('store')
    .describe('The key of the events in the engine. Each store needs its own: a second one is refused.'),
  snapshotEvery: z
    .int()
    .positive()
    .default(1000)
    .describe('Writes all values after this many commits, so that a start does not replay older commits.'),
  onSnapshotError: z
    .custom<(error: unknown) => void>((value) => typeof value === 'function', 'expected a function')
    .optional()
    .describe('Called with the error of a failed snapshot. No commit depends on it. Default: a process warning.'),
})

/** How a store keeps its commits. Only `engine` is required. */
export type JournalOptions = z.input<typeof journalOptions>

/** One cell's part of an event: the patches that lead to `version`. */
export interface JournaledChange {
  readonly key: CellKey
  /** The version that they start from, if that is not the one before. */
  readonly from?: number
  readonly version: number
  readonly patches: readonly Patch[]
}

/** The version and value of one cell in the journal. */
export interface JournaledValue {
  readonly version: number
  readonly value: unknown
}

/** The content of an event. */
interface EventData {
  readonly changes: readonly JournaledChange[]
  /** Earlier events to ignore: their write failed and their commits were refused, but the engine may have kept them. */
  readonly void?: readonly number[]
}

/** The content of a snapshot. */
interface SnapshotData {
  readonly cells: readonly (JournaledValue & { readonly key: CellKey })[]
}

/** Writes and reads the commits of one store. */
export class Journal {
  #sequence = 0
  /** Sequence numbers of the events that are being written. */
  readonly #writing = new Set<number>()
  #void: number[] = []
  #sinceSnapshot = 0
  #snapshot: Promise<void> | undefined
  readonly #tenure: Tenure
  /** What the engine is doing. */
  readonly #atWork = new Set<Promise<unknown>>()

  /**
   * @param store its name
   * @throws {OptionsError} if another store writes under the same key of the engine
   */
  constructor(
    private readonly options: z.output<typeof journalOptions>,
    store: string,
  ) {
    this.#tenure = new Tenure(options.engine, options.key, store)
  }

  /** Another store may have the key when what is being written is written. */
  end(): void {
    this.#tenure.end(Promise.allSettled([...this.#atWork, this.#snapshot]))
  }

  /**
   * Reads all commits.
   *
   * An event applies to a cell if it starts from the known version. Older events may still be there after a
   * snapshot; they are skipped.
   *
   * @throws {JournalError} if commits are missing in between, or one cannot be read; any error of the engine
   */
  async replay(): Promise<Map<CellKey, JournaledValue>> {
    await this.#tenure.begins
    try {
      return await this.#replay()
    } catch (error) {
      // It can never be used.
      this.end()
      throw await recordError(error, this.options)
    }
  }

  async #replay(): Promise<Map<CellKey, JournaledValue>> {
    const { engine, key } = this.options
    const cells = new Map<CellKey, JournaledValue>()
    const snapshot = (await engine.latestSnapshot(key)) as { data: SnapshotData; sequenceNumber: number } | undefined
    for (const { key: cell, ...known } of this.#cellsOf(snapshot?.data)) cells.set(cell, known)
    this.#sequence = snapshot?.sequenceNumber ?? 0
    const events = await this.#events(this.#sequence)
    const ignored = new Set(events.flatMap(({ data }) => (data as EventData | undefined)?.void ?? []))
    for (const { data, sequenceNumber, isDeleted } of events) {
      this.#sequence = Math.max(this.#sequence, sequenceNumber)
      if (isDeleted || ignored.has(sequenceNumber)) continue
      for (const change of changesOf(data as EventData, sequenceNumber)) applyChange(cells, change, sequenceNumber)
      this.#sinceSnapshot += commitsOf(data as EventData)
    }
    for (const [cell, { version, value }] of cells) cells.set(cell, { version, value: frozen(native(value)) })
    return cells
  }

  /**
   * Resolves when the changes are safe: all of them, in one event. If it rejects, they do not count, now or after a restart.
   *
   * @param commits how many commits have made the changes
   * @param put puts the changes in place; called as soon as they are safe, so that no snapshot comes in between
   * @throws {UnknownWrite} if the engine may have kept them, and they count after a restart if no other write succeeds before it
   */
  async append(changes: readonly JournaledChange[], commits: number, put: () => void): Promise<void> {
    const appending = this.#append(changes, commits, put)
    this.#atWork.add(appending)
    try {
      await appending
    } finally {
      this.#atWork.delete(appending)
    }
  }

  async #append(changes: readonly JournaledChange[], commits: number, put: () => void): Promise<void> {
    const sequence = ++this.#sequence
    try {
      await this.#persist(sequence, changes)
    } catch (error) {
      throw await this.#afterFailure(sequence, error)
    }
    this.#sinceSnapshot += commits
    try {
      put()
    } finally {
      this.#writing.delete(sequence)
    }
  }

  /** Writes one event. If that fails, the next one says that it does not count. */
  async #persist(sequence: number, changes: readonly JournaledChange[], failed?: number): Promise<void> {
    const voided = failed === undefined ? this.#void : [...this.#void, failed]
    this.#void = []
    this.#writing.add(sequence)
    try {
      await this.options.engine.persist(
        this.#event(sequence, voided.length > 0 ? { changes, void: voided } : { changes }),
      )
    } catch (error) {
      this.#writing.delete(sequence)
      if (!isCertain(this.options.engine)) this.#void = [...new Set([...this.#void, ...voided, sequence])]
      throw error
    }
  }

  /** Makes sure that an event does not count whose write has failed. Returns the error, which says so if that fails, too. */
  async #afterFailure(failed: number, error: unknown): Promise<unknown> {
    if (error instanceof UnknownWrite || isCertain(this.options.engine)) return error
    const sequence = ++this.#sequence
    try {
      await this.#persist(sequence, [], failed)
      this.#writing.delete(sequence)
      return error
    } catch {
      return new UnknownWrite(error)
    }
  }

  /** Takes a snapshot if it is time for one. `cells` returns all values, with all commits that are safe. */
  considerSnapshot(cells: () => SnapshotData['cells']): void {
    if (this.#sinceSnapshot < this.options.snapshotEvery || this.#snapshot !== undefined) return
    this.#sinceSnapshot = 0
    this.#snapshot = this.#takeSnapshot(cells())
      .catch((error: unknown) => this.#report(error))
      .then(() => (this.#snapshot = undefined))
  }

  #cellsOf(data: SnapshotData | undefined): SnapshotData['cells'] {
    if (data === undefined || Array.isArray(data?.cells)) return data?.cells ?? []
    throw new JournalError(
      `The snapshot of journal "${this.options.key}" has no cells of a store, so something else writes under this key. Nothing was ` +
        'changed. Give the journal another "key".',
    )
  }

  async #takeSnapshot(cells: SnapshotData['cells']): Promise<void> {
    // Events that are being written are not in the snapshot: a replay must read them after it.
    const sequenceNumber = Math.min(this.#sequence, ...[...this.#writing].map((sequence) => sequence - 1))
    const data: SnapshotData = { cells }
    await this.options.engine.takeSnapshot({ data, sequenceNumber, key: this.options.key, createdAt: wallClock() })
  }

  #report(error: unknown): void {
    const { onSnapshotError, key, snapshotEvery } = this.options
    if (onSnapshotError !== undefined) onSnapshotError(error)
    else warnOfFailedSnapshot(key, error, snapshotEvery)
  }

  #event(sequenceNumber: number, data: EventData): PersistedEvent {
    return { data, sequenceNumber, key: this.options.key, tags: [], createdAt: wallClock(), isDeleted: false }
  }

  /** Reads the events after `offset` in order, from any engine: nact's streams, arrays, or promises of them. */
  async #events(offset: number): Promise<PersistedEvent[]> {
    const { engine, key } = this.options
    const found: unknown = engine.events(key, offset, undefined as never, undefined as never)
    const stream = (hasReduce(found) ? found : await found) as ReturnType<PersistenceEngine['events']>
    const events: PersistedEvent[] = []
    await stream.reduce<unknown>((_, event) => void events.push(event), undefined)
    return events
      .filter(({ sequenceNumber }) => sequenceNumber > offset)
      .sort((a, b) => a.sequenceNumber - b.sequenceNumber)
  }
}

function applyChange(cells: Map<CellKey, JournaledValue>, change: JournaledChange, record: number): void {
  const { key, version, from = version - 1, patches } = change
  const known = cells.get(key)
  if (known !== undefined && version <= known.version) return
  const whole = patches.length === 1 && patches[0]?.path.length === 0
  if (!whole && known?.version !== from) {
    const had = known === undefined ? 'has no version of it' : `has version ${known.version}`
    const says = `the journal has a gap: version ${version} of cell "${key}" starts from version ${from}, and what comes before it ${had}`
    throw new BadRecord(record, says)
  }
  try {
    cells.set(key, { version, value: frozen(replayed(known?.value, patches)) })
  } catch (cause) {
    const says = `version ${version} of cell "${key}" does not follow from version ${from} (${textOf(cause)})`
    throw new BadRecord(record, says, cause)
  }
}

/** @throws {BadRecord} if it is of something else that has the same key */
function changesOf(data: EventData | undefined, record: number): readonly JournaledChange[] {
  if (Array.isArray(data?.changes)) return data.changes
  throw new BadRecord(
    record,
    `it has no commits of a store. Something else writes under its key: give each a key of its own`,
  )
}

/** About how many commits an event has. */
function commitsOf({ changes }: EventData): number {
  return Math.max(0, ...changes.map(({ version, from = version - 1 }) => version - from))
}

function hasReduce(events: unknown): boolean {
  return typeof (events as { reduce?: unknown } | null | undefined)?.reduce === 'function'
}

/** Milliseconds since 1970, for people who read the journal. No decision depends on it. */
function wallClock(): number {
  return new Date().getTime()
}
