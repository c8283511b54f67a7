import { z } from 'zod'
import { gradientOptions } from '../gradient/gradient-options'

/** The options of the concurrency limit, as part of those of a pool. */
export const concurrencyShape = {
  concurrency: z
    .union([z.number().int().nonnegative(), z.literal(Infinity), z.literal('gradient'), gradientOptions])
    .default(Infinity)
    .describe(
      'How many members may work at once: all of them, a number (0: none, requests wait), or a limit that learns from how long ' +
        'they take.',
    ),
}
