import { type Nanos } from '@genpool/runtime'
import { SlidingWindow } from './sliding-window'

/** The rules of a rate, in internal units. */
export interface RateRules {
  /** The greatest cost that may begin within any `interval`. */
  readonly limit: number
  readonly interval: Nanos
  /** The greatest cost that may begin at once; the rest is spread evenly. */
  readonly burst: number
}

/**
 * A rate of work: at most `limit` of cost begin within any `interval`.
 *
 * A smaller `burst` is a second window: at most `burst` begin within its share of the interval. Whatever fits both may begin
 * at once.
 */
export class Rate {
  readonly #whole: SlidingWindow
  #share: SlidingWindow | null = null

  constructor(rules: RateRules) {
    this.#whole = new SlidingWindow(rules.limit, rules.interval)
    this.configure(rules)
  }

  /** Takes other rules over. What began before still counts. */
  configure({ limit, interval, burst }: RateRules): void {
    Object.assign(this.#whole, { limit, span: interval })
    if (burst >= limit) {
      this.#share = null
      return
    }
    const span = Math.ceil((interval * burst) / limit)
    if (this.#share === null) this.#share = new SlidingWindow(burst, span)
    else Object.assign(this.#share, { limit: burst, span })
  }

  /** The cost that began within the last interval. */
  used(now: Nanos): number {
    return this.#whole.used(now)
  }

  fits(cost: number, now: Nanos): boolean {
    return this.#whole.fits(cost, now) && (this.#share === null || this.#share.fits(cost, now))
  }

  /** When `cost` fits if nothing begins meanwhile: now, later, or `Infinity` for never. */
  opensAt(cost: number, now: Nanos): Nanos {
    const at = this.#whole.opensAt(cost, now)
    return this.#share === null ? at : Math.max(at, this.#share.opensAt(cost, now))
  }

  add(cost: number, now: Nanos): void {
    this.#whole.add(cost, now)
    this.#share?.add(cost, now)
  }

  /** Takes back what was added with `add(cost, at)`: it did not begin after all. */
  undo(cost: number, at: Nanos): void {
    this.#whole.undo(cost, at)
    this.#share?.undo(cost, at)
  }
}
