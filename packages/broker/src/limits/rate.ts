import { type Nanos } from '@genpool/runtime'
import { Begins, type RateRules } from './begins'

/** A rate of work, of one key or of all: at most `limit` of cost begin within any `interval`. */
export class Rate {
  constructor(
    private readonly begins: Begins,
    /** That of its key. */
    public place = 0,
  ) {}

  /** See `Hold`. */
  get isHold(): false {
    return false
  }

  /** Takes other rules over. What began before still counts. */
  configure(rules: RateRules): void {
    this.begins.configure(rules)
  }

  /** The cost in the window that ends now. */
  used(now: Nanos): number {
    return this.begins.used(this.place, now)
  }

  fits(cost: number, now: Nanos): boolean {
    return this.begins.fits(this.place, cost, now)
  }

  /** When `cost` fits if nothing begins meanwhile: now, later, or `Infinity` for never. */
  opensAt(cost: number, now: Nanos): Nanos {
    return this.begins.opensAt(this.place, cost, now)
  }

  /** How much fits now. */
  room(now: Nanos): number {
    return this.begins.room(this.place, now)
  }

  /** When the last of `cost` fits, of any size, if it begins bit by bit. */
  opensAfter(cost: number, now: Nanos): Nanos {
    return this.begins.opensAfter(this.place, cost, now)
  }

  /** How long it takes on average until 1 more fits. */
  get every(): Nanos {
    return this.begins.every
  }

  /** Reports that something of this cost begins now. */
  add(cost: number, now: Nanos): void {
    this.begins.add(this.place, cost, now)
  }

  /** Takes back what was added with `add(cost, at)`: it did not begin after all. */
  undo(cost: number, at: Nanos): void {
    this.begins.undo(this.place, cost, at)
  }
}

/** The rate of all. */
export function rateOfAll(rules: RateRules): Rate {
  return new Rate(new Begins(rules))
}
