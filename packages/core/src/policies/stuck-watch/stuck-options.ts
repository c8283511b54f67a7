import { z } from 'zod'

/** The options of the watch for stuck members, as part of those of a pool. */
export const stuckShape = {
  stuckAfter: z
    .union([z.number().positive(), z.literal(Infinity)])
    .default(Infinity)
    .describe('A member that works on one message for longer than this, in milliseconds, is given up and replaced.'),
}
