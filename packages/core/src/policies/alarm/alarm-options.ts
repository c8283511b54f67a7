import { z } from 'zod'

/** When the alarm of a pool is set and cleared. Times are milliseconds. */
export const alarmOptions = z
  .strictObject({
    target: z
      .number()
      .positive()
      .default(100)
      .describe(
        'The pool is slow when a request has waited this long, or when the event loop is this late, in milliseconds.',
      ),
    interval: z
      .number()
      .positive()
      .default(1000)
      .describe(
        'The alarm is set after the pool was slow for this long, and cleared after it was not slow for this long, in milliseconds.',
      ),
  })
  .describe('When the alarm is set and cleared.')
export type AlarmRules = z.output<typeof alarmOptions>

/** The alarm's share of the pool options. */
export const alarmShape = {
  alarm: z
    .union([z.boolean(), alarmOptions])
    .default(false)
    .describe(
      'Publishes an event when the pool becomes overloaded, and when it no longer is. `true`: with all defaults.',
    ),
}
