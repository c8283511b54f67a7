import { z } from 'zod'
import { breakerOptions } from './breaker'
import { throttleOptions } from './throttle'

/** The door's share of the pool options. */
export const doorShape = {
  breaker: z
    .union([z.boolean(), breakerOptions])
    .default(false)
    .describe(
      'A circuit breaker: refuses requests at once while handlers or starts keep failing. `true`: with all defaults.',
    ),
  throttle: z
    .union([z.boolean(), throttleOptions])
    .default(false)
    .describe(
      'A throttle: refuses a share of the requests at once while the broker drops most of them. `true`: with all defaults.',
    ),
}
