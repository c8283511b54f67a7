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

  constructor(private readonly committed: Committed<S>) {
    this.value = committed.value
    this.version = committed.version
  }

  get key(): CellKey {
    return this.committed.key
  }

  validate(next: S): void {
    this.committed.validate(next)
  }
}

/** What one commit does to one cell. */
interface Change extends Prepared<unknown> {
  readonly key: CellKey
  /** The version that it leads to. */
  readonly version: number
}

/** The changes of one commit, which belong together. */
export type Commit = readonly Change[]

/** What a commit comes to, on the values that it is given. */
export interface Result<T> {
  /** The answer of the commit when its changes are written. */
  readonly answer: T
  readonly parts: readonly { readonly cell: SpeculativeCell; readonly change: Prepared<unknown> }[]
}

/** Works out one commit. It is synchronous, may throw, and may run again on newer values. */
export type Work<T> = (cells: readonly SpeculativeCell[]) => Result<T>

/** What came of one commit of a group. */
export interface Outcome {
  /** Whether it has changed something, or has seen changes of earlier commits. If these are not written, it does not count. */
  readonly speculative: boolean
  readonly answer?: unknown
  /** Set if the commit failed by itself. It has changed nothing then. */
  readonly failure?: { readonly error: unknown }
}

/**
 * Runs commits one after another on values that are not written yet, as if they were.
 *
 * Each commit sees what the commits before it have left. One that throws leaves nothing.
 */
export class Speculation {
  readonly #cells: readonly SpeculativeCell[]
  readonly #commits: Commit[] = []

  constructor(cells: readonly Committed[]) {
    this.#cells = cells.map((cell) => new SpeculativeCell(cell))
  }

  /** What must be written, in order: the commits that have changed something. */
  get commits(): readonly Commit[] {
    return this.#commits
  }

  run(work: Work<unknown>): Outcome {
    const speculative = this.#commits.length > 0
    try {
      const { answer, parts } = work(this.#cells)
      if (parts.length === 0) return { speculative, answer }
      this.#commits.push(
        parts.map(({ cell, change }) => {
          cell.value = change.next
          cell.version += 1
          return { ...change, key: cell.key, version: cell.version }
        }),
      )
      return { speculative: true, answer }
    } catch (error) {
      return { speculative, failure: { error } }
    }
  }
}
