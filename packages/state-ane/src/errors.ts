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
    'its exclusive hold has ended before. The pool has replaced the member since its handler took too long, or the lease of a ' +
    'store on other machines has run out since this process stood still. The late result must not be committed: read the state ' +
    'again, and retry.',
  stale:
    'it was based on a version that is no longer the latest. Read the cell again and retry, or use update(recipe).',
  nested:
    'its own recipe or validator committed to the same cell. Recipes and validators must be pure: commit once, or ' +
    'commit afterwards from watch().',
}

/**
 * A commit conflicted with another commit. It changed nothing. Retrying it on the latest value is safe.
 *
 * @example if (isGenPoolError(error, 'ERR_GENPOOL_CONFLICT')) await tryAgain()
 */
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

/** What a storage rejects with if it cannot say whether a write took place. Users see a NotCommittedError with its cause. */
export class UnknownWrite extends Error {
  constructor(override readonly cause: unknown) {
    super('It is not known whether the write took place.')
  }
}

/**
 * The write of a commit failed. Values and versions are what they were.
 *
 * All commits that were written together fail together. With `mayBeCommitted: false`, retrying is safe. With `true`, the storage may
 * have kept the commit without saying so, and shows it later, or after a restart.
 *
 * @example if (isGenPoolError(error, 'ERR_GENPOOL_NOT_COMMITTED') && !error.mayBeCommitted) await tryAgain()
 */
export class NotCommittedError extends GenPoolError {
  readonly code = 'ERR_GENPOOL_NOT_COMMITTED'
  constructor(
    /** The cells that the write was for. */
    readonly keys: readonly CellKey[],
    /** How many commits were in that write; 0 if it was for a hold of the cell. */
    readonly commits: number,
    readonly mayBeCommitted: boolean,
    cause: unknown,
  ) {
    super(
      commits === 0
        ? `A hold of ${nameOf(keys)} was not taken: ${textOf(cause).replace(/\.?$/, '.')} Nothing was committed, and trying it again is safe.`
        : `A commit to ${nameOf(keys)} failed, because the write of ${commits === 1 ? 'it' : `${textOf(commits)} commits together`} failed: ` +
            `${textOf(cause).replace(/\.?$/, '.')} ` +
            (mayBeCommitted
              ? 'It is not known whether the storage has kept it. Values and versions are what they were, but they may contain ' +
                'it later, or after a restart. Read the state again before you retry.'
              : 'It was not committed: values and versions are what they were, and stay so after a restart. Retrying it is safe.'),
      { cause },
    )
  }
}

function nameOf(keys: readonly CellKey[]): string {
  // Whatever was given: an error that cannot be made hides what happened.
  const names = Array.isArray(keys) ? keys.map((key) => `"${textOf(key)}"`) : [textOf(keys)]
  return `${names.length === 1 ? 'cell' : 'cells'} ${names.join(', ')}`
}
