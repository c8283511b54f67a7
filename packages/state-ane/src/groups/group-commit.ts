import { refuse } from '@genpool/runtime'
import { checkPorts } from '../cells/check-ports'
import type { MaybePromise } from '../cells/maybe-promise'
import { NotCommittedError, UnknownWrite } from '../errors'
import { STALE } from './stale'
import { type Batch, type Commit, type Committed, type Outcome, Speculation, type Work } from './speculation'

/** How many turns of the microtask queue those who were answered have, to commit again. */
const PAUSE = 16
/** The commits of a group at most. Its recipes run in one turn of the event loop, and a larger one is hardly faster. */
const LARGEST = 256

/** What a group needs of its store. */
export interface GroupPorts {
  /** Waits until nobody else commits to the cells. The function that it returns ends that. A rejection refuses all that wait. */
  acquire(): MaybePromise<() => void>
  /** The cells with their latest committed values, as far as they are known here. */
  cells(): readonly Committed[]
  /**
   * True if others commit, too, so that these values may be old. Then a group that changes nothing is also written, with no commit:
   * the write finds out whether what its commits have seen is the latest.
   */
  readonly shared?: boolean
  /**
   * Writes all of these commits or none, and puts them in place for readers as soon as they are safe.
   *
   * @returns false if another writer came first: the commits run again on the newer values, which `cells` has now
   * @throws {UnknownWrite} if they may be written all the same; any other error says that nothing is written
   */
  write(batch: Batch): Promise<boolean>
  /**
   * Asked when a write has failed: a commit that can never be written fails alone then, and the others are written without it.
   *
   * @throws {InvalidError} with the path of what cannot be written
   */
  mustBeKept?(commit: Commit): void
}

interface Waiting {
  readonly work: Work<unknown>
  readonly resolve: (answer: never) => void
  readonly reject: (error: unknown) => void
}

/**
 * Commits together what waits together: one write for all of them (group commit).
 *
 * While one group is written, the next one forms. The commits of a group run in order, each on what the one before has left. Their
 * answers wait for the write. A commit that throws fails alone. If the write fails, the others fail, too, and no value changes.
 *
 * @see DeWitt et al., Implementation Techniques for Main Memory Database Systems, SIGMOD 1984
 */
export class GroupCommit {
  #forming: Waiting[] = []
  /** The group that is being written. */
  #written: readonly Waiting[] = []
  #running: Promise<void> | undefined
  #stopped: ((mayBeCommitted: boolean) => Error) | undefined

  constructor(private readonly ports: GroupPorts) {
    checkPorts('GroupCommit', ports, ['acquire', 'cells', 'write'])
  }

  /** Resolves when nothing waits and nothing is written; undefined if that is so now. */
  get running(): Promise<void> | undefined {
    return this.#running
  }

  /** Resolves with the answer of `work` when its changes are written. */
  commit<T>(work: Work<T>): Promise<T> {
    return new Promise<T>((resolve, rejectNow) => {
      const reject = (error: unknown): void => refuse(rejectNow, error)
      if (this.#stopped !== undefined) return reject(this.#stopped(false))
      this.#forming.push({ work, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Refuses all commits from now on, and those that wait. `error` is asked with true for those that are being written. */
  stop(error: (mayBeCommitted: boolean) => Error): void {
    this.#stopped = error
    for (const { reject } of this.#written) reject(error(true))
    this.#refuseForming(() => error(false))
  }

  async #run(): Promise<void> {
    for (;;) {
      await this.#next()
      if (this.#forming.length === 0) break
      // Those who were just answered may commit again: they should not miss this group. A write takes much longer.
      for (let i = 0; i < PAUSE; i++) await undefined
    }
    this.#running = undefined
  }

  async #next(): Promise<void> {
    let release: () => void
    try {
      release = await this.ports.acquire()
    } catch (error) {
      return this.#refuseForming(() => error)
    }
    const group = this.#forming.splice(0, LARGEST)
    try {
      if (group.length > 0) await this.#together(group)
    } catch (error) {
      for (const { reject } of group) reject(error)
    } finally {
      release()
    }
  }

  /** Runs the commits, writes what they have changed, and answers. */
  async #together(group: readonly Waiting[]): Promise<void> {
    let mustBeKept: ((commit: Commit) => void) | null = null
    for (;;) {
      const speculation = new Speculation(this.ports.cells(), mustBeKept)
      const outcomes = group.map(({ work }) => speculation.run(work))
      // A recipe may have ended the store.
      if (this.#stopped !== undefined) throw this.#stopped(false)
      try {
        const mustBeWritten = speculation.commits.length > 0 || (this.ports.shared === true && outcomes.some(hasSeen))
        if (mustBeWritten && !(await this.#write(group, speculation))) continue
      } catch (error) {
        const isFirst = mustBeKept === null
        if (isFirst && (mustBeKept = this.#blame(speculation, error)) !== null) continue
        return answer(group, outcomes, { error: refusal(speculation, error), all: this.ports.shared === true })
      }
      return answer(group, outcomes)
    }
  }

  /** What finds the commits because of which a write has failed; null if none of them is the reason. */
  #blame({ commits }: Batch, error: unknown): ((commit: Commit) => void) | null {
    if (this.ports.mustBeKept === undefined || error instanceof UnknownWrite) return null
    const mustBeKept = (commit: Commit): void => this.ports.mustBeKept?.(commit)
    try {
      commits.forEach(mustBeKept)
      return null
    } catch {
      return mustBeKept
    }
  }

  async #write(group: readonly Waiting[], batch: Batch): Promise<boolean> {
    this.#written = group
    try {
      // After a stop, all of the group have their answers.
      return (await this.ports.write(batch)) || this.#stopped !== undefined
    } finally {
      this.#written = []
    }
  }

  #refuseForming(error: () => unknown): void {
    const forming = this.#forming
    this.#forming = []
    for (const { reject } of forming) reject(error())
  }
}

/** Whether it matters to a commit that what it has seen is the latest. */
function hasSeen({ failure }: Outcome): boolean {
  return failure?.error !== STALE
}

/** The group could not be written. */
interface Refused {
  readonly error: () => Error
  /** Whether also those fail that have changed nothing, and seen nothing of the others. */
  readonly all: boolean
}

function answer(group: readonly Waiting[], outcomes: readonly Outcome[], refused?: Refused): void {
  group.forEach(({ resolve, reject }, i) => {
    const { speculative, failure, answer } = outcomes[i] as Outcome
    if (refused !== undefined && (speculative || refused.all)) reject(refused.error())
    else if (failure !== undefined) reject(failure.error)
    else resolve(answer as never)
  })
}

function refusal({ commits, cells }: Batch, error: unknown): () => Error {
  const changed = cells.filter(({ version, from }) => version > from)
  const keys = (changed.length > 0 ? changed : cells).map(({ key }) => key)
  const unknown = error instanceof UnknownWrite
  return () => new NotCommittedError(keys, Math.max(commits.length, 1), unknown, unknown ? error.cause : error)
}
