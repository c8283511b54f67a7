import { GenPoolError } from '@genpool/runtime'

/** Names a cell in its store. A numbered slot's key is its number. */
export type CellKey = string | number

/**
 * Why a commit met another one.
 *
 * `held`: somebody holds the cell exclusively; `released`: the hold that this commit relied on was given back;
 * `stale`: it was based on a version that is no longer the latest; `nested`: its own recipe committed to the same cell.
 */
export type ConflictReason = 'held' | 'released' | 'stale' | 'nested'

const CONFLICTS: Readonly<Record<ConflictReason, string>> = {
  held:
    'a handler holds it exclusively, and a synchronous commit cannot wait. Use whenFree(cell, ...) to wait your turn, ' +
    'or commit from a pool, which waits by itself.',
  released:
    'the exclusive hold that it relied on was given back before. Its handler took too long and was given up; ' +
    'the work is lost on purpose.',
  stale:
    'it was based on a version that is no longer the latest. Read the cell again and repeat, or use update(recipe).',
  nested:
    'its own recipe or validator committed to the same cell. Recipes and validators must be pure: commit once, or ' +
    'commit afterwards from watch().',
}

/** A commit met another commit. It changed nothing; repeating it on the fresh value is safe. */
export class ConflictError extends GenPoolError {
  readonly code = 'ERR_GENPOOL_CONFLICT'
  constructor(
    readonly key: CellKey,
    readonly reason: ConflictReason,
  ) {
    super(`A commit to cell "${key}" was refused: ${CONFLICTS[reason]}`)
  }
}

/** What is wrong with a value, and where in it. */
export interface Fault {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/**
 * A commit, or a message that asked for one, was refused for what it contains. It changed nothing, raised no version and
 * told no watcher; repeating it is refused again.
 */
export class InvalidError extends GenPoolError {
  readonly code = 'ERR_GENPOOL_INVALID'
  constructor(
    /** What was refused, as in `commit to cell "counter"`. */
    readonly what: string,
    readonly faults: readonly Fault[],
    cause?: unknown,
  ) {
    super(
      `A ${what} was refused; nothing was changed.\n` +
        faults.map(({ path, message }) => `  at ${showPath(path)}: ${message}`).join('\n'),
      cause === undefined ? undefined : { cause },
    )
  }

  /** Where the first fault is. Empty for the value as a whole. */
  get path(): readonly PropertyKey[] {
    return this.faults[0]?.path ?? []
  }
}

function showPath(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'the whole value' : path.map(String).join('.')
}
