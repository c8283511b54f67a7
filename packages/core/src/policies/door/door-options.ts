import { z } from 'zod'
import { breakerOptions } from './breaker'
import { throttleOptions } from './throttle'

/** The options of the door, as part of those of a pool. */
export const doorShape = {
  breaker: z
    .union([z.boolean(), breakerOptions])
    .default(false)
    .describe(
      'Refuses requests at once while handlers or starts keep failing: a circuit breaker. `true`: with all defaults.',
    ),
  throttle: z
    .union([z.boolean(), throttleOptions])
    .default(false)
    .describe('Refuses a share of the requests at once while most would be refused anyway. `true`: with all defaults.'),
}
