import { type Clock, refused } from '@genpool/runtime'
import type { Patch } from 'immer'
import type { After, Cell, Change, Hold, Recipe, Replay, Watcher } from '../cells/cell'
import type { CellCondition, StorageCondition } from '../cells/condition'
import type { MemoryCell } from '../cells/memory-cell'
import type { MemoryHold } from '../cells/memory-hold'
import type { MaybePromise } from '../cells/maybe-promise'
import { type CellKey, ConflictError } from '../errors'
import type { GroupCommit, GroupPorts } from '../groups/group-commit'
import type { Work } from '../groups/speculation'
import { changing, replaying, setting, settingAt, updating } from '../groups/works'
import type { Lease } from './backing'
import { CommitWatch } from './commit-watch'

/** What belongs to the commits of one group. */
export interface GroupOptions {
  readonly lease?: Lease | undefined
  readonly watch?: CommitWatch
}

/** What a cell needs of its store. */
export interface CellPorts {
  /** Resolves when all values are known that are kept. */
  readonly ready: Promise<void>
  /** Makes a group that the store ends with itself. Its commits are made under the lease, if there is one. */
  group(ports: Pick<GroupPorts, 'acquire' | 'cells'>, more?: GroupOptions): GroupCommit
  /** What the backing says of itself. */
  condition(key: CellKey): StorageCondition
  readonly clock: Clock
  /** Forgets a group that nobody uses any more. */
  forget(group: GroupCommit): void
  /** Waits until nobody elsewhere has a lease for the cell. */
  free(key: CellKey): MaybePromise<void>
  /** Waits for a lease, if others commit, too. */
  lease(key: CellKey): MaybePromise<Lease | undefined>
  /** Waits until readers here see what is the latest now. */
  refresh(key: CellKey): MaybePromise<void>
}

/** A cell in memory whose commits a backing keeps. Commits that wait are written together. */
export class GroupedCell<S> implements Cell<S> {
  /** Whether a group of commits has the cell. It is not held then: whoever commits joins the next group. */
  inGroup = false
  readonly waits = true
  /** Made for the first commit, so that a cell that is only read stays small. */
  #group: GroupCommit | undefined
  #watch: CommitWatch | undefined

  constructor(
    private readonly inner: MemoryCell<S>,
    private readonly ports: CellPorts,
  ) {}

  condition(): CellCondition {
    return { ...this.#watched.figures, ...this.ports.condition(this.key) }
  }

  get #watched(): CommitWatch {
    return (this.#watch ??= new CommitWatch(this.ports.clock))
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
    return this.inner.held && !this.inGroup
  }

  update(recipe: Recipe<S>): Promise<S> {
    return this.#commit(updating(recipe))
  }

  compareAndSet(version: number, next: S): Promise<boolean> {
    return this.#commit(settingAt(version, next))
  }

  commit(change: Change<S>): Promise<After<S>> {
    return this.#commit(changing(change))
  }

  replay(change: Replay<S>): Promise<After<S>> {
    return this.#commit(replaying(change))
  }

  /** Replaces the value, whatever the version is. */
  async set(next: S): Promise<void> {
    await this.#commit(setting(undefined, next))
  }

  async fresh(): Promise<S> {
    try {
      await this.ports.ready
      await this.ports.refresh(this.key)
      return this.value
    } catch (error) {
      return refused(error)
    }
  }

  async hold(): Promise<Hold<S>> {
    try {
      return await this.#hold()
    } catch (error) {
      return refused(error)
    }
  }

  async #hold(): Promise<Hold<S>> {
    await this.ports.ready
    const hold = (await this.inner.hold()) as MemoryHold<S>
    let lease: Lease | undefined
    try {
      const wait = this.ports.lease(this.key)
      lease = wait === undefined ? undefined : await this.#watched.during(wait)
      // The store may have been destroyed meanwhile.
      hold.check()
      return new GroupedHold(this.inner, { hold, lease, watch: this.#watched }, this.ports)
    } catch (error) {
      void lease?.release()
      // If the store was destroyed meanwhile, that is the reason.
      hold.check()
      hold.release()
      throw error
    }
  }

  watch(watcher: Watcher<S>): () => void {
    return this.inner.watch(watcher)
  }

  patchesSince(version: number): readonly Patch[] | undefined {
    return this.inner.patchesSince(version)
  }

  #commit<T>(work: Work<T>): Promise<T> {
    const cells = [this.inner as MemoryCell<unknown>]
    this.#group ??= this.ports.group({ acquire: () => this.#acquire(), cells: () => cells }, { watch: this.#watched })
    return this.#group.commit(work)
  }

  async #acquire(): Promise<() => void> {
    await this.ports.ready
    const hold = await this.inner.hold()
    this.inGroup = true
    const release = (): void => {
      this.inGroup = false
      hold.release()
    }
    try {
      const wait = this.ports.free(this.key)
      if (wait !== undefined) await this.#watched.during(wait)
      return release
    } catch (error) {
      release()
      throw error
    }
  }
}

/** The hold of a cell in this process, and the lease that holds it elsewhere. */
interface Held<S> {
  readonly hold: MemoryHold<S>
  readonly lease: Lease | undefined
  readonly watch: CommitWatch
}

/** Commits of one holder are written together, too, if they wait for each other. */
class GroupedHold<S> implements Hold<S> {
  readonly #group: GroupCommit
  #released = false

  constructor(
    private readonly inner: MemoryCell<S>,
    private readonly held: Held<S>,
    private readonly ports: CellPorts,
  ) {
    const cells = [inner as MemoryCell<unknown>]
    this.#group = ports.group(
      {
        acquire: () => {
          this.#mustHold()
          return () => undefined
        },
        cells: () => {
          // Asked again when somebody else came first: the lease may have been broken.
          this.#mustHold()
          return cells
        },
      },
      held,
    )
  }

  async update(recipe: Recipe<S>): Promise<S> {
    this.#check()
    return this.#group.commit(updating(recipe))
  }

  async compareAndSet(version: number, next: S): Promise<boolean> {
    this.#check()
    return this.#group.commit(settingAt(version, next))
  }

  async commit(change: Change<S>): Promise<After<S>> {
    this.#check()
    return this.#group.commit(changing(change))
  }

  async replay(change: Replay<S>): Promise<After<S>> {
    this.#check()
    return this.#group.commit(replaying(change))
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
    const { hold, lease } = this.held
    const released = lease?.release()
    if (released === undefined) hold.release()
    else void released.then(() => hold.release())
  }

  #mustHold(): void {
    this.held.hold.check()
    this.held.lease?.check()
  }

  #check(): void {
    this.#mustHold()
    if (this.#released) throw new ConflictError(this.inner.key, 'released')
  }
}
