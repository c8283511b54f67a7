import { StoppedError } from '@genpool/runtime'
import type { Patch } from 'immer'
import type { TransactionRecipe, Values } from '../cells/transaction'
import type { CellKey } from '../errors'
import { GroupCommit, type GroupPorts } from '../groups/group-commit'
import { netPatches } from '../groups/net-patches'
import type { Batch, Commit, SpeculativeCell } from '../groups/speculation'
import { transacting } from '../groups/works'
import type { Journal, JournaledChange, JournaledValue } from '../journal/journal'
import { checkKeys, type MemoryStore } from './memory-store'
import { JournaledCell } from './journaled-cell'
import type { CellOptions } from './options'
import type { AsyncStore } from './store'

/**
 * A store whose commits are promises. A commit takes effect, for readers too, when the journal has it.
 *
 * Commits of one cell that come while one is written are written together after it. So are transactions on the same cells. Commits
 * of different cells are written at the same time.
 */
export class JournaledStore implements AsyncStore {
  readonly ready: Promise<void>
  readonly #cells = new Map<CellKey, JournaledCell<never>>()
  /** Values from the journal for cells that were not used since the start. */
  #replayed = new Map<CellKey, JournaledValue>()
  readonly #groups = new Set<GroupCommit>()
  /** The transactions that wait or are being written, by their cells. */
  readonly #transactions = new Map<string, GroupCommit>()

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
    const distinct = [...new Set(keys)]
    for (const key of distinct) this.cell(key)
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
    this.memory.destroy()
    for (const group of this.#groups) group.stop((written) => stopped(this.memory.name, written))
    this.#groups.clear()
    this.#transactions.clear()
    this.#cells.clear()
    this.#replayed.clear()
  }

  group(ports: Pick<GroupPorts, 'acquire' | 'cells'>): GroupCommit {
    const group = new GroupCommit({ ...ports, write: (batch) => this.#write(batch) })
    this.#groups.add(group)
    return group
  }

  forget(group: GroupCommit): void {
    this.#groups.delete(group)
  }

  #transactionsOn(keys: readonly CellKey[]): GroupCommit {
    const cells = keys.map((key) => this.cell(key))
    const mark = (inGroup: boolean): void => cells.forEach((cell) => (cell.inGroup = inGroup))
    return this.group({
      acquire: async () => {
        await this.ready
        const held = await this.memory.holdAll(keys)
        mark(true)
        return () => {
          mark(false)
          held.release()
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

  /** Writes what the commits lead to as one event, and puts them in place as soon as they are safe. */
  async #write({ commits }: Batch): Promise<boolean> {
    const changes = [...changesOf(commits)].map(([cell, patches]) => this.#changeOf(cell, patches))
    await this.journal.append(changes, commits.length, () => this.#put(commits))
    // A destroyed store knows no values: a snapshot of it would lose all.
    if (!this.destroyed) this.journal.considerSnapshot(() => this.#known())
    return true
  }

  #changeOf(cell: SpeculativeCell, commits: PatchesOfCommits): JournaledChange {
    const { key, from, version, value } = cell
    // The first one of a cell writes the whole value, which the journal does not know yet.
    const patches = netPatches(this.cell(key).inJournal ? commits : [undefined], value)
    return version === from + 1 ? { key, version, patches } : { key, from, version, patches }
  }

  /** One commit after the other, so that each watcher finds the values that it is told of. */
  #put(commits: readonly Commit[]): void {
    for (const parts of commits) {
      // A watcher may have destroyed the store. The journal has the commits all the same.
      if (this.destroyed) return
      for (const { cell, change } of parts) this.cell(cell.key).put(change)
      for (const { cell } of parts) this.#cells.get(cell.key)?.tell()
    }
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

type PatchesOfCommits = (readonly Patch[] | undefined)[]

/** The cells that changed, each with the patches of its commits. */
function changesOf(commits: readonly Commit[]): Map<SpeculativeCell, PatchesOfCommits> {
  const found = new Map<SpeculativeCell, PatchesOfCommits>()
  for (const { cell, change } of commits.flat()) {
    const known = found.get(cell)
    if (known === undefined) found.set(cell, [change.patches])
    else known.push(change.patches)
  }
  return found
}

function stopped(name: string, mayBeCommitted: boolean): StoppedError {
  const cause = mayBeCommitted
    ? 'destroy() was called while its commit was written, so it may be there after a restart'
    : 'destroy() was called'
  return new StoppedError(name, mayBeCommitted, cause)
}
