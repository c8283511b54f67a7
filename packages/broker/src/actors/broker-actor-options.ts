import { clockOption } from '@genpool/runtime'
import { z } from 'zod'
import { brokerOptions } from '../engine/broker-options'
import { limitShape } from '../limits/limit-options'
import { type AlarmEvent } from '../meters/alarm-meter'
import { meterOptions } from '../meters/meter-options'

/** Options of a broker actor: `brokerOptions`, its rate and limits, its meters, and who is told of alarms. */
export const brokerActorOptions = z.strictObject({
  ...brokerOptions.shape,
  ...limitShape,
  meters: z
    .array(meterOptions)
    .default([])
    .describe('The meters that measure the matches: overload, underload, pie, better.'),
  onAlarm: z
    .custom<(event: AlarmEvent) => void>((value) => typeof value === 'function', 'expected a function')
    .optional()
    .describe('Called when the alarm of a meter is set or cleared, after the match or change that caused it.'),
  clock: clockOption,
})
export type BrokerActorOptions = z.input<typeof brokerActorOptions>
export type CheckedBrokerActorOptions = z.output<typeof brokerActorOptions>

/** The options that can be changed while the broker runs. */
export type BrokerConfig = Omit<BrokerActorOptions, 'clock' | 'onAlarm'>
