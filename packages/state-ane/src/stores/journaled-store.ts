import type { Patch } from 'immer'
import type { Cell, Hold, Recipe, Watcher } from '../cells/cell'
import { holding } from '../cells/cell'
import type { MemoryCell, MemoryHold, Prepared } from '../cells/memory-cell'
import { frozenState, produceWithPatches } from '../cells/produce'
import { commit, prepare, type TransactionRecipe, type Values } from '../cells/transaction'
import type { CellKey } from '../errors'
import type { Journal, JournaledChange, JournaledValue } from '../journal/journal'
import { checkKeys, type MemoryStore } from './memory-store'
import type { CellOptions } from './options'
import type { AsyncStore } from './store'

/**
 * A store whose commits are promises. A commit takes effect, for readers too, when the journal has it.
 *
 * Commits of one cell are written one after another. Commits of different cells are written at the same time.
 */
export class JournaledStore implements AsyncStore {
  readonly ready: Promise<void>
  readonly #cells = new Map<CellKey, JournaledCell<never>>()
  /** Values from the journal for cells that were not used since the start. */
  #replayed = new Map<CellKey, JournaledValue>()

  constructor(
    private readonly memory: MemoryStore,
    private readonly journal: Journal,
  ) {
    this.ready = this.#replay()
    // Every commit waits for `ready` and rejects with its error. Without a commit, the rejection must not be unhandled.
    this.ready.catch(() => undefined)
  }

  get size(): number | undefined {
    return this.memory.size
  }

  get destroyed(): boolean {
    return this.memory.destroyed
  }

  cell<S>(key: CellKey, options?: CellOptions<S>): JournaledCell<S> {
    const inner = this.memory.cell(key, options)
    const known = this.#cells.get(key) as JournaledCell<S> | undefined
    if (known !== undefined) return known
    const cell = new JournaledCell(inner, this)
    this.#cells.set(key, cell as unknown as JournaledCell<never>)
    const replayed = this.#replayed.get(key)
    if (replayed !== undefined) cell.restore(replayed)
    this.#replayed.delete(key)
    return cell
  }

  async transaction(keys: readonly CellKey[], recipe: TransactionRecipe): Promise<Values> {
    checkKeys(keys, this.size)
    for (const key of keys) this.cell(key)
    await this.ready
    return this.memory.holdingAll(keys, async (inner) => {
      const [values, parts] = prepare(inner, recipe, true)
      if (parts.length === 0) return values
      const changes = parts.map(({ cell, version, change }) => changeOf(this.cell(cell.key), version, change))
      await this.write(changes, () => commit(parts))
      return values
    })
  }

  get<S = unknown>(key: CellKey): S {
    return this.cell<S>(key).value
  }

  async put(key: CellKey, value: unknown): Promise<void> {
    const cell = this.cell(key)
    await holding(cell, (hold) => hold.compareAndSet(cell.version, value))
  }

  clear(): void {
    this.memory.clear()
  }

  destroy(): void {
    this.memory.destroy()
    this.#cells.clear()
    this.#replayed.clear()
  }

