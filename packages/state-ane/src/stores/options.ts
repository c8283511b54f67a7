import { z } from 'zod'
import type { CellKey } from '../errors'
import { journalOptions } from '../journal/journal'
import type { SchemaLike, Validator } from '../cells/validator'

const validator = z.custom<Validator<never>>(
  (value) => typeof value === 'function' || typeof (value as SchemaLike | null | undefined)?.safeParse === 'function',
  'expected a zod schema or a function that says whether a value is right',
)
const history = z.int().nonnegative().max(1_000_000)
const callback = <F>(what: string): z.ZodType<F, F> =>
  z.custom<F>((value) => typeof value === 'function', `expected ${what}`)

export const storeOptions = z.strictObject({
  name: z.string().min(1).default('store').describe('Names the store in errors.'),
  size: z
    .int()
    .positive()
    .optional()
    .describe('Gives the store this many numbered slots, from 1, instead of cells with names.'),
  mode: z
    .enum(['versioned', 'plain'])
    .default('versioned')
    .describe('`plain` keeps no history: `patchesSince` knows nothing but the latest version.'),
  history: history.default(16).describe('How many past values each cell keeps for `patchesSince`.'),
  initial: z
    .unknown()
    .optional()
    .describe('The first value of cells that are not given one. A function is called with the key to make it.'),
  validate: validator.optional().describe('What every value of every cell must be: a zod schema or a predicate.'),
  journal: journalOptions
    .optional()
    .describe('Keeps every commit, and has it again after a restart. Commits become promises.'),
  onWatcherError: callback<(error: unknown) => void>('a function')
    .optional()
    .describe('Gets what a watcher throws. Without it the error surfaces as an uncaught exception.'),
})

export const cellOptions = z.strictObject({
  initial: z
    .unknown()
    .optional()
    .describe('The first value. A function is called with the key to make it; the default is that of the store.'),
  validate: validator.optional().describe('What every value of this cell must be, besides what the store demands.'),
  history: history.optional().describe('How many past values this cell keeps for `patchesSince`.'),
})

/** What `createStore` takes. All of it is optional. */
export type StoreOptions = z.input<typeof storeOptions>

/** What `store.cell` takes for a cell that does not exist yet. All of it is optional. */
export interface CellOptions<S> {
  readonly initial?: S | ((key: CellKey) => S) | undefined
  readonly validate?: Validator<S> | undefined
  readonly history?: number | undefined
}
