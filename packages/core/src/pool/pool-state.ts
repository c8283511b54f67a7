import { type Cell, createStore, type CommitOptions } from '@genpool/state-ane'
import type { CheckedPoolOptions, StateOptions } from './options'

/** The options of the state, whichever way they were written. */
export function stateOptionsOf(option: CheckedPoolOptions['state'], plain: boolean): StateOptions {
  if (typeof option === 'object') return option
  return { type: option ?? (plain ? 'isolated' : 'shared'), commit: 'retry', retries: 3 }
}

/** The cell that all members share, in the user's store or in one of its own. */
export function sharedCell(pool: string, options: StateOptions, initial: unknown): Cell<unknown> {
  const store = options.store ?? createStore({ name: `state of pool "${pool}"` })
  return store.cell(options.key ?? pool, { initial: () => initial, ...cellOptionsOf(options) })
}

/** The cell of one member that keeps its own state; it goes when the member goes. */
export function ownCell(member: string, options: StateOptions, initial: unknown): Cell<unknown> {
  const store = createStore({ name: `state of member "${member}"`, history: 0 })
  return store.cell(member, { initial: () => initial, ...cellOptionsOf(options) })
}

/** How the commit engine is to commit, for this pool. */
export function commitOptionsOf({ commit, retries }: StateOptions): CommitOptions {
  return { mode: commit, retries }
}

function cellOptionsOf({ validate, history }: StateOptions): object {
  return { ...(validate === undefined ? {} : { validate }), ...(history === undefined ? {} : { history }) }
}
