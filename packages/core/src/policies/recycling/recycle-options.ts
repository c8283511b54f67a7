import { z } from 'zod'

/** When members that work are replaced. */
const recycleOptions = z.strictObject({
  afterMessages: z
    .union([z.number().int().positive(), z.literal(Infinity)])
    .default(Infinity)
    .describe('Replaces a member after this many messages.'),
  afterMs: z
    .union([z.number().positive(), z.literal(Infinity)])
    .default(Infinity)
    .describe('Replaces a member of this age, in milliseconds.'),
  jitter: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('The share of both that is random, so that not all members are replaced at once.'),
})
export type RecycleRules = z.output<typeof recycleOptions>

/** The options of recycling, as part of those of a pool. */
export const recycleShape = {
  recycle: recycleOptions.prefault({}).describe('When to replace members that work.'),
}