  /** Writes the changes, and puts them in place as soon as they are safe. */
  async write(changes: readonly JournaledChange[], put: () => void): Promise<void> {
    await this.journal.append(changes, () => {
      for (const { key } of changes) (this.#cells.get(key) as JournaledCell<never> | undefined)?.isInJournal()
      put()
    })
    this.journal.considerSnapshot(() => this.#known())
  }

  #known(): readonly (JournaledValue & { readonly key: CellKey })[] {
    const asked = [...this.#cells.values()].filter(({ inJournal }) => inJournal)
    return [
      ...[...this.#replayed].map(([key, known]) => ({ key, ...known })),
      ...asked.map(({ key, version, value }) => ({ key, version, value })),
    ]
  }

  async #replay(): Promise<void> {
    const replayed = await this.journal.replay()
    if (this.destroyed) return
    this.#replayed = replayed
    for (const [key, cell] of this.#cells) {
      const known = replayed.get(key)
      if (known !== undefined) cell.restore(known)
      replayed.delete(key)
    }
  }
}

class JournaledCell<S> implements Cell<S> {
  #inJournal = false

  constructor(
    private readonly inner: MemoryCell<S>,
    private readonly store: JournaledStore,
  ) {}

  /** Whether the journal knows a value. Until then, a commit must write the whole value. */
  get inJournal(): boolean {
    return this.#inJournal
  }

  get key(): CellKey {
    return this.inner.key
  }

  get value(): S {
    return this.inner.value
  }

  get version(): number {
    return this.inner.version
  }

  get held(): boolean {
    return this.inner.held
  }

  async update(recipe: Recipe<S>): Promise<S> {
    return holding(this, (hold) => hold.update(recipe))
  }

  async compareAndSet(version: number, next: S): Promise<boolean> {
    return holding(this, (hold) => hold.compareAndSet(version, next))
  }

  async hold(): Promise<Hold<S>> {
    await this.store.ready
    return new JournaledHold(this, (await this.inner.hold()) as MemoryHold<S>, this.store)
  }

  watch(watcher: Watcher<S>): () => void {
    return this.inner.watch(watcher)
  }

  patchesSince(version: number): readonly Patch[] | undefined {
    return this.inner.patchesSince(version)
  }

  restore({ version, value }: JournaledValue): void {
    this.inner.restore(version, value as S)
    this.#inJournal = true
  }

  isInJournal(): void {
    this.#inJournal = true
  }

  /** Runs a recipe on the value. Returns undefined if it changes nothing. */
  prepare(recipe: Recipe<S>): Prepared<S> | undefined {
    const [next, patches, inverse] = produceWithPatches(this.key, this.inner.value, recipe)
    return Object.is(next, this.inner.value) ? undefined : { next, patches, inverse }
  }

  validate(next: S): void {
    this.inner.validate(next)
  }

  put(prepared: Prepared<S>): void {
    this.inner.put(prepared)
    this.inner.tell()
  }
}

class JournaledHold<S> implements Hold<S> {
  /** The commit that is being written. A release waits for its end. */
  #writing: Promise<unknown> | undefined

  constructor(
    private readonly cell: JournaledCell<S>,
    private readonly inner: MemoryHold<S>,
    private readonly store: JournaledStore,
  ) {}

  update(recipe: Recipe<S>): Promise<S> {
    return this.#alone(async () => {
      const prepared = this.cell.prepare(recipe)
      if (prepared !== undefined) await this.#commit(prepared)
      return prepared === undefined ? this.cell.value : prepared.next
    })
  }

  compareAndSet(version: number, next: S): Promise<boolean> {
    return this.#alone(async () => {
      if (version !== this.cell.version) return false
      const prepared: Prepared<S> = { next, patches: undefined, inverse: undefined }
      if (!Object.is(next, this.cell.value)) await this.#commit(prepared)
      return true
    })
  }

  release(): void {
    if (this.#writing === undefined) this.inner.release()
    else void this.#writing.then(() => this.release())
  }

  async #commit(prepared: Prepared<S>): Promise<void> {
    this.cell.validate(prepared.next)
    frozenState(this.cell.key, prepared.next, this.cell.value)
    await this.store.write([changeOf(this.cell, this.cell.version, prepared)], () => this.cell.put(prepared))
  }

  /** Runs `work` after the commit that is being written: one hold commits one change at a time. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    while (this.#writing !== undefined) await this.#writing
    this.inner.check()
    const working = work()
    const done = working.then(
      () => (this.#writing = undefined),
      () => (this.#writing = undefined),
    )
    this.#writing = done
    return working
  }
}

function changeOf<S>(cell: JournaledCell<S>, version: number, { next, patches }: Prepared<S>): JournaledChange {
  const whole: readonly Patch[] = [{ op: 'replace', path: [], value: next }]
  return { key: cell.key, version: version + 1, patches: cell.inJournal ? (patches ?? whole) : whole }
}
