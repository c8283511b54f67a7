/** What a protector goes by; a `PieMeter` is one. */
export interface Protection {
  /** While no more than this many wait, nobody is refused. */
  readonly min: number
  /** While more than this many wait, everybody is refused. */
  readonly max: number
  /** The probabilities of a refusal in between. */
  readonly ask: number
  readonly askR: number
}

/**
 * Refuses newcomers before they are queued, with the probability that a meter announced.
 *
 * It counts every newcomer, refused or not, until it is told the real length again: so a flood between two updates
 * is noticed.
 *
 * @see sprotector_server
 */
export class Protector {
  /** How many wait, as far as is known. */
  length = 0
  #protection: Protection

  /** @param random a number in [0, 1), as `Math.random` */
  constructor(
    protection: Protection,
    private readonly random: () => number,
  ) {
    this.#protection = protection
  }

  /** Takes in how many really wait, and what the meter says now. */
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
