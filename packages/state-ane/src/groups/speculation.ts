import type { CellKey } from '../errors'
import type { Prepared } from '../cells/memory-cell'

/** A cell as it is committed. */
export interface Committed<S = unknown> {
  readonly key: CellKey
  readonly value: S
  readonly version: number
  /** @throws {InvalidError} if `next` is refused */
  validate(next: S): void
}

/** A cell as it will be when all commits before this one are written. */
export class SpeculativeCell<S = unknown> implements Committed<S> {
  value: S
  version: number
  /** The commits are written as patches, so each recipe makes them. */
  readonly watched = true

  /** The version that is committed. */
  readonly from: number

  constructor(private readonly committed: Committed<S>) {
    this.value = committed.value
    this.version = this.from = committed.version
  }

  get key(): CellKey {
    return this.committed.key
  }

  validate(next: S): void {
    this.committed.validate(next)
  }
}

/** What one commit does to one cell. */
export interface Part {
  readonly cell: SpeculativeCell
  readonly change: Prepared<unknown>
}

/** The changes of one commit, which belong together. */
export type Commit = readonly Part[]

/** What a group must write, or nothing of it. */
export interface Batch {
  /** The commits that have changed something, in order. */
  readonly commits: readonly Commit[]
  /** The cells with the values and versions that the last commit leaves. */
  readonly cells: readonly SpeculativeCell[]
}

/** What a commit comes to, on the values that it is given. */
export interface Result<T> {
  /** The answer of the commit when its changes are written. */
  readonly answer: T
  readonly parts: Commit
}

/** Works out one commit. It is synchronous, may throw, and may run again on newer values. */
export type Work<T> = (cells: readonly SpeculativeCell[]) => Result<T>

/** What came of one commit of a group. */
export interface Outcome {
  /** Whether it has changed something, or has seen changes of earlier commits. If these are not written, it does not count. */
  readonly speculative: boolean
  readonly answer: unknown
  /** Set if the commit failed by itself. It has changed nothing then. */
  readonly failure: { readonly error: unknown } | undefined
}

/**
 * Runs commits one after another on values that are not written yet, as if they were.
 *
 * Each commit sees what the commits before it have left. One that throws leaves nothing.
 */
export class Speculation implements Batch {
  readonly cells: readonly SpeculativeCell[]
  readonly commits: Commit[] = []

  /** @param mustBeKept throws if a commit cannot be written, whatever the others do; null to take that for certain */
  constructor(
    cells: readonly Committed[],
    private readonly mustBeKept: ((commit: Commit) => void) | null = null,
  ) {
    this.cells = cells.map((cell) => new SpeculativeCell(cell))
  }

  run(work: Work<unknown>): Outcome {
    const speculative = this.commits.length > 0
    try {
      const { answer, parts } = work(this.cells)
      if (parts.length === 0) return { speculative, answer, failure: undefined }
      this.mustBeKept?.(parts)
      for (const { cell, change } of parts) {
        cell.value = change.next
        cell.version += 1
      }
      this.commits.push(parts)
      return { speculative: true, answer, failure: undefined }
    } catch (error) {
      return { speculative, answer: undefined, failure: { error } }
    }
  }
}
