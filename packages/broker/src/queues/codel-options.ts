import { inOrder, type Nanos } from '@genpool/runtime'
import { z } from 'zod'
import { ageShape, leafShape, milliseconds, toAgeRules, toNanos } from './leaf-options'
import { type AgeRules } from './leaf-queue'

/** Options of a `codelQueue`. */
export const codelOptions = z
  .strictObject({
    type: z.literal('codel').default('codel'),
    ...leafShape,
    ...ageShape,
    order: z
      .enum(['fifo', 'lifo', 'adaptive'])
      .default('fifo')
      .describe(
        'Which request is served first: the oldest (`fifo`), the newest (`lifo`), or the oldest except while requests are being dropped (`adaptive`). While dropping, `adaptive` also drops requests that have waited for an `interval`.',
      ),
    target: milliseconds.default(100).describe('Acceptable wait, in milliseconds.'),
    interval: z
      .number()
      .positive()
      .default(1000)
      .describe('How long waits may stay above `target` before dropping starts, in milliseconds.'),
  })
  .refine(...inOrder('min', 'max'))
export type CodelOptions = z.input<typeof codelOptions>

/** The options in internal units. */
export interface CodelRules extends AgeRules {
  /** Whether to serve the newest first while dropping, independent of `lifo`. */
  readonly adaptive: boolean
  readonly target: Nanos
  readonly interval: Nanos
}

/** Converts checked options to rules. */
export function toCodelRules(options: z.output<typeof codelOptions>): CodelRules {
  return {
    ...toAgeRules(options),
    adaptive: options.order === 'adaptive',
    target: toNanos(options.target),
    interval: toNanos(options.interval),
  }
}
