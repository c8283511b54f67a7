import { type Nanos } from '@genpool/runtime'
import { z } from 'zod'
import { overloadMeter, overloadMeterOptions, underloadMeter, underloadMeterOptions } from './alarm-meter'
import { betterMeter, betterMeterOptions } from './better-meter'
import { type Meter, type MeterFactory } from './meter'
import { pieMeter, pieMeterOptions } from './pie-meter'

/** The options of a meter, or a function that makes a user's own meter. */
export const meterOptions = z
  .union([
    z.discriminatedUnion('type', [pieMeterOptions, overloadMeterOptions, underloadMeterOptions, betterMeterOptions]),
    z.custom<MeterFactory>((value) => typeof value === 'function', 'expected a function (now) => meter'),
  ])
  .describe('The options of a meter, or a function (now) => meter.')
export type MeterOptions = z.input<typeof meterOptions>
type CheckedMeterOptions = z.output<typeof meterOptions>

/** Makes a meter from checked options. */
export function createMeter(options: CheckedMeterOptions, now: Nanos): Meter {
  if (typeof options === 'function') return options(now)
  switch (options.type) {
    case 'pie':
      return pieMeter(options, now)
    case 'overload':
      return overloadMeter(options, now)
    case 'underload':
      return underloadMeter(options, now)
    case 'better':
      return betterMeter(options, now)
  }
}
