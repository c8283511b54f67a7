import { inOrder, type Nanos } from '@genpool/runtime'
import { z } from 'zod'
import { PieMeter, pieShape } from '../../meters/pie-meter'
import { countOrInfinity, toNanos } from '../../queues/leaf-options'
import { Protector } from '../protector'
import { type Admission, type Refusal } from './admission'

/** Options of admission by PIE. */
export const pieOptions = z
  .strictObject({
    type: z.literal('pie'),
    ...pieShape,
    update: z.number().positive().default(100).describe('How often the probability is updated, in milliseconds.'),
    min: z.number().int().nonnegative().default(0).describe('No request is refused while at most this many wait.'),
    max: countOrInfinity.default(Infinity).describe('Every request is refused while more than this many wait.'),
  })
  .refine(...inOrder('min', 'max'))
  .describe('Refuses requests by chance; the probability rises until waits settle at `target`.')
export type CheckedPieOptions = z.output<typeof pieOptions>

/** Refuses requests with the probability that PIE computes from earlier waits. */
export class PieAdmission implements Admission {
  readonly #meter: PieMeter
  readonly #protector: Protector
  #options: CheckedPieOptions
  /** The wait of the last request that went to a member. */
  #waited: Nanos = 0

  constructor(options: CheckedPieOptions, now: Nanos, random: () => number) {
    this.#options = options
    this.#meter = new PieMeter(toMeterOptions(options), now)
    this.#protector = new Protector(this.#meter, random)
  }

  /** Applies new options and keeps the measurements. */
  configure(options: CheckedPieOptions, now: Nanos): void {
    this.#options = options
    this.#meter.configure(toMeterOptions(options), now)
  }

  refusal(ahead: number, now: Nanos): Refusal | null {
    this.#protector.update(ahead)
    return this.#protector.admits('ask') ? null : { reason: 'protector', retryAfter: this.#retryAfter(now) }
  }

  /** Not before the next update of the probability, nor before the excess wait above `target` can be over. */
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
    // PIE learns everything from matches.
  }
}

function toMeterOptions({ target, interval, update, min, max }: CheckedPieOptions): object {
  return { ask: { target, interval }, update, min, max }
}
