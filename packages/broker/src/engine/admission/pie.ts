import { type Nanos } from '@genpool/runtime'
import { z } from 'zod'
import { PieMeter } from '../../meters/pie-meter'
import { countOrInfinity, milliseconds, toNanos } from '../../queues/leaf-options'
import { Protector } from '../protector'
import { type Admission, type Refusal } from './admission'

/** Options of admission by PIE. */
export const pieOptions = z
  .strictObject({
    type: z.literal('pie'),
    target: milliseconds.default(100).describe('Acceptable wait, in milliseconds.'),
    interval: z.number().positive().default(1000).describe('How long a burst passes untouched, in milliseconds.'),
    update: z.number().positive().default(100).describe('How often the probability changes, in milliseconds.'),
    min: z.number().int().nonnegative().default(0).describe('While no more than this many wait, nobody is refused.'),
    max: countOrInfinity.default(Infinity).describe('While more than this many wait, everybody is refused.'),
  })
  .describe('Refuses with a probability that rises until waits settle at `target`.')
export type CheckedPieOptions = z.output<typeof pieOptions>

/** Refuses requests with the probability that PIE computes from the waits of those before. */
export class PieAdmission implements Admission {
  readonly #meter: PieMeter
  readonly #protector: Protector
  #options: CheckedPieOptions
  /** How long the last one waited that went to a member. */
  #waited: Nanos = 0

  constructor(options: CheckedPieOptions, now: Nanos, random: () => number) {
    this.#options = options
    this.#meter = new PieMeter(toMeterOptions(options), now)
    this.#protector = new Protector(this.#meter, random)
  }

  /** Takes new options over and keeps what was measured. */
  configure(options: CheckedPieOptions, now: Nanos): void {
    this.#options = options
    this.#meter.configure(toMeterOptions(options), now)
  }

  refusal(ahead: number, now: Nanos): Refusal | null {
    this.#protector.update(ahead)
    return this.#protector.admits('ask') ? null : { reason: 'protector', retryAfter: this.#retryAfter(now) }
  }

  /** Not before there is another probability, nor before what waits beyond `target` can be gone. */
  #retryAfter(now: Nanos): Nanos {
    const { update, target } = this.#options
    const next = this.#meter.wakeAt > now ? this.#meter.wakeAt - now : toNanos(update)
    return Math.max(next, this.#waited - toNanos(target))
  }

  matched(relativeTime: Nanos, _waiting: number, now: Nanos): void {
    this.#waited = Math.max(0, relativeTime)
    this.#meter.update({ queueDelay: 0, processDelay: 0, relativeTime }, now)
  }

  queued(): void {
    // Matches tell all that PIE wants to know.
  }
}

function toMeterOptions({ target, interval, update, min, max }: CheckedPieOptions): object {
  return { ask: { target, interval }, update, min, max }
}
