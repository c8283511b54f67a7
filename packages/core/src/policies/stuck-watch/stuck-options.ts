import { z } from 'zod'

/** The stuck watch's share of the pool options. */
export const stuckShape = {
  stuckAfter: z
    .union([z.number().positive(), z.literal(Infinity)])
    .default(Infinity)
    .describe(
      'Replaces a member whose handler runs for longer than this, in milliseconds. A commit that is being written is waited for.',
    ),
}
