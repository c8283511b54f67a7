import { inOrder } from '@genpool/runtime'
import { z } from 'zod'

const milliseconds = z.number({ error: 'expected milliseconds >= 0' }).nonnegative()

/**
 * How a call is retried.
 *
 * @example await call(pool, message, { retry: { attempts: 3, backoff: { min: 100 } } })
 */
export const retryOptions = z.strictObject({
  attempts: z
    .number({ error: 'expected a whole number above 0' })
    .int()
    .positive()
    .default(3)
    .describe('How often the call is tried, the first time included.'),
  backoff: z
    .strictObject({
      min: milliseconds
        .default(100)
        .describe(
          'The wait before the first retry, in milliseconds; doubled before each further one. If the error has a `retryAfterMs`, the first wait is that, and no later one is shorter.',
        ),
      max: milliseconds.default(10_000).describe('The longest wait of these, in milliseconds.'),
      jitter: z
        .number()
        .min(0)
        .max(1)
        .default(0.2)
        .describe(
          'The random share that is added to each wait, 0 to 1, so that many callers do not come back at the same time.',
        ),
    })
    .refine(...inOrder('min', 'max'))
    .prefault({})
    .describe('The wait before a retry.'),
})
export type RetryOptions = z.input<typeof retryOptions>
export type RetryRules = z.output<typeof retryOptions>

/**
 * How long to wait before the next try, in milliseconds. Pure.
 *
 * @param tried how often the call was tried, from 1
 * @param retryAfterMs what the error says; undefined if it says nothing
 * @param random in [0, 1)
 */
export function waitBefore(
  { backoff: { min, max, jitter } }: RetryRules,
  { tried, retryAfterMs }: { readonly tried: number; readonly retryAfterMs: number | undefined },
  random: number,
): number {
  const grown = Math.min(max, min * 2 ** (tried - 1))
  // What the error says is an estimate. It was wrong if the call failed again.
  const wait = tried === 1 ? (retryAfterMs ?? grown) : Math.max(retryAfterMs ?? 0, grown)
  return wait * (1 + jitter * random)
}
