import { inOrder } from '@genpool/runtime'
import { z } from 'zod'

/** The numbers of a gradient limit, without its bounds. */
export const gradientNumbers = {
  initial: z.number().int().positive().default(10).describe('The limit at the start.'),
  tolerance: z
    .number()
    .min(1)
    .default(1.1)
    .describe('The limit falls when a run takes longer than this many times the run time without load.'),
  smoothing: z.number().positive().max(1).default(0.3).describe('How far one window moves the limit, 0 to 1.'),
  window: z
    .number()
    .positive()
    .default(100)
    .describe('The least time over which run times are averaged, in milliseconds.'),
  probe: z
    .number()
    .positive()
    .default(10_000)
    .describe(
      'How often the limit is halved to measure the run time without load, in milliseconds; at most once per 100 run times.',
    ),
}

const bound = z.number().int().positive()

/** A gradient limit with its own bounds. */
export const gradientOptions = z
  .strictObject({
    type: z.literal('gradient').default('gradient').describe('The kind of limit.'),
    min: bound.default(1).describe('The smallest limit.'),
    max: z
      .union([bound, z.literal(Infinity)])
      .default(Infinity)
      .describe('The largest limit.'),
    ...gradientNumbers,
  })
  .refine(...inOrder('min', 'max'))
  .describe('Learns from run times how many members may work at once.')

/** The rules of a gradient limit. Times are milliseconds. */
export type GradientRules = Omit<z.output<typeof gradientOptions>, 'type'>
