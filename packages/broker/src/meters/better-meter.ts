import { checkTime, type Nanos, parseOptions } from '@genpool/runtime'
import { z } from 'zod'
import { milliseconds, toNanos } from '../queues/leaf-options'
import { type Meter, type Sample } from './meter'

const side = z
  .strictObject({
    upper: milliseconds.default(5000).describe('Longer waits count as this long, in milliseconds.'),
  })
  .default({ upper: 5000 })

/** Options of a `betterMeter`. */
export const betterMeterOptions = z.strictObject({
  type: z.literal('better').default('better'),
  ask: side.describe('For requests that choose between brokers.'),
  askR: side.describe('For members that choose between brokers.'),
  update: z.number().positive().default(100).describe('How often the values are renewed, in milliseconds.'),
})
export type BetterMeterOptions = z.input<typeof betterMeterOptions>

/** Holds what `better` compares: how long a request or a member would wait here. See `betterMeter`. */
export class BetterMeter implements Meter {
  /** How long a request waits. */
  ask: Nanos
  /** How long a member waits. */
  askR: Nanos
  wakeAt: Nanos | null
  #rules: z.output<typeof betterMeterOptions>

  constructor(options: unknown, now: Nanos) {
    this.#rules = checkBetterMeterOptions(options)
    this.ask = toNanos(this.#rules.ask.upper)
    this.askR = toNanos(this.#rules.askR.upper)
    this.wakeAt = now
  }

  update({ queueDelay, processDelay, relativeTime }: Sample, now: Nanos): void {
    const { ask, askR, update } = this.#rules
    const delay = queueDelay + processDelay
    this.ask = Math.min(toNanos(ask.upper), delay + Math.max(relativeTime, 0))
    this.askR = Math.min(toNanos(askR.upper), delay + Math.max(-relativeTime, 0))
    this.wakeAt = now + toNanos(update)
  }

  timeout(_now: Nanos): void {
    // Without a match the values stay.
  }

  configure(options: unknown, now: Nanos): void {
    this.#rules = checkBetterMeterOptions(options)
    const { ask, askR, update } = this.#rules
    this.ask = Math.min(toNanos(ask.upper), this.ask)
    this.askR = Math.min(toNanos(askR.upper), this.askR)
    this.wakeAt = Math.min(this.wakeAt ?? now, now + toNanos(update))
  }
}

function checkBetterMeterOptions(options: unknown): z.output<typeof betterMeterOptions> {
  return parseOptions(betterMeterOptions, options, 'options of a better meter')
}

/**
 * A meter that holds how long a request or a member would wait; `better` chooses between brokers by it.
 *
 * @param options milliseconds; `ask.upper` and `askR.upper` 5000, `update` 100
 * @throws {OptionsError} if an option is unknown or out of range; nothing is created
 * @see sbetter_meter; Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, 2001
 * @example const meter = betterMeter({ type: 'better' }, 0)
 */
export function betterMeter(options: BetterMeterOptions, now: Nanos): BetterMeter {
  checkTime('betterMeter', now)
  return new BetterMeter(options, now)
}
