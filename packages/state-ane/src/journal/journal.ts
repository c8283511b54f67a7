import { applyPatches, type Patch } from 'immer'
import type { PersistedEvent, PersistenceEngine } from 'nact'
import { z } from 'zod'
import { frozen } from '../cells/produce'
import type { CellKey } from '../errors'

export const journalOptions = z.strictObject({
  engine: z
    .custom<PersistenceEngine>(
      (engine) =>
        ['events', 'latestSnapshot', 'takeSnapshot', 'persist'].every(
          (method) => typeof (engine as Record<string, unknown> | null | undefined)?.[method] === 'function',
        ),
      "expected a persistence engine of nact's: events, latestSnapshot, takeSnapshot, persist",
    )
    .describe("Keeps the events: any persistence engine of nact's, or `fileEngine(directory)`."),
  key: z.string().min(1).default('store').describe('Under which key the engine keeps them. One store, one key.'),
  snapshotEvery: z
    .int()
    .positive()
    .default(1000)
    .describe('After how many commits all values are written, so that a start need not replay older commits.'),
  onSnapshotError: z
    .custom<(error: unknown) => void>((value) => typeof value === 'function', 'expected a function')
    .optional()
    .describe('Gets what a failed snapshot says; no commit is touched by it. Default: a warning of the process.'),
})

/** How a store keeps its commits. Only `engine` is needed. */
export type JournalOptions = z.input<typeof journalOptions>

/** One cell's part of a commit: the patches that lead to `version`. */
export interface JournaledChange {
  readonly key: CellKey
  readonly version: number
  readonly patches: readonly Patch[]
}

/** One cell as the journal knows it. */
export interface JournaledValue {
  readonly version: number
  readonly value: unknown
}

/** What an event contains. */
interface EventData {
  readonly changes: readonly JournaledChange[]
  /** Earlier events that must be ignored: their write failed, and their commits were refused, though something may be there. */
  readonly void?: readonly number[]
}

/** What a snapshot contains. */
interface SnapshotData {
  readonly cells: readonly (JournaledValue & { readonly key: CellKey })[]
}

/** What is in the journal does not fit together, so the state before it is not known. Nothing was changed. */
export class JournalError extends Error {
  override readonly name = 'JournalError'
}

/** Writes the commits of one store, and reads them again. */
export class Journal {
  #sequence = 0
  /** Sequence numbers of the events that are being written. */
  readonly #writing = new Set<number>()
  #void: number[] = []
  #sinceSnapshot = 0
  #snapshot: Promise<void> | undefined

  constructor(private readonly options: z.output<typeof journalOptions>) {}

  /**
   * Reads everything that was committed.
   *
   * An event counts for a cell if it is one version further than what is known; a snapshot may be newer than events that are
   * still there, and these count for nothing.
   *
   * @throws {JournalError} if commits are missing in between; whatever the engine fails with
   */
  async replay(): Promise<Map<CellKey, JournaledValue>> {
    const { engine, key } = this.options
    const cells = new Map<CellKey, JournaledValue>()
    const snapshot = (await engine.latestSnapshot(key)) as { data: SnapshotData; sequenceNumber: number } | undefined
    for (const { key: cell, ...known } of snapshot?.data.cells ?? []) cells.set(cell, known)
    this.#sequence = snapshot?.sequenceNumber ?? 0
    const events = await this.#events(this.#sequence)
    const ignored = new Set(events.flatMap(({ data }) => (data as EventData).void ?? []))
    for (const { data, sequenceNumber, isDeleted } of events) {
      this.#sequence = Math.max(this.#sequence, sequenceNumber)
      if (isDeleted || ignored.has(sequenceNumber)) continue
      for (const change of (data as EventData).changes) applyChange(cells, change)
      this.#sinceSnapshot++
    }
    return cells
  }

  /**
   * Resolves when the changes of one commit are safe. When it rejects they count for nothing, now and after a restart; only if
   * the process ends before anything else is written may the engine still have them.
   *
   * @param put puts the changes in place; called as soon as they are safe, so that no snapshot falls in between
   */
  async append(changes: readonly JournaledChange[], put: () => void): Promise<void> {
    const sequence = ++this.#sequence
    const voided = this.#void
    this.#void = []
    this.#writing.add(sequence)
    try {
      await this.options.engine.persist(
        this.#event(sequence, voided.length > 0 ? { changes, void: voided } : { changes }),
      )
    } catch (error) {
      this.#writing.delete(sequence)
      this.#void.push(...voided, sequence)
      throw error
    }
    this.#sinceSnapshot++
    try {
      put()
    } finally {
      this.#writing.delete(sequence)
    }
  }

  /** Takes a snapshot if it is time for one. `cells` gives all values, with all commits that are safe. */
  considerSnapshot(cells: () => SnapshotData['cells']): void {
    if (this.#sinceSnapshot < this.options.snapshotEvery || this.#snapshot !== undefined) return
    this.#sinceSnapshot = 0
    this.#snapshot = this.#takeSnapshot(cells())
      .catch((error: unknown) => this.#report(error))
      .then(() => (this.#snapshot = undefined))
  }

  async #takeSnapshot(cells: SnapshotData['cells']): Promise<void> {
    // Events that are still being written are not in it, and must be read again after it.
    const sequenceNumber = Math.min(this.#sequence, ...[...this.#writing].map((sequence) => sequence - 1))
    const data: SnapshotData = { cells }
    await this.options.engine.takeSnapshot({ data, sequenceNumber, key: this.options.key, createdAt: wallClock() })
  }

  #report(error: unknown): void {
    const { onSnapshotError } = this.options
    if (onSnapshotError !== undefined) onSnapshotError(error)
    else process.emitWarning(`A snapshot of journal "${this.options.key}" failed: ${String(error)}`)
  }

  #event(sequenceNumber: number, data: EventData): PersistedEvent {
    return { data, sequenceNumber, key: this.options.key, tags: [], createdAt: wallClock(), isDeleted: false }
  }

  /** The events after `offset` in their order, from any kind of engine: nact's streams, arrays, promises of either. */
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

function applyChange(cells: Map<CellKey, JournaledValue>, { key, version, patches }: JournaledChange): void {
  const known = cells.get(key)
  if (known !== undefined && version <= known.version) return
  const whole = patches.length === 1 && patches[0]?.path.length === 0
  if (!whole && known?.version !== version - 1)
    throw new JournalError(
      `Commits of cell "${key}" are missing between versions ${known?.version ?? 0} and ${version}: the journal is not whole.`,
    )
  // Wrapped, because a value as a whole may be replaced by anything, and immer's patches start from objects.
  const prefixed = patches.map((patch) => ({ ...patch, path: ['value', ...patch.path] }))
  const { value } = applyPatches({ value: known?.value }, prefixed)
  cells.set(key, { version, value: frozen(value) })
}

function hasReduce(events: unknown): boolean {
  return typeof (events as { reduce?: unknown } | null | undefined)?.reduce === 'function'
}

/** Milliseconds since 1970, for people who look into the journal; nothing is decided by it. */
function wallClock(): number {
  return new Date().getTime()
}
