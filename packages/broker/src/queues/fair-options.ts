import { parseOptions } from '@genpool/runtime'
import { z } from 'zod'
import { dropOptions } from './drop-queue'
import { fairBy } from './fair-keys'
import { fairWeight } from './fair-weight'
import { leafOptions } from './leaf'

/** Options of a `fairQueue`. */
export const fairOptions = z.strictObject({
  type: z.literal('fair').default('fair'),
  by: fairBy.default('value').describe('How the key of a request is found, such as its user or its tenant.'),
  queue: leafOptions.default(dropOptions.parse({})).describe('The options of the queue that each key has.'),
  weight: fairWeight
    .optional()
    .describe(
      'How many requests of a key are served while one of weight 1 is, >= 1: by key, or a function (key) => weight. Default: 1.',
    ),
})
export type FairOptions = z.input<typeof fairOptions>
export type CheckedFairOptions = z.output<typeof fairOptions>

/** @throws {OptionsError} if an option is unknown or out of range */
export function checkFairOptions(options: unknown): CheckedFairOptions {
  return parseOptions(fairOptions, options, 'options of a fair queue')
}
