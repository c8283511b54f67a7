import { GenPoolError, textOf } from './errors'
import { readSafely } from './options/read-safely'
import { showPath } from './options/show-path'

/** One thing that is wrong with a value: its path in the value, and what is wrong there. */
export interface Fault {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** What is the case though something was refused: an answer is made after the commit. */
export interface Remains {
  /** Whether the state was committed. "maybe": whoever refused it does not know. */
  readonly committed: boolean | 'maybe'
  /** The same, in words. */
  readonly says: string
}

/** Only the answer was refused. */
export const COMMITTED_BEFORE: Remains = { committed: true, says: 'the state was committed before' }
const NOTHING: Remains = { committed: false, says: 'nothing was changed' }

/**
 * A message, a commit or a call was refused for what it contains, or because it is not allowed now. It changed nothing,
 * raised no version and told no watcher; repeating it is refused again.
 *
 * One exception. If only the answer was refused, which is made after the commit, the commit stands: `committed` is true, or "maybe" if
 * it is not known here whether the handler has committed. Then `mayBeCommitted` is true, and repeating it may commit again.
 *
 * @example if (isGenPoolError(error, 'ERR_GENPOOL_INVALID')) console.log(error.faults)
 */
export class InvalidError extends GenPoolError {
  readonly code = 'ERR_GENPOOL_INVALID'
  readonly committed: boolean | 'maybe'
  /** Whether its commit counts, or may count. */
  readonly mayBeCommitted: boolean
  constructor(
    /** What was refused, as in `commit to cell "counter"`. */
    readonly what: string,
    readonly faults: readonly Fault[],
    cause?: unknown,
    { committed, says }: Remains = NOTHING,
  ) {
    const shown = textOf(what)
    super(
      [`${/^[aeio]/i.test(shown) ? 'An' : 'A'} ${shown} was refused; ${textOf(says)}.`, ...linesOf(faults)],
      cause === undefined ? undefined : { cause },
    )
    this.committed = committed
    this.mayBeCommitted = committed !== false
  }

  /** Where the first fault is. Empty for the value as a whole. */
  get path(): readonly PropertyKey[] {
    return readSafely(() => this.faults[0]?.path, undefined) ?? []
  }
}

/** So many faults are in the message, and so much of each. All of them are in `faults`. */
const MOST_LINES = 20
const LONGEST_LINE = 2000

/** Nothing for what is no list of faults: an error that cannot be made hides what happened. */
function linesOf(faults: readonly Fault[]): readonly string[] {
  const lines = (): string[] => {
    const shown = faults
      .slice(0, MOST_LINES)
      .map(({ path, message }) => `  at ${showPath(path, 'the whole value')}: ${cut(message)}`)
    return faults.length <= MOST_LINES ? shown : [...shown, `  and ${faults.length - MOST_LINES} more`]
  }
  return readSafely(lines, ['  at the whole value: the reason is not known'])
}

function cut(message: string): string {
  const text = String(message)
  return text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE)}…` : text
}
