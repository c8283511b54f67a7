import type { Patch } from 'immer'
import { checkFunction } from '@genpool/runtime'
import type { Cell } from '../cells/cell'
import { checkVersion } from '../cells/check-version'
import { checkCell } from '../cells/wrong-cell'
import { protoNameIn } from '../cells/proto-name'
import { netPatches } from '../groups/net-patches'
import { sendable } from './crossing'
import { ReplicaTurns } from './replica-turns'

/** How many commits are kept for replicas that are behind. */
const KEPT = 256

/** In the place of a value that is not kept. */
const GONE = Symbol('gone')

interface Logged<S> {
  readonly value: S | typeof GONE
  readonly version: number
  /** Null if replicas have to take the whole value. */
  readonly patches: readonly Patch[] | null
}

/** The patches of the last commits of a cell, for all replicas that follow it. They cost what has changed, whatever the size is. */
export class PatchLog<S> {
  /** Which replica commits next, if they ask. */
  readonly turns = new ReplicaTurns()
  /**
   * Whether commits end later, so that a value is asked for when others have followed. If not, old values are garbage at once: kept
   * for 256 commits, they cost a commit of a large state a third of its time.
   */
  keepsValues = false
  #commits: Logged<S>[] = []
  readonly #stop: () => void

  /** @param changed called after each commit */
  constructor(
    readonly cell: Cell<S>,
    changed: () => void = () => undefined,
  ) {
    checkCell('PatchLog', cell)
    checkFunction({ of: 'PatchLog', argument: 'changed' }, changed)
    this.#stop = cell.watch((value, version, patches) => {
      const sent = sendable(patches, value)
      this.#commits.push({
        value: this.keepsValues ? value : GONE,
        version,
        patches: sent === null || protoNameIn(sent) !== undefined ? null : sent,
      })
      if (this.#commits.length > 2 * KEPT) this.#commits = this.#commits.slice(-KEPT)
      changed()
    })
  }

  /** The patches from `version` to the latest value; undefined if they are not kept. */
  since(version: number): readonly Patch[] | undefined {
    const { cell } = this
    checkVersion('since', version)
    if (version === cell.version) return []
    const last = this.#commits.at(-1)
    const from = this.#commits.length - (cell.version - version)
    if (last?.version !== cell.version || from < 0 || this.#commits[from]?.version !== version + 1) return undefined
    const commits: (readonly Patch[])[] = []
    for (const { patches } of this.#commits.slice(from)) {
      if (patches === null) return undefined
      commits.push(patches)
    }
    return netPatches(commits, cell.value)
  }

  /** The version that had this value; -1 if it is not known any more. */
  versionOf(value: S): number {
    try {
      const { cell } = this
      if (Object.is(cell.value, value)) return cell.version
    } catch {
      // A watcher of this very commit has destroyed the store.
    }
    return this.#commits.findLast((commit) => Object.is(commit.value, value))?.version ?? -1
  }

  close(): void {
    this.#stop()
  }
}
