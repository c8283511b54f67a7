import { type Nanos } from '@genpool/runtime'
import { z } from 'zod'
import { CodelValve, codelValveOptions, toCodelValveRules } from './codel-valve'
import { OpenValve, openValveOptions, toOpenRules } from './open-valve'
import { RateValve, rateValveOptions, toRateRules } from './rate-valve'
import { RelativeValve, relativeValveOptions, toRelativeRules } from './relative-valve'
import { type Valve, type ValveFactory } from './valve'

/** The options of a valve, or a function that makes a user's own valve. */
export const valveOptions = z
  .union([
    z.discriminatedUnion('type', [openValveOptions, rateValveOptions, relativeValveOptions, codelValveOptions]),
    z.custom<ValveFactory>((value) => typeof value === 'function', 'expected a function (now, tasks) => valve'),
  ])
  .describe('The options of a valve, or a function (now, tasks) => valve.')
export type ValveOptions = z.input<typeof valveOptions>
export type CheckedValveOptions = z.output<typeof valveOptions>

/** Makes a valve from checked options; `tasks` are already running. */
export function createValve<T>(options: CheckedValveOptions, now: Nanos, tasks: readonly T[] = []): Valve<T> {
  if (typeof options === 'function') return (options as unknown as ValveFactory<T>)(now, tasks)
  switch (options.type) {
    case 'open':
      return new OpenValve<T>(toOpenRules(options), now, tasks)
    case 'rate':
      return new RateValve<T>(toRateRules(options), now, tasks)
    case 'relative':
      return new RelativeValve<T>(toRelativeRules(options), now, tasks)
    case 'codel':
      return new CodelValve<T>(toCodelValveRules(options), now, tasks)
  }
}

/** The old and the new options of a valve. */
export interface ValveChange {
  readonly from: CheckedValveOptions
  readonly to: CheckedValveOptions
}

/**
 * Gives a valve new options. If they are of the same type, they are changed in place; otherwise a new valve takes over the
 * running tasks. A user's own valve stays if the same function would make it.
 */
export function reconfigureValve<T>(valve: Valve<T>, { from, to }: ValveChange, now: Nanos): Valve<T> {
  if (to === from && typeof to === 'function') return valve
  if (typeof to === 'function') return createValve<T>(to, now, valve.tasks())
  if (to.type === 'open' && valve instanceof OpenValve) valve.apply(toOpenRules(to), now)
  else if (to.type === 'rate' && valve instanceof RateValve) valve.apply(toRateRules(to), now)
  else if (to.type === 'relative' && valve instanceof RelativeValve) valve.apply(toRelativeRules(to), now)
  else if (to.type === 'codel' && valve instanceof CodelValve) valve.apply(toCodelValveRules(to), now)
  else return createValve<T>(to, now, valve.tasks())
  return valve
}
