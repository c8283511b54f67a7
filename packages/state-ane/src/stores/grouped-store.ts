import { isDeepStrictEqual } from 'node:util'
import { type Clock, refused, StoppedError, systemClock, WRITTEN } from '@genpool/runtime'
import { DESTROYED, type StorageCondition } from '../cells/condition'
import type { MaybePromise } from '../cells/maybe-promise'
import type { MemoryCell } from '../cells/memory-cell'
import type { TransactionRecipe, Values } from '../cells/transaction'
import { type CellKey, InvalidError } from '../errors'
import { GroupCommit, type GroupPorts } from '../groups/group-commit'
import type { Commit } from '../groups/speculation'
import { transacting } from '../groups/works'
import type { Arrival, Backing, Lease, Mirror } from './backing'
import { type CellPorts, GroupedCell, type GroupOptions } from './grouped-cell'
import type { MemoryStore } from './memory-store'
import type { CellOptions } from './options'
import type { AsyncStore } from './store'

/**
 * A store whose commits are promises. A commit takes effect, for readers too, when the backing has it.
 *
 * Commits of one cell that come while one is written are written together after it. So are transactions on the same cells. Commits
 * of different cells are written at the same time.
 */
export class GroupedStore implements AsyncStore, CellPorts, Mirror {
  readonly ready: Promise<void>
  readonly #backing: Backing
  readonly #cells = new Map<CellKey, GroupedCell<never>>()
  /** The same cells in memory, which readers see. */
  readonly #inner = new Map<CellKey, MemoryCell<unknown>>()
  #isReady = false
  readonly #groups = new Set<GroupCommit>()
  /** The transactions that wait or are being written, by their cells. */
  readonly #transactions = new Map<string, GroupCommit>()

  constructor(
    private readonly memory: MemoryStore,
    backed: (mirror: Mirror) => Backing,
  ) {
    this.#backing = backed(this)
    this.ready = this.#open()
    // Every commit waits for `ready` and rejects with its error. Without a commit, the rejection must not be unhandled.
    this.ready.catch(() => undefined)
  }

  get name(): string {
    return this.memory.name
  }

  get size(): number | undefined {
    return this.memory.size
  }

  get destroyed(): boolean {
    return this.memory.destroyed
  }

  cell<S>(key: CellKey, options?: CellOptions<S>): GroupedCell<S> {
    const inner = this.memory.cell(key, options)
    const known = this.#cells.get(key) as GroupedCell<S> | undefined
    if (known !== undefined) return known
    const cell = new GroupedCell(inner, this)
    if (this.#isReady) this.#restore(inner as MemoryCell<unknown>)
    this.#cells.set(key, cell as unknown as GroupedCell<never>)
    this.#inner.set(key, inner as MemoryCell<unknown>)
    return cell
  }

  faultOfKey(key: CellKey): string | undefined {
    return this.memory.faultOfKey(key)
  }

  transaction(keys: readonly CellKey[], recipe: TransactionRecipe): Promise<Values> {
    try {
      return this.#transact(keys, recipe)
    } catch (error) {
      return refused(error)
    }
  }

  #transact(keys: readonly CellKey[], recipe: TransactionRecipe): Promise<Values> {
    this.memory.keys.checkAll(keys)
    const distinct = [...new Set(keys)]
    for (const key of distinct) this.cell(key)
    this.#backing.together?.(distinct)
    const name = JSON.stringify(distinct)
    const known = this.#transactions.get(name)
    if (known !== undefined) return known.commit(transacting(recipe))
    const group = this.#transactionsOn(distinct)
    this.#transactions.set(name, group)
    const values = group.commit(transacting(recipe))
    void this.#forgetAtEnd(name, group)
    return values
  }

  get<S = unknown>(key: CellKey): S {
    return this.cell<S>(key).value
  }

  async put(key: CellKey, value: unknown): Promise<void> {
    await this.cell(key).set(value)
  }

  clear(): void {
    this.memory.clear()
  }

