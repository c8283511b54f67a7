/** How far one value moves the estimate. A greater gain follows faster, but varies more. */
const GAIN = 0.2

/** By what a value moves the estimate of one quantile. All estimates of it share them. */
interface Factors {
  readonly up: number
  readonly down: number
}

const known = new Map<number, Factors>()

function factorsOf(p: number): Factors {
  let factors = known.get(p)
  if (factors === undefined) known.set(p, (factors = { up: Math.exp(GAIN * p), down: Math.exp(-GAIN * (1 - p)) }))
  return factors
}

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
  readonly #factors: Factors

  /** @param p between 0 and 1 */
  constructor(p: number) {
    this.#factors = factorsOf(p)
  }

  add(value: number): void {
    if (this.value === 0) this.value = value
    else this.value *= value > this.value ? this.#factors.up : this.#factors.down
  }
}
