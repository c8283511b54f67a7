import { type Nanos } from '@genpool/runtime'
import { z } from 'zod'
import { PieMeter } from '../../meters/pie-meter'
import { countOrInfinity, milliseconds } from '../../queues/leaf-options'
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

  constructor(options: CheckedPieOptions, now: Nanos, random: () => number) {
    this.#meter = new PieMeter(toMeterOptions(options), now)
    this.#protector = new Protector(this.#meter, random)
  }

  /** Takes new options over and keeps what was measured. */
  configure(options: CheckedPieOptions, now: Nanos): void {
    this.#meter.configure(toMeterOptions(options), now)
  }

  refusal(ahead: number): Refusal | null {
    this.#protector.update(ahead)
    return this.#protector.admits('ask') ? null : { reason: 'protector' }
  }

  matched(relativeTime: Nanos, _waiting: number, now: Nanos): void {
    this.#meter.update({ queueDelay: 0, processDelay: 0, relativeTime }, now)
  }

  queued(): void {
    // Matches tell all that PIE wants to know.
  }
}

function toMeterOptions({ target, interval, update, min, max }: CheckedPieOptions): object {
  return { ask: { target, interval }, update, min, max }
}
