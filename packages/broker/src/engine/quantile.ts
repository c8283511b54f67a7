/** How far one value moves the estimate. A greater gain follows faster, but varies more. */
const GAIN = 0.2

/**
 * Estimates a quantile of a stream of positive values without storing them.
 *
 * A greater value moves the estimate up by the factor `GAIN * p`, a smaller one down by `GAIN * (1 - p)`, so in the long run
 * a share of `p` lies below it. It follows a tenfold increase within a few dozen values, and one extreme value moves it by
 * a fifth at most.
 *
 * @see Robbins and Monro, A Stochastic Approximation Method, 1951
 */
export class Quantile {
  /** The estimate; 0 until there is a value. */
  value = 0
  readonly #up: number
  readonly #down: number

  /** @param p between 0 and 1 */
  constructor(p: number) {
    this.#up = Math.exp(GAIN * p)
    this.#down = Math.exp(-GAIN * (1 - p))
  }

  add(value: number): void {
    if (this.value === 0) this.value = value
    else this.value *= value > this.value ? this.#up : this.#down
  }
}
