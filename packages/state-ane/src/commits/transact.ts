import { keepShape, parseOptions, readSafely, refused, wrongArgument } from '@genpool/runtime'
import { z } from 'zod'
import { type Cell, holding, type Recipe, type Writer } from '../cells/cell'
import { chain, isPromise, type MaybePromise } from '../cells/maybe-promise'
import { checkCell } from '../cells/wrong-cell'
import { exclusively, finishHolding, type ReturnedRun } from './exclusive'
import type { Attempt, CommitOptions, Step, Transition } from './transition'
import { asRecipe, CONFLICT, type CommitResult, isRecipe, made, modeOf, refuse, write, written } from './write'

const DEFAULT_RETRIES = 3
const DEFAULTS: CommitOptions = {}
const FIRST: Attempt = { number: 1, exclusive: false }

const commitOptions = z.strictObject({
  mode: z.enum(['update', 'retry', 'exclusive', 'overwrite']).optional(),
  retries: z.int().nonnegative().optional(),
})

/** One run of the handler, and the state that it saw. */
interface Run<S, T> {
  readonly state: S
  readonly version: number
  readonly step: T | PromiseLike<T>
}

/**
 * Runs a handler on a cell's value and commits what it returns. The result is as if all handlers ran one after another.
 *
 * Synchronous, without a promise, where cell and handler are synchronous.
 *
 * @returns the committed step, after the call of `transition.committed`
 * @throws what the handler throws, the error of `admit`, {InvalidError} from a validator, {ConflictError} if the exclusive
 *   hold was released, {OptionsError} if an argument is something else. Nothing is committed then, and `committed` is not
 *   called
 */
export function transact<S, T extends Step<S>>(
  cell: Cell<S>,
  transition: Transition<S, T>,
  options: CommitOptions = DEFAULTS,
): T | Promise<T> {
  checkCell('transact', cell)
  if (!readSafely(() => typeof transition.run === 'function', false)) {
    throw wrongArgument({ of: 'transact', argument: 'transition', expected: 'an object { run }' }, transition)
  }
  const done = transactUnchecked(cell, transition, parseOptions(commitOptions, options, 'options of transact'))
  return isPromise(done) ? done.catch(refused) : done
}

/** `transact` for a caller that makes its own cells and transitions: it does not look at its arguments first. */
export function transactUnchecked<S, T extends Step<S>>(
  cell: Cell<S>,
  transition: Transition<S, T>,
  options: CommitOptions = DEFAULTS,
): T | Promise<T> {
  if (options.mode === 'exclusive') return exclusively(cell, transition, 1)
  const state = cell.value
  const version = cell.version
  return settleUnchecked(cell, transition, options, transition.run(state, FIRST), state, version)
}

/**
 * Goes on with a transition whose first run was begun by the caller, not in the mode `exclusive`.
 *
 * @param state what that run saw, and its version
 */
export function settleUnchecked<S, T extends Step<S>>(
  cell: Cell<S>,
  transition: Transition<S, T>,
  options: CommitOptions,
  step: T | PromiseLike<T>,
  state: S,
  version: number,
): T | Promise<T> {
  if (!isPromise(step)) return settle(cell, transition, options, step, state, version)
  return settleLate(cell, transition, options, step, state, version)
}

function settleLate<S, T extends Step<S>>(
  cell: Cell<S>,
  transition: Transition<S, T>,
  options: CommitOptions,
  step: PromiseLike<T>,
  state: S,
  version: number,
): Promise<T> {
  return Promise.resolve(step).then((late) => settle(cell, transition, options, late, state, version))
}

/** Commits the result of the first run. */
function settle<S, T extends Step<S>>(
  cell: Cell<S>,
  transition: Transition<S, T>,
  options: CommitOptions,
  step: T,
  state: S,
  version: number,
): T | Promise<T> {
  if (step.mode === 'exclusive') return finishHolding(cell, transition, { state, version, step }, 2)
  if (cell.held) return new Retrying(cell, transition, options).finish({ state, version, step })
  refuse(transition)
  if (step.next !== undefined) return commit(cell, transition, options, { state, version, step })
  transition.committed?.(step, state)
  return step
}

