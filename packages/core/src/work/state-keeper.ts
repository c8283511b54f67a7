import type { Cell, CommitOptions, Transition } from '@genpool/state-ane'
import { isThenable } from '../behaviours/eventually'
import type { Step } from '../behaviours/step'
import { transact } from '../hot-imports'

/** One run of a handler, for the keeper of the state. */
export interface Run extends Transition<unknown, Step> {
  run(state: unknown, attempt: { readonly number: number; readonly exclusive: boolean }): Step | PromiseLike<Step>
  committed(step: Step, state: unknown): void
  writing(begun: boolean): void
  make(recipe: (draft: never) => unknown, draft: never): unknown
  /** Whether the worker has ended: late results are ignored. */
  readonly ended: boolean
}

/** Where the state of a worker is kept, and how a run changes it. */
export interface StateKeeper {
  /** Null if it is in none. */
  readonly cell: Cell<unknown> | null
  readonly state: unknown
  /** Whether a run ends with a commit. */
  readonly commits: boolean
  /** Runs a handler on the state and commits what it returns. Synchronous if both are. */
  transact(run: Run, options: CommitOptions): Step | PromiseLike<Step>
}

/** A state in a cell: the pool's own, or one of this worker alone. Commits are atomic. */
export class CellKeeper implements StateKeeper {
  readonly commits = true

  constructor(readonly cell: Cell<unknown>) {}

  get state(): unknown {
    return this.cell.value
  }

  transact(run: Run, options: CommitOptions): Step | PromiseLike<Step> {
    return transact(this.cell, run, options)
  }
}

const FIRST = { number: 1, exclusive: false }

/** The state of a plain nact function that no other member sees: any value, not frozen, replaced by each result. As in nact. */
export class PlainKeeper implements StateKeeper {
  readonly commits = false

  constructor(public state: unknown) {}

  get cell(): null {
    return null
  }

  transact(run: Run): Step | PromiseLike<Step> {
    const step = run.run(this.state, FIRST)
    return isThenable(step) ? step.then((result) => this.#keep(run, result)) : this.#keep(run, step)
  }

  #keep(run: Run, step: Step): Step {
    if (run.ended) return step
    this.state = step.next
    run.committed(step, this.state)
    return step
  }
}
