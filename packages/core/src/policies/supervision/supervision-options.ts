import { inOrder } from '@genpool/runtime'
import { z } from 'zod'

const milliseconds = z.number().nonnegative()
/** zod's numbers are finite; these may also be Infinity. */
const orInfinity = (schema: z.ZodNumber): z.ZodUnion<[z.ZodNumber, z.ZodLiteral<number>]> =>
  z.union([schema, z.literal(Infinity)])

/** When to stop replacing members. */
const restartOptions = z.strictObject({
  intensity: orInfinity(z.number().int().nonnegative())
    .default(Infinity)
    .describe('How many members may crash within `within`. One more stops the pool.'),
  within: milliseconds
    .default(5000)
    .describe(
      'The window of `intensity`, in milliseconds. A worker that dies sooner after its start, and has done nothing, has failed to start.',
    ),
  attempts: orInfinity(z.number().int().positive())
    .default(5)
    .describe('After this many failed starts in a row, the pool stops.'),
  startTimeout: orInfinity(z.number().positive())
    .default(30_000)
    .describe('How long an `init` may take, in milliseconds. After that the start has failed, and is tried again.'),
  backoff: z
    .strictObject({
      min: milliseconds
        .default(100)
        .describe('The wait after the first failed start, in milliseconds; doubled after each further one.'),
      max: milliseconds.default(10_000).describe('The longest wait, in milliseconds.'),
      jitter: z
        .number()
        .min(0)
        .max(1)
        .default(0.2)
        .describe('The random share of the wait, 0 to 1, so that many starts are not retried at the same time.'),
    })
    .refine(...inOrder('min', 'max'))
    .prefault({})
    .describe('The wait between failed starts.'),
})

/** Supervision's share of the pool options. */
export const supervisionShape = {
  restart: restartOptions.prefault({}).describe('When to stop replacing members.'),
  terminateTimeout: orInfinity(z.number().positive())
    .default(30_000)
    .describe(
      'How long `stop` and `drain` wait for a `terminate`, in milliseconds. One that takes longer is reported to `onCallbackError`.',
    ),
  retryOnCrash: z
    .record(z.string(), z.number().int().nonnegative())
    .default({})
    .describe(
      'How often a message is retried at once after its member crashed, by message type. Only for messages that may run twice. A type without a handler is refused. With 0 it is repeated only by the `retry` of its call, after a wait.',
    ),
  poisonAfter: orInfinity(z.number().int().positive())
    .default(3)
    .describe(
      'A message that has crashed this many members becomes a dead letter, even if `retryOnCrash` allows more.',
    ),
}
export type SupervisionOptions = {
  readonly [K in keyof typeof supervisionShape]: z.output<(typeof supervisionShape)[K]>
}

/** How often a message of this type may run again at once; undefined if nothing says that it may. */
export function rerunsOf(type: string, retryOnCrash: SupervisionOptions['retryOnCrash']): number | undefined {
  return Object.hasOwn(retryOnCrash, type) ? retryOnCrash[type] : undefined
}
