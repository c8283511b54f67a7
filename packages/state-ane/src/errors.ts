import { GenPoolError, textOf } from '@genpool/runtime'

export { type Fault, InvalidError } from '@genpool/runtime'

/** The name of a cell in its store, or the number of a slot. */
export type CellKey = string | number

/**
 * Why a commit conflicted with another one.
 *
 * - `held`: a handler holds the cell exclusively
 * - `released`: the hold of this commit was released before the commit
 * - `stale`: the commit was based on a version that is no longer the latest
 * - `nested`: its own recipe or validator committed to the same cell
 */
export type ConflictReason = 'held' | 'released' | 'stale' | 'nested'

const CONFLICTS: Readonly<Partial<Record<ConflictReason, string>>> = {
  held:
    'a handler holds the cell exclusively, and a synchronous commit cannot wait. Use whenFree(cell, ...) to wait for the ' +
    'cell, or commit from a pool, which always waits.',
  released:
    'its exclusive hold was already released. The pool replaced the member because its handler took too long, and the late ' +
    'result must not be committed.',
  stale:
    'it was based on a version that is no longer the latest. Read the cell again and retry, or use update(recipe).',
  nested:
    'its own recipe or validator committed to the same cell. Recipes and validators must be pure: commit once, or ' +
    'commit afterwards from watch().',
}

/** A commit conflicted with another commit. It changed nothing. Retrying it on the latest value is safe. */
export class ConflictError extends GenPoolError {
  readonly code = 'ERR_GENPOOL_CONFLICT'
  constructor(
    readonly key: CellKey,
    readonly reason: ConflictReason,
  ) {
    super(
      `A commit to cell "${textOf(key)}" was refused: ${CONFLICTS[textOf(reason) as ConflictReason] ?? 'the reason is not known.'}`,
    )
  }
}