function commit<S, T extends Step<S>>(
  cell: Cell<S>,
  transition: Transition<S, T>,
  options: CommitOptions,
  run: ReturnedRun<S, T>,
): T | Promise<T> {
  const { step } = run
  const result = write(cell, made(transition, step.next as S | Recipe<S>), modeOf(step, options), run.version)
  if (isPromise(result)) {
    transition.writing?.(true)
    // Only a value can lose to another commit. For a recipe, an async function took a thread 4 % of the time of a commit.
    if (isRecipe(step.next)) return toldLater(transition, step, result as PromiseLike<S>)
  } else if (result !== CONFLICT) return told(transition, step, result)
  return new Retrying(cell, transition, options).finish(run, result)
}

function toldLater<S, T extends Step<S>>(transition: Transition<S, T>, step: T, late: PromiseLike<S>): T | Promise<T> {
  return chain(late, (state) => told(transition, step, state))
}

function told<S, T extends Step<S>>(transition: Transition<S, T>, step: T, state: S): T {
  transition.committed?.(step, state)
  return step
}

/** A transition that waits: for the cell, or for another run. */
class Retrying<S, T extends Step<S>> {
  constructor(
    private readonly cell: Cell<S>,
    private readonly transition: Transition<S, T>,
    private readonly options: CommitOptions,
  ) {}

  /** @param pending the commit of the first run, if it has started */
  async finish(run: Run<S, T>, pending?: MaybePromise<CommitResult<S>>): Promise<T> {
    let lost = false
    for (let number = 1; ; number++) {
      const step = isPromise(run.step) ? await run.step : run.step
      if (step.mode === 'exclusive') return finishHolding(this.cell, this.transition, { ...run, step }, number + 1)
      const commit = number === 1 && pending !== undefined ? pending : this.#commit(step, run, lost)
      const result = isPromise(commit) ? await commit : commit
      if (result !== CONFLICT) {
        this.transition.committed?.(step, result)
        return step
      }
      this.transition.writing?.(false)
      lost = modeOf(step, this.options) === 'overwrite'
      if (lost) run = { ...this.#seen(), step }
      else if (number > (this.options.retries ?? DEFAULT_RETRIES))
        return exclusively(this.cell, this.transition, number + 1)
      else run = this.#run(number + 1)
    }
  }

  #seen(): { readonly state: S; readonly version: number } {
    return { state: this.cell.value, version: this.cell.version }
  }

  #run(number: number): Run<S, T> {
    const seen = this.#seen()
    return { ...seen, step: this.transition.run(seen.state, { number, exclusive: false }) }
  }

  /** @param lost whether the state must be committed now, whatever the version is */
  #commit(step: T, run: Run<S, T>, lost: boolean): MaybePromise<CommitResult<S>> {
    if (step.next === undefined) {
      refuse(this.transition)
      return run.state
    }
    // As a recipe, it loses no second time. A cell that is slow has many other commits.
    const next = made(this.transition, lost ? asRecipe<S>(step.next) : (step.next as S | Recipe<S>))
    if (!this.cell.held) return this.#write(this.cell, next, step, run)
    if (this.cell.waits === true && isRecipe(next)) return this.cell.update(this.#admitted(next))
    return holding(this.cell, (hold) => this.#write(hold, next, step, run))
  }

  #write(writer: Writer<S>, next: S | Recipe<S>, step: T, { version }: Run<S, T>): MaybePromise<CommitResult<S>> {
    refuse(this.transition)
    return written(this.transition, write(writer, next, modeOf(step, this.options), version))
  }

  /** The recipe, refused if its commit comes too late when it has waited for the cell. */
  #admitted(recipe: Recipe<S>): Recipe<S> {
    return (draft) => {
      refuse(this.transition)
      this.transition.writing?.(true)
      return recipe(draft)
    }
  }
}

keepShape(new Retrying({} as never, {} as never, {} as never))
