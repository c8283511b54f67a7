import { checkFunction, readSafely, wrongArgument } from '@genpool/runtime'

/** What a protector applies; a `PieMeter` is one. */
export interface Protection {
  /** Nothing is refused while at most this many wait. */
  readonly min: number
  /** Everything is refused while more than this many wait. */
  readonly max: number
  /** The probabilities of a refusal in between, for requests and for members. */
  readonly ask: number
  readonly askR: number
}

function isProtection({ min, max, ask, askR }: Protection): boolean {
  return [min, max, ask, askR].every((one) => typeof one === 'number')
}

/**
 * Refuses newcomers before they are queued, with the probability that a meter computed.
 *
 * It counts every newcomer, refused or not, until it is told the real length again, so that a flood between two updates is
 * noticed.
 *
 * @see sprotector_server
 */
export class Protector {
  /** How many wait, as far as known. */
  length = 0
  #protection: Protection

  /**
   * @param random returns a number in [0, 1), like `Math.random`
   * @throws {OptionsError} if an argument is something else
   */
  constructor(
    protection: Protection,
    private readonly random: () => number,
  ) {
    if (!readSafely(() => isProtection(protection), false)) {
      throw wrongArgument(
        { of: 'Protector', argument: 'protection', expected: 'numbers { min, max, ask, askR }' },
        protection,
      )
    }
    checkFunction({ of: 'Protector', argument: 'random' }, random)
    this.#protection = protection
  }

  /** Sets the real number of waiting entries, and the current probabilities. */
  update(length: number, protection: Protection = this.#protection): void {
    this.length = length
    this.#protection = protection
  }

  /** Whether a newcomer of this side may go on to the broker. */
  admits(side: 'ask' | 'askR'): boolean {
    this.length++
    const { min, max, [side]: probability } = this.#protection
    if (this.length > max) return false
    if (this.length <= min || probability <= 0) return true
    return probability < 1 && this.random() >= probability
  }
}
