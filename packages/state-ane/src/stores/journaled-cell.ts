import type { Patch } from 'immer'
import type { Cell, Hold, Recipe, Watcher } from '../cells/cell'
import type { MemoryCell, MemoryHold, Prepared } from '../cells/memory-cell'
import { type CellKey, ConflictError } from '../errors'
import type { GroupCommit, GroupPorts } from '../groups/group-commit'
import type { Work } from '../groups/speculation'
import { setting, updating } from '../groups/works'
import type { JournaledValue } from '../journal/journal'

/** What a cell needs of its store. */
export interface CellPorts {
  /** Resolves when the journal is read. */
  readonly ready: Promise<void>
  /** Makes a group that the store ends with itself. */
  group(ports: Pick<GroupPorts, 'acquire' | 'cells'>): GroupCommit
  /** Forgets a group that nobody uses any more. */
  forget(group: GroupCommit): void
}

/** A cell in memory whose commits a journal keeps. Commits that wait are written together. */
export class JournaledCell<S> implements Cell<S> {
  /** Whether the journal knows a value. Until then, a commit must write the whole value. */
  inJournal = false
  /** Whether a group of commits has the cell. It is not held then: whoever commits joins the next group. */
  inGroup = false
  readonly waits = true
  /** Made for the first commit, so that a cell that is only read stays small. */
  #group: GroupCommit | undefined

  constructor(
    private readonly inner: MemoryCell<S>,
    private readonly ports: CellPorts,
  ) {}

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
    return this.inner.held && !this.inGroup
  }

  update(recipe: Recipe<S>): Promise<S> {
    return this.#commit(updating(recipe))
  }

  compareAndSet(version: number, next: S): Promise<boolean> {
    return this.#commit(setting(version, next))
  }

  /** Replaces the value, whatever the version is. */
  async set(next: S): Promise<void> {
    await this.#commit(setting(undefined, next))
  }

  async hold(): Promise<Hold<S>> {
    await this.ports.ready
    return new JournaledHold(this.inner, (await this.inner.hold()) as MemoryHold<S>, this.ports)
  }

  watch(watcher: Watcher<S>): () => void {
    return this.inner.watch(watcher)
  }

  patchesSince(version: number): readonly Patch[] | undefined {
    return this.inner.patchesSince(version)
  }

  restore({ version, value }: JournaledValue): void {
    this.inner.restore(version, value as S)
    this.inJournal = true
  }

  /** Puts a change in place that the journal has. `tell` calls the watchers. */
  put(change: Prepared<unknown>): void {
    this.inJournal = true
    this.inner.put(change as Prepared<S>)
  }

  tell(): void {
    this.inner.tell()
  }

  #commit<T>(work: Work<T>): Promise<T> {
    const cells = [this.inner as MemoryCell<unknown>]
    this.#group ??= this.ports.group({ acquire: () => this.#acquire(), cells: () => cells })
    return this.#group.commit(work)
  }

  async #acquire(): Promise<() => void> {
    await this.ports.ready
    const hold = await this.inner.hold()
    this.inGroup = true
    return () => {
      this.inGroup = false
      hold.release()
    }
  }
}

/** Commits of one holder are written together, too, if they wait for each other. */
class JournaledHold<S> implements Hold<S> {
  readonly #group: GroupCommit
  #released = false

  constructor(
    private readonly inner: MemoryCell<S>,
    private readonly hold: MemoryHold<S>,
    private readonly ports: CellPorts,
  ) {
    this.#group = ports.group({
      acquire: () => {
        hold.check()
        return () => undefined
      },
      cells: () => [inner as MemoryCell<unknown>],
    })
  }

  async update(recipe: Recipe<S>): Promise<S> {
    this.#check()
    return this.#group.commit(updating(recipe))
  }

  async compareAndSet(version: number, next: S): Promise<boolean> {
    this.#check()
    return this.#group.commit(setting(version, next))
  }

  /** What is being written is written first. */
  release(): void {
    if (this.#released) return
    this.#released = true
    if (this.#group.running === undefined) this.#end()
    else void this.#group.running.then(() => this.#end())
  }

  #end(): void {
    this.ports.forget(this.#group)
    this.hold.release()
  }

  #check(): void {
    this.hold.check()
    if (this.#released) throw new ConflictError(this.inner.key, 'released')
  }
}
