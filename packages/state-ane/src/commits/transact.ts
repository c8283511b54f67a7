import { keepShape, parseOptions, readSafely, refused, wrongArgument } from '@genpool/runtime'
import { z } from 'zod'
import { type Cell, type Hold, holding, type Recipe, type Writer } from '../cells/cell'
import { chain, isPromise, type MaybePromise } from '../cells/maybe-promise'
import { checkCell } from '../cells/wrong-cell'
import { mustBeState } from '../cells/must-be-state'
import { ConflictError, InvalidError } from '../errors'
import type { Attempt, CommitMode, CommitOptions, Step, Transition } from './transition'

const DEFAULT_RETRIES = 3
const DEFAULTS: CommitOptions = {}
const FIRST: Attempt = { number: 1, exclusive: false }
const CONFLICT = Symbol('conflict')

const commitOptions = z.strictObject({
  mode: z.enum(['update', 'retry', 'exclusive', 'overwrite']).optional(),
  retries: z.int().nonnegative().optional(),
})

/** The result of a commit: the committed state, or a conflict because its version is no longer the latest. */
type CommitResult<S> = S | typeof CONFLICT

/** One run of the handler, and the state that it saw. */
interface Run<S, T> {
  readonly state: S
  readonly version: number
  readonly step: T | PromiseLike<T>
}

/** The first run, whose handler has returned. */
interface FirstRun<S, T> extends Run<S, T> {
  readonly step: T
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
  run: FirstRun<S, T>,
): T | Promise<T> {
  const { step } = run
  const result = write(cell, made(transition, step.next as S | Recipe<S>), modeOf(step, options), run.version)
  if (isPromise(result)) transition.writing?.(true)
  // Only a value can lose to another commit. For a recipe, an async function took a thread 4 % of the time of a commit.
  if (isPromise(result) && isRecipe(step.next)) return chain(result, (state) => told(transition, step, state as S))
  if (isPromise(result) || result === CONFLICT) return new Retrying(cell, transition, options).finish(run, result)
  transition.committed?.(step, result as S)
  return step
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

/** Runs the handler while it holds the cell, so that no other commit comes between. */
function exclusively<S, T extends Step<S>>(
  cell: Cell<S>,
  transition: Transition<S, T>,
  number: number,
): T | Promise<T> {
  return holding(cell, (hold) => {
    refuse(transition)
    return runHolding(cell, transition, hold, number)
  })
}

/**
 * Commits a step that asks for the cell only after its run. If no other commit has come since that run began, it is as if the handler
 * had held the cell; otherwise it runs again, and holds it.
 */
function finishHolding<S, T extends Step<S>>(
  cell: Cell<S>,
  transition: Transition<S, T>,
  { state, version, step }: FirstRun<S, T>,
  next: number,
): T | Promise<T> {
  if (!isRecipe(step.next)) mustBeState(undefined, step.next)
  return holding(cell, (hold) => {
    refuse(transition)
    if (cell.version !== version) return runHolding(cell, transition, hold, next)
    return commitHolding(cell, transition, hold, { state, version, step })
  })
}

function runHolding<S, T extends Step<S>>(
  cell: Cell<S>,
  transition: Transition<S, T>,
  hold: Hold<S>,
  number: number,
): T | Promise<T> {
  transition.holding?.(hold)
  const { value: state, version } = cell
  return chain(transition.run(state, { number, exclusive: true }), (step) => {
    refuse(transition)
    return commitHolding(cell, transition, hold, { state, version, step })
  })
}

function commitHolding<S, T extends Step<S>>(
  cell: Cell<S>,
  transition: Transition<S, T>,
  hold: Hold<S>,
  { state, version, step }: FirstRun<S, T>,
): T | Promise<T> {
  const commit =
    step.next === undefined ? state : written(transition, write(hold, made(transition, step.next), step.mode, version))
  return chain(commit, (result) => {
    if (result === CONFLICT) throw new ConflictError(cell.key, 'stale')
    // Effects may commit to the cell: release the hold first.
    hold.release()
    transition.committed?.(step, result)
    return step
  })
}

function modeOf<S>(step: Step<S>, options: CommitOptions): CommitMode {
  return step.mode ?? options.mode ?? 'retry'
}

function refuse(transition: { admit?(): Error | undefined }): void {
  const error = transition.admit?.()
  if (error !== undefined) throw error
}

/** Tells the transition if its commit is being written now. */
function written<R>(transition: { writing?(begun: boolean): void }, commit: MaybePromise<R>): MaybePromise<R> {
  if (isPromise(commit)) transition.writing?.(true)
  return commit
}

/** A recipe that the transition calls. */
function made<S>(transition: Pick<Transition<S, never>, 'make'>, next: S | Recipe<S>): S | Recipe<S> {
  if (transition.make === undefined || !isRecipe(next)) return next
  return (draft) => (transition as Required<typeof transition>).make(next, draft)
}

/** Commits one step. CONFLICT means that nothing was changed. */
function write<S>(
  writer: Writer<S>,
  next: S | Recipe<S>,
  mode: CommitMode | undefined,
  version: number,
): MaybePromise<CommitResult<S>> {
  if (isRecipe(next)) return writer.update(next)
  // A promise is a mistake also where the step comes to nothing.
  mustBeState(undefined, next)
  if (mode === 'update') throw recipesOnly()
  const done = writer.compareAndSet(version, next)
  if (isPromise(done)) return done.then((yes) => (yes ? next : CONFLICT))
  return done ? next : CONFLICT
}

function isRecipe<S>(next: S | Recipe<S> | undefined): next is Recipe<S> {
  return typeof next === 'function'
}

/** The change as a recipe, which never conflicts. */
function asRecipe<S>(next: S | Recipe<S>): Recipe<S> {
  return isRecipe(next) ? next : () => next
}

function recipesOnly(): InvalidError {
  const message =
    'the commit mode is "update", which accepts only recipes: a state that was computed from an earlier value may undo ' +
    'other commits. Return a function that changes the draft, or use mode "retry".'
  return new InvalidError('returned state', [{ path: [], message }])
}

keepShape(new Retrying({} as never, {} as never, {} as never))
