import type { FunctionOf } from '@genpool/broker'
import {
  type Cell,
  cellUnchecked,
  createStore,
  type CommitOptions,
  DEFAULT_HISTORY,
  type Fault,
  type SchemaLike,
  type Store,
} from '@genpool/state-ane'
import { z } from 'zod'

/** How the members' state is kept and committed. */
export const stateOptions = z.strictObject({
  type: z.enum(['shared', 'isolated']).default('shared').describe('One state for all members, or one for each.'),
  commit: z
    .enum(['update', 'retry', 'exclusive', 'overwrite'])
    .default('retry')
    .describe(
      'How a returned next state is committed: `update` refuses it (only recipes are accepted), `retry` runs the handler again if ' +
        'the state changed meanwhile, `exclusive` holds the state while the handler runs, `overwrite` replaces whatever is there.',
    ),
  retries: z
    .number()
    .int()
    .nonnegative()
    .default(3)
    .describe('How often a handler runs again before it holds the state.'),
  store: z
    .custom<Store>((value) => typeof value === 'object' && value !== null && 'cell' in value, 'expected a store')
    .optional()
    .describe('Keeps the state in a store of your own.'),
  key: z
    .union([z.string(), z.number()])
    .optional()
    .describe("The key of the cell in the store. Default: the pool's name."),
  history: z
    .number()
    .int()
    .nonnegative()
    .optional()
    .describe('How many past versions are kept for replicas that catch up.'),
  validate: z
    .custom<SchemaLike | FunctionOf<boolean | string | Fault>>(
      (value) =>
        typeof value === 'function' || typeof (value as SchemaLike | null | undefined)?.safeParse === 'function',
      'expected a zod schema or a function',
    )
    .optional()
    .describe('A zod schema or a predicate that every state must satisfy; a commit that does not is refused.'),
})
export type StateOptions = z.output<typeof stateOptions>

/** The options of the state in full, also where they were given as a name or not at all. */
export function stateOptionsOf(
  option: StateOptions | StateOptions['type'] | undefined,
  isolates: boolean,
): StateOptions {
  if (typeof option === 'object') return option
  return { type: option ?? (isolates ? 'isolated' : 'shared'), commit: 'retry', retries: 3 }
}

/** Makes the cell that all members share, in the user's store if there is one. */
export function sharedCell(pool: string, options: StateOptions, initial: unknown): Cell<unknown> {
  const { key = pool, validate, history = DEFAULT_HISTORY } = options
  if (options.store === undefined && typeof key === 'string') return cellUnchecked(key, { initial, validate, history })
  const store = options.store ?? createStore({ name: `state of pool "${pool}"` })
  return store.cell(key, { initial: () => initial, ...cellOptionsOf(options) })
}

/** What is wrong with the key of the shared state, if its store says so. @param given the name of the pool, if it has one of its own */
export function faultOfKey(pool: string, given: string | undefined, options: StateOptions): Fault | undefined {
  const { type, store, key = pool } = options
  const fault = type === 'shared' ? store?.faultOfKey?.(key) : undefined
  if (fault === undefined) return undefined
  const why =
    options.key !== undefined
      ? ''
      : given === undefined
        ? 'it is left out, and the pool has no name of its own that it could be: '
        : 'it is left out, so that it is the name of the pool: '
  return { path: ['state', 'key'], message: `${why}${fault}` }
}

/** Makes the cell of one member with a state of its own; it goes with the member. */
export function ownCell(member: string, options: StateOptions, initial: unknown): Cell<unknown> {
  const { validate, history = 0 } = options
  return cellUnchecked(member, { initial, validate, history })
}

/** The options of the commit engine. */
export function commitOptionsOf({ commit, retries }: Pick<StateOptions, 'commit' | 'retries'>): CommitOptions {
  return { mode: commit, retries }
}

function cellOptionsOf({ validate, history }: StateOptions): object {
  return { ...(validate === undefined ? {} : { validate }), ...(history === undefined ? {} : { history }) }
}
