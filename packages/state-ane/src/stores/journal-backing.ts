import type { Patch } from 'immer'
import { needsIdentity } from '../cells/identity'
import type { CellKey } from '../errors'
import { netPatches } from '../groups/net-patches'
import type { Batch, Commit, SpeculativeCell } from '../groups/speculation'
import type { Journal, JournaledChange, JournaledValue } from '../journal/journal'
import { mustBeWritten } from '../journal/must-be-written'
import type { Backing, Mirror } from './backing'

/** Keeps the commits of a store in a journal, one event for each group. */
export class JournalBacking implements Backing {
  readonly ready: Promise<void>
  /** Values from the journal for cells that were not used since the start. */
  #replayed = new Map<CellKey, JournaledValue>()
  /** The cells of which the journal knows a value. Until then, a commit must write the whole value. */
  readonly #inJournal = new Set<CellKey>()
  #ended = false

  constructor(
    private readonly mirror: Mirror,
    private readonly journal: Journal,
  ) {
    this.ready = this.#replay()
  }

  known(key: CellKey): JournaledValue | undefined {
    const known = this.#replayed.get(key)
    if (known !== undefined) this.#inJournal.add(key)
    this.#replayed.delete(key)
    return known
  }

  /** Writes what the commits lead to as one event, and puts them in place as soon as they are safe. */
  async write({ commits }: Batch, put: () => void): Promise<boolean> {
    const changed = changesOf(commits)
    const changes = [...changed].map(([cell, patches]) => this.#changeOf(cell, patches))
    await this.journal.append(changes, commits.length, () => {
      for (const { key } of changed.keys()) this.#inJournal.add(key)
      put()
    })
    // A destroyed store knows no values: a snapshot of it would lose all.
    if (!this.#ended) this.journal.considerSnapshot(() => this.#known())
    return true
  }

  mustBeKept(commit: Commit): void {
    for (const { cell, change } of commit) {
      const { next, patches } = change
      const isWhole = patches === undefined || !this.#inJournal.has(cell.key) || patches.some(needsIdentity)
      mustBeWritten(cell.key, isWhole ? [{ op: 'replace', path: [], value: next }] : patches)
    }
  }

  giveUp(): void {
    this.journal.end()
  }

  end(): void {
    this.#ended = true
    this.journal.end()
    this.#replayed.clear()
    this.#inJournal.clear()
  }

  #changeOf({ key, from, version, value }: SpeculativeCell, commits: PatchesOfCommits): JournaledChange {
    const net = netPatches(this.#inJournal.has(key) ? commits : [undefined], value)
    const patches = net.some(needsIdentity) ? netPatches([undefined], value) : net
    return version === from + 1 ? { key, version, patches } : { key, from, version, patches }
  }

  #known(): readonly (JournaledValue & { readonly key: CellKey })[] {
    const used = [...this.mirror.cells()].filter(({ key }) => this.#inJournal.has(key))
    return [...[...this.#replayed].map(([key, known]) => ({ key, ...known })), ...used]
  }

  async #replay(): Promise<void> {
    const replayed = await this.journal.replay()
    if (!this.#ended) this.#replayed = replayed
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
