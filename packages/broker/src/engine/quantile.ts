/** How far one value moves the estimate: the greater, the faster it follows and the more it trembles. */
const GAIN = 0.2

/**
 * Follows a quantile of a stream of positive values without keeping them.
 *
 * The estimate moves by a share of itself: up by `GAIN * p` for a greater value, down by `GAIN * (1 - p)` for a smaller one,
 * so in the long run a share of `p` lies below it. It needs a few dozen values to follow a change of ten-fold upwards, and
 * one extreme value moves it by a fifth at most.
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
