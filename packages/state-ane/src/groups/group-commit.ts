import { systemClock } from '@genpool/runtime'
import type { MaybePromise } from '../cells/maybe-promise'
import { NotCommittedError, UnknownWrite } from '../errors'
import { type Batch, type Committed, type Outcome, Speculation, type Work } from './speculation'

/** What a group needs of its store. */
export interface GroupPorts {
  /** Waits until nobody else commits to the cells. The function that it returns ends that. A rejection refuses all that wait. */
  acquire(): MaybePromise<() => void>
  /** The cells with their latest committed values. */
  cells(): readonly Committed[]
  /**
   * Writes all of these commits or none, and puts them in place for readers as soon as they are safe.
   *
   * @returns false if another writer came first: the commits run again on the newer values, which `cells` has now
   * @throws {UnknownWrite} if they may be written all the same; any other error says that nothing is written
   */
  write(batch: Batch): Promise<boolean>
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

  constructor(private readonly ports: GroupPorts) {}

  /** Resolves when nothing waits and nothing is written; undefined if that is so now. */
  get running(): Promise<void> | undefined {
    return this.#running
  }

  /** Resolves with the answer of `work` when its changes are written. */
  commit<T>(work: Work<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
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
      await new Promise<void>((resolve) => systemClock.defer(resolve))
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
    const group = this.#forming
    this.#forming = []
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
    for (;;) {
      const speculation = new Speculation(this.ports.cells())
      const outcomes = group.map(({ work }) => speculation.run(work))
      try {
        if (speculation.commits.length > 0 && !(await this.#write(group, speculation))) continue
      } catch (error) {
        return answer(group, outcomes, refusal(speculation, error))
      }
      return answer(group, outcomes)
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

/** @param refused the error of those that have changed or seen what could not be written */
function answer(group: readonly Waiting[], outcomes: readonly Outcome[], refused?: () => Error): void {
  group.forEach(({ resolve, reject }, i) => {
    const { speculative, failure, answer } = outcomes[i] as Outcome
    if (refused !== undefined && speculative) reject(refused())
    else if (failure !== undefined) reject(failure.error)
    else resolve(answer as never)
  })
}

function refusal({ commits, cells }: Batch, error: unknown): () => Error {
  const keys = cells.filter(({ version, from }) => version > from).map(({ key }) => key)
  const unknown = error instanceof UnknownWrite
  return () => new NotCommittedError(keys, commits.length, unknown, unknown ? error.cause : error)
}
