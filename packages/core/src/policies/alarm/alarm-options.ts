import { z } from 'zod'

/** When the alarm of a pool is set. Times are milliseconds. */
export const alarmOptions = z
  .strictObject({
    target: z
      .number()
      .positive()
      .default(100)
      .describe(
        'Slow means that a request has waited this long, or that the event loop is this late, in milliseconds.',
      ),
    interval: z
      .number()
      .positive()
      .default(1000)
      .describe('How long it must be slow, or fast again, before the alarm changes, in milliseconds.'),
  })
  .describe('When the alarm is set, and when it is cleared.')
export type AlarmRules = z.output<typeof alarmOptions>

/** The options of the alarm, as part of those of a pool. */
export const alarmShape = {
  alarm: z
    .union([z.boolean(), alarmOptions])
    .default(false)
    .describe('Whether to publish an alarm while the pool is overloaded. `true`: with all defaults.'),
}
