import { type Clock, systemClock } from '@genpool/runtime'
import { z } from 'zod'
import { brokerOptions } from '../engine/broker-options'
import { type AlarmEvent } from '../meters/alarm-meter'
import { meterOptions } from '../meters/meter-options'

/** Options of a broker that is an actor: those of `brokerOptions`, and what watches it. */
export const brokerActorOptions = z.strictObject({
  ...brokerOptions.shape,
  meters: z.array(meterOptions).default([]).describe('What watches the matches: overload, underload, pie, better.'),
  onAlarm: z
    .custom<(event: AlarmEvent) => void>((value) => typeof value === 'function', 'expected a function')
    .optional()
    .describe('Told when the alarm of a meter is set or cleared, after the match or change that it comes from.'),
  clock: z
    .custom<Clock>((value) => typeof value === 'object' && value !== null && 'setTimer' in value, 'expected a clock')
    .default(systemClock)
    .describe('Where time comes from; tests give a virtual one.'),
})
export type BrokerActorOptions = z.input<typeof brokerActorOptions>
export type CheckedBrokerActorOptions = z.output<typeof brokerActorOptions>

/** The options that can be changed while the broker runs. */
export type BrokerConfig = Omit<BrokerActorOptions, 'clock' | 'onAlarm'>
