import { type Nanos } from '@genpool/runtime'
import { z } from 'zod'
import { CodelValve, codelValveOptions, toCodelValveRules } from './codel-valve'
import { OpenValve, openValveOptions, toOpenRules } from './open-valve'
import { RateValve, rateValveOptions, toRateRules } from './rate-valve'
import { RelativeValve, relativeValveOptions, toRelativeRules } from './relative-valve'
import { type Valve, type ValveFactory } from './valve'

/** A valve by its options, or a function that makes one of your own. */
export const valveOptions = z
  .union([
    z.discriminatedUnion('type', [openValveOptions, rateValveOptions, relativeValveOptions, codelValveOptions]),
    z.custom<ValveFactory>((value) => typeof value === 'function', 'expected a function (now, tasks) => valve'),
  ])
  .describe('The options of a valve, or a function (now, tasks) => valve.')
export type ValveOptions = z.input<typeof valveOptions>
export type CheckedValveOptions = z.output<typeof valveOptions>

/** Makes the valve that checked options stand for, over tasks that run already. */
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

/** Options of a valve, as they were and as they are to be. */
export interface ValveChange {
  readonly from: CheckedValveOptions
  readonly to: CheckedValveOptions
}

/**
 * Gives a valve new options: in place where they are of its own kind, otherwise by a new valve over what runs. A valve of
 * one's own stays as it is if it is to be made by the same function.
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
