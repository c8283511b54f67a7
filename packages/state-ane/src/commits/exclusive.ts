import { type Cell, type Hold, holding } from '../cells/cell'
import { chain } from '../cells/maybe-promise'
import { mustBeState } from '../cells/must-be-state'
import { ConflictError } from '../errors'
import type { Step, Transition } from './transition'
import { CONFLICT, isRecipe, made, refuse, write, written } from './write'

/** A run whose handler has returned, and the state that it saw. */
export interface ReturnedRun<S, T> {
  readonly state: S
  readonly version: number
  readonly step: T
}

/** Runs the handler while it holds the cell, so that no other commit comes between. */
export function exclusively<S, T extends Step<S>>(
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
export function finishHolding<S, T extends Step<S>>(
  cell: Cell<S>,
  transition: Transition<S, T>,
  { state, version, step }: ReturnedRun<S, T>,
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
  { state, version, step }: ReturnedRun<S, T>,
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
