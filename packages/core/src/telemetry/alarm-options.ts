import { z } from 'zod'

/** When the alarm of a pool is set. Times are milliseconds. */
export const alarmOptions = z
  .strictObject({
    target: z
      .number()
      .positive()
      .default(100)
      .describe('Slow is when a request has waited so long, or the event loop is so late, in milliseconds.'),
    interval: z
      .number()
      .positive()
      .default(1000)
      .describe('How long it has to be slow, or fast again, before the alarm changes, in milliseconds.'),
  })
  .describe('When the alarm is set, and when it is cleared.')
export type AlarmRules = z.output<typeof alarmOptions>
