import { z } from 'zod'

const milliseconds = z.number().nonnegative()
/** zod's numbers are finite; these may also be endless. */
const orInfinity = (schema: z.ZodNumber): z.ZodUnion<[z.ZodNumber, z.ZodLiteral<number>]> =>
  z.union([schema, z.literal(Infinity)])

/** When to stop replacing members. */
const restartOptions = z.strictObject({
  intensity: orInfinity(z.number().int().nonnegative())
    .default(Infinity)
    .describe('How many members may crash within `within` before the pool gives up.'),
  within: milliseconds.default(5000).describe('The window of `intensity`, in milliseconds.'),
  attempts: orInfinity(z.number().int().positive())
    .default(5)
    .describe('How many starts may fail in a row before the pool gives up.'),
  backoff: z
    .strictObject({
      min: milliseconds
        .default(100)
        .describe('The first wait after a failed start, in milliseconds; doubled each time.'),
      max: milliseconds.default(10_000).describe('The longest wait, in milliseconds.'),
      jitter: z
        .number()
        .min(0)
        .max(1)
        .default(0.2)
        .describe('The share of the wait that is random, so that many starts do not come back at once.'),
    })
    .prefault({})
    .describe('The wait between failed starts.'),
})

/** The options of supervision, as part of those of a pool. */
export const supervisionShape = {
  restart: restartOptions.prefault({}).describe('When to stop replacing members.'),
  retryOnCrash: z
    .record(z.string(), z.number().int().positive())
    .default({})
    .describe('How often a message of each type is run again after its member crashed. Only for what may be repeated.'),
  poisonAfter: orInfinity(z.number().int().positive())
    .default(3)
    .describe('A message that has crashed this many members goes to the dead letters, whatever `retryOnCrash` says.'),
}
export type SupervisionOptions = {
  readonly [K in keyof typeof supervisionShape]: z.output<(typeof supervisionShape)[K]>
}
