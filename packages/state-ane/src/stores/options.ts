import { z } from 'zod'
import type { CellKey } from '../errors'
import { journalOptions } from '../journal/journal'
import type { SchemaLike, Validator } from '../cells/validator'

const validator = z.custom<Validator<never>>(
  (value) => typeof value === 'function' || typeof (value as SchemaLike | null | undefined)?.safeParse === 'function',
  'expected a zod schema or a function that checks a value',
)
const history = z.int().nonnegative().max(1_000_000)
const callback = <F>(what: string): z.ZodType<F, F> =>
  z.custom<F>((value) => typeof value === 'function', `expected ${what}`)

/** How many past values a cell keeps if nobody says so. */
export const DEFAULT_HISTORY = 16

export const storeOptions = z.strictObject({
  name: z.string().min(1).default('store').describe('The name of the store in errors.'),
  size: z
    .int()
    .positive()
    .optional()
    .describe('The number of slots, counted from 1. Without it the store has named cells.'),
  cells: z
    .array(z.union([z.string(), z.int()]))
    .min(1)
    .optional()
    .describe(
      'The keys of all cells: any other is refused, as a misspelt one. Without it a cell is made when it is first used.',
    ),
  mode: z
    .enum(['versioned', 'plain'])
    .default('versioned')
    .describe('`plain` keeps no history: `patchesSince` knows only the latest version.'),
  history: history.default(DEFAULT_HISTORY).describe('How many past values each cell keeps for `patchesSince`.'),
  initial: z
    .unknown()
    .optional()
    .describe('The first value of a cell without its own. A function is called with the key and returns the value.'),
  validate: validator.optional().describe('Checks every value of every cell: a zod schema or a predicate.'),
  journal: journalOptions
    .optional()
    .describe('Keeps every commit and restores it after a restart. Commits become promises.'),
  onWatcherError: callback<(error: unknown) => void>('a function')
    .optional()
    .describe('Called with each error of a watcher. Without it the error becomes an uncaught exception.'),
})

export const cellOptions = z.strictObject({
  initial: z
    .unknown()
    .optional()
    .describe(
      'The first value. A function is called with the key and returns the value. Default: `initial` of the store.',
    ),
  validate: validator.optional().describe('Checks every value of this cell, after the `validate` of the store.'),
  history: history.optional().describe('How many past values this cell keeps for `patchesSince`.'),
})

/** Options of `createStore`. All are optional. */
export type StoreOptions = z.input<typeof storeOptions>

/** Options of `store.cell` for a new cell. All are optional. */
export interface CellOptions<S> {
  readonly initial?: S | ((key: CellKey) => S) | undefined
  readonly validate?: Validator<S> | undefined
  readonly history?: number | undefined
}