  destroy(): void {
    if (this.destroyed) return
    this.memory.destroy()
    for (const group of this.#groups) group.stop((written) => stopped(this.memory.name, written))
    this.#groups.clear()
    this.#transactions.clear()
    this.#cells.clear()
    this.#inner.clear()
    this.#backing.end?.()
  }

  group(ports: Pick<GroupPorts, 'acquire' | 'cells'>, { lease, watch }: GroupOptions = {}): GroupCommit {
    const backing = this.#backing
    const write: GroupPorts['write'] = (batch) => backing.write(batch, () => this.#put(batch.commits), lease)
    const group = new GroupCommit({
      ...ports,
      shared: backing.shared === true,
      write: watch === undefined ? write : (batch) => watch.writing(write(batch)),
      mustBeKept: (commit) => backing.mustBeKept?.(commit),
    })
    this.#groups.add(group)
    return group
  }

  condition(key: CellKey): StorageCondition {
    if (this.destroyed) return { fault: DESTROYED }
    return this.#backing.condition?.(key) ?? {}
  }

  get clock(): Clock {
    return this.#backing.clock ?? systemClock
  }

  forget(group: GroupCommit): void {
    this.#groups.delete(group)
  }

  free(key: CellKey): MaybePromise<void> {
    return this.#backing.free?.([key])
  }

  lease(key: CellKey): MaybePromise<Lease | undefined> {
    return this.#backing.lease?.(key)
  }

  refresh(key: CellKey): MaybePromise<void> {
    return this.#backing.fresh?.(key)
  }

  *cells(): Iterable<Arrival> {
    for (const { key, version, value } of this.#inner.values()) yield { key, version, value }
  }

  version(key: CellKey): number | undefined {
    return this.#inner.get(key)?.version
  }

  arrive(arrivals: readonly Arrival[]): void {
    const found = arrivals.flatMap(({ key, version, value }) => {
      const cell = this.#inner.get(key)
      return cell === undefined || isSame(cell, version, value) ? [] : [{ cell, version, value }]
    })
    for (const { cell, value } of found) cell.validate(value)
    for (const { cell, version, value } of found) cell.arrive(version, value)
    for (const { cell } of found) cell.tell()
  }

  #transactionsOn(keys: readonly CellKey[]): GroupCommit {
    const cells = keys.map((key) => this.cell(key))
    const mark = (inGroup: boolean): void => cells.forEach((cell) => (cell.inGroup = inGroup))
    return this.group({
      acquire: async () => {
        await this.ready
        const held = await this.memory.holdAll(keys)
        mark(true)
        const release = (): void => {
          mark(false)
          held.release()
        }
        try {
          await this.#backing.free?.(keys)
          return release
        } catch (error) {
          release()
          throw error
        }
      },
      cells: () => keys.map((key) => this.memory.cell(key)),
    })
  }

  async #forgetAtEnd(name: string, group: GroupCommit): Promise<void> {
    while (group.running !== undefined) await group.running
    this.forget(group)
    this.#transactions.delete(name)
  }

  /** One commit after the other, so that each watcher finds the values that it is told of. */
  #put(commits: readonly Commit[]): void {
    for (const parts of commits) {
      // A watcher may have destroyed the store. The backing has the commits all the same.
      if (this.destroyed) return
      for (const { cell, change } of parts) this.#inner.get(cell.key)?.put(change)
      for (const { cell } of parts) this.#inner.get(cell.key)?.tell()
    }
  }

  async #open(): Promise<void> {
    await this.#backing.ready
    this.#isReady = true
    try {
      for (const inner of this.#inner.values()) this.#restore(inner)
    } catch (error) {
      this.#backing.giveUp?.()
      throw error
    }
  }

  /** @throws if what is kept is not known, or is refused here: the first value must not stand in its place. The cell is gone then */
  #restore(cell: MemoryCell<unknown>): void {
    try {
      const known = this.#backing.known(cell.key)
      if (known === undefined) return
      mustTakeKept(this.name, cell, known.value)
      cell.restore(known.version, known.value)
    } catch (error) {
      // Whoever tries again makes it again, with its options.
      this.memory.drop(cell.key)
      throw error
    }
  }
}

/** @throws {InvalidError} if a validator refuses what the backing has kept */
function mustTakeKept(store: string, cell: MemoryCell<unknown>, value: unknown): void {
  try {
    cell.validate(value)
  } catch (error) {
    if (!(error instanceof InvalidError)) throw error
    const what = `value that store "${store}" has of cell "${cell.key}"`
    throw new InvalidError(what, error.faults, error, STAYS)
  }
}

const STAYS = {
  committed: false,
  says:
    'it stays as it is, and no other value stands in its place here. Start with a "validate" that takes it, or keep values of another ' +
    'shape in another cell',
} as const

/** The version alone does not tell: somebody may have brought an older value back, and changed that. */
function isSame(cell: MemoryCell<unknown>, version: number, value: unknown): boolean {
  return cell.version === version && isDeepStrictEqual(cell.value, value)
}

function stopped(name: string, mayBeCommitted: boolean): StoppedError {
  const cause = mayBeCommitted
    ? 'destroy() was called while its commit was written, so it may be there after a restart'
    : 'destroy() was called'
  return new StoppedError(name, mayBeCommitted, cause, undefined, mayBeCommitted ? WRITTEN : undefined)
}
