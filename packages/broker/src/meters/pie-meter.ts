import { checkTime, inOrder, type Nanos, parseOptions } from '@genpool/runtime'
import { z } from 'zod'
import { countOrInfinity, milliseconds, toNanos } from '../queues/leaf-options'
import { askRSojourn, askSojourn, type Meter, type Sample } from './meter'
import { PieController } from './pie-controller'

/** What PIE aims at. */
export const pieShape = {
  target: milliseconds.default(100).describe('Acceptable wait, in milliseconds.'),
  interval: z.number().positive().default(1000).describe('How long a burst passes without refusals, in milliseconds.'),
}
const side = z.strictObject(pieShape).default({ target: 100, interval: 1000 })

/** Options of a `pieMeter`. */
export const pieMeterOptions = z
  .strictObject({
    type: z.literal('pie').default('pie'),
    ask: side.describe('For requests.'),
    askR: side.describe('For members.'),
    update: z.number().positive().default(100).describe('How often the probabilities are updated, in milliseconds.'),
    min: z.number().int().nonnegative().default(0).describe('Nothing is refused while at most this many wait.'),
    max: countOrInfinity.default(Infinity).describe('Everything is refused while more than this many wait.'),
  })
  .refine(...inOrder('min', 'max'))
export type PieMeterOptions = z.input<typeof pieMeterOptions>
type Checked = z.output<typeof pieMeterOptions>

/** Computes the probability with which newcomers should be refused. See `pieMeter`. */
export class PieMeter implements Meter {
  /** The probability for requests. */
  ask = 0
  /** The probability for members. */
  askR = 0
  wakeAt: Nanos
  #options: Checked
  readonly #ask: PieController
  readonly #askR: PieController

  constructor(options: unknown, now: Nanos) {
    this.#options = checkPieMeterOptions(options)
    this.#ask = new PieController(toTarget(this.#options.ask), now)
    this.#askR = new PieController(toTarget(this.#options.askR), now)
    this.wakeAt = now
  }

  /** Nothing is refused while at most this many wait. */
  get min(): number {
    return this.#options.min
  }

  /** Everything is refused while more than this many wait. */
  get max(): number {
    return this.#options.max
  }

  update(sample: Sample, now: Nanos): void {
    if (now < this.wakeAt) {
      this.ask = this.#ask.gate(askSojourn(sample))
      this.askR = this.#askR.gate(askRSojourn(sample))
      return
    }
    this.ask = this.#ask.update(askSojourn(sample), now)
    this.askR = this.#askR.update(askRSojourn(sample), now)
    this.wakeAt = now + toNanos(this.#options.update)
  }

  timeout(_now: Nanos): void {
    // Without a sample the probabilities stay.
  }

  configure(options: unknown, now: Nanos): void {
    this.#options = checkPieMeterOptions(options)
    this.ask = this.#ask.configure(toTarget(this.#options.ask))
    this.askR = this.#askR.configure(toTarget(this.#options.askR))
    this.wakeAt = Math.min(now + toNanos(this.#options.update), Math.max(now, this.wakeAt))
  }
}

function toTarget({ target, interval }: Checked['ask']): { target: Nanos; interval: Nanos } {
  return { target: toNanos(target), interval: toNanos(interval) }
}

function checkPieMeterOptions(options: unknown): Checked {
  return parseOptions(pieMeterOptions, options, 'options of a PIE meter')
}

/**
 * A meter that computes the probability with which newcomers should be refused, so that waits settle at `target` (PIE).
 *
 * A `Protector` applies it.
 *
 * @param options milliseconds; for `ask` and `askR` each `target` 100 and `interval` 1000; `update` 100, `min` 0, `max` unbounded
 * @throws {OptionsError} if an option is unknown or out of range; nothing is created
 * @see RFC 8033, Proportional Integral Controller Enhanced; sprotector_pie_meter
 * @example const meter = pieMeter({ type: 'pie' }, 0)
 */
export function pieMeter(options: PieMeterOptions, now: Nanos): PieMeter {
  checkTime('pieMeter', now)
  return new PieMeter(options, now)
}
