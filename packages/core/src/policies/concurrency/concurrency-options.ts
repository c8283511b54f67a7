import { z } from 'zod'
import { gradientOptions } from '../gradient/gradient-options'

/** The concurrency limit's share of the pool options. */
export const concurrencyShape = {
  concurrency: z
    .union([z.number().int().nonnegative(), z.literal(Infinity), z.literal('gradient'), gradientOptions])
    .default(Infinity)
    .describe(
      "How many members may work at once: all (`Infinity`), a number (0 lets all requests wait), or `'gradient'`, a limit " +
        'that it learns from run times.',
    ),
}
