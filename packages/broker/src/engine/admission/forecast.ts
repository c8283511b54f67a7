import { type Nanos } from '@genpool/runtime'
import { z } from 'zod'
import { milliseconds, toNanos } from '../../queues/leaf-options'
import { Departures } from '../departures'
import { type Admission, type Refusal } from './admission'

/** Options of admission by forecast. */
export const forecastOptions = z
  .strictObject({
    type: z.literal('forecast'),
    target: milliseconds.default(100).describe('Acceptable wait, in milliseconds.'),
    interval: milliseconds
      .default(1000)
      .describe('How long the forecast may stay above `target` before requests are refused, in milliseconds.'),
    bound: milliseconds
      .optional()
      .describe('A request with a longer forecast is refused at once, in milliseconds. Default: 4 x `target`.'),
  })
  .describe('Refuses requests whose predicted wait is too long: requests ahead x measured time between departures.')
export type CheckedForecastOptions = z.output<typeof forecastOptions>

/**
 * Refuses requests that would wait too long, before they are queued.
 *
 * The forecast is the number of requests ahead times the measured time between departures (Little's law). Once it has been
 * above `target` for a whole `interval`, requests with a forecast above `target` are refused, until the forecast falls below
 * half of `target`. Bursts shorter than the interval pass; in a lasting overload callers are told at once.
 */
export class ForecastAdmission implements Admission {
  #target: Nanos
  #interval: Nanos
  #bound: Nanos
  /** Since when the forecast is above target; NaN if it is not. */
  #above: Nanos = NaN
  readonly #departures = new Departures()

  constructor(options: CheckedForecastOptions) {
    this.#target = toNanos(options.target)
    this.#interval = toNanos(options.interval)
    this.#bound = toNanos(options.bound ?? 4 * options.target)
  }

  /** Applies new options and keeps the measurements. */
  configure(options: CheckedForecastOptions): void {
    this.#target = toNanos(options.target)
    this.#interval = toNanos(options.interval)
    this.#bound = toNanos(options.bound ?? 4 * options.target)
  }

  refusal(ahead: number, now: Nanos): Refusal | null {
    const wait = ahead * this.#departures.gap(now)
    if (wait < this.#target / 2) this.#above = NaN
    if (wait <= this.#target) return null
    if (Number.isNaN(this.#above)) this.#above = now
    if (wait <= this.#bound && now - this.#above < this.#interval) return null
    return { reason: 'forecast', retryAfter: Math.round(wait - this.#target) }
  }

  queued(waiting: number, now: Nanos): void {
    if (waiting === 1) this.#departures.begin(now)
  }

  matched(_relativeTime: Nanos, waiting: number, now: Nanos): void {
    this.#departures.depart(now)
    // If requests are already queued when the forecast is turned on, measuring starts here.
    if (waiting > 0) this.#departures.begin(now)
    else this.#departures.rest()
  }
}
