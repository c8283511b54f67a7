import { z } from 'zod'
import type { SimulatedOptions } from './simulation'

/** How far a search is. */
export interface Progress {
  /** How many simulations are done, and about how many there will be: the search decides as it goes. */
  readonly done: number
  readonly expected: number
  /** What it looks for now. */
  readonly doing: string
}

/**
 * What `advise` is to find, and how.
 *
 * @example await advise(readTrace('monday.jsonl'), { p99Ms: 300, maxDrops: 0.01, maxSize: 16 })
 */
export const adviseOptions = z.strictObject({
  p99Ms: z
    .number()
    .positive()
    .describe('99 % of the answers must come within this time, from the call on, in milliseconds.'),
  maxDrops: z
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe('The greatest share of the requests that may be dropped, refused or expire, 0 to 1.'),
  maxSize: z.number().int().positive().max(10_000).default(100).describe('The greatest number of members.'),
  confidence: z
    .number()
    .min(0)
    .max(1)
    .default(0.9)
    .describe('On what share of the resampled traces a setting must meet the goal, too, 0 to 1.'),
  resamples: z
    .number()
    .int()
    .min(0)
    .max(1000)
    .default(20)
    .describe('How many traces are made of blocks of the given one, in another order, to see how sure a setting is.'),
  options: z
    .custom<SimulatedOptions>(isPlain, 'expected options of a pool')
    .default(() => ({}))
    .describe('Options of the pool that stay as they are, such as `timeout`, `rate` and `limits`.'),
  seed: z.number().int().default(1).describe('The same seed, trace and goal give the same advice.'),
  threads: z
    .number()
    .int()
    .min(0)
    .max(256)
    .optional()
    .describe(
      'How many threads simulate. Default: one for each core. 0: this thread, which has no time for others then.',
    ),
  onProgress: z
    .custom<(progress: Progress) => void>((value) => typeof value === 'function', 'expected a function')
    .optional()
    .describe('Called after each simulation with `{ done, expected, doing }`.'),
  signal: z
    .custom<AbortSignal>((value) => value instanceof AbortSignal, 'expected an AbortSignal')
    .optional()
    .describe('Ends the search with a CancelledError.'),
})
export type Goal = z.input<typeof adviseOptions>
export type CheckedGoal = z.output<typeof adviseOptions>

function isPlain(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
