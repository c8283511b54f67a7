import { type Nanos } from '@genpool/runtime'
import { type Rate } from './rate'

/** Decides when the next may begin, by what has begun: a rate, or a hold over it. */
export type Gate = Rate | Hold

/** A time before which nothing begins, over the rate that there may be: what is called has said "too many requests". */
export class Hold {
  readonly isHold = true

  constructor(
    public rate: Rate | null,
    public until: Nanos,
  ) {}

  used(now: Nanos): number {
    return this.rate === null ? 0 : this.rate.used(now)
  }

  fits(cost: number, now: Nanos): boolean {
    return now >= this.until && (this.rate === null || this.rate.fits(cost, now))
  }

  opensAt(cost: number, now: Nanos): Nanos {
    return Math.max(this.until, this.rate === null ? now : this.rate.opensAt(cost, now))
  }

  add(cost: number, now: Nanos): void {
    this.rate?.add(cost, now)
  }

  undo(cost: number, at: Nanos): void {
    this.rate?.undo(cost, at)
  }
}

/** Whether a gate holds. Fast path: `instanceof` reads all prototypes of a rate. */
export function isHold(gate: Gate | null): gate is Hold {
  return gate !== null && gate.isHold
}

/** The gate that begins nothing before `until`. The longest hold wins. */
export function heldUntil(gate: Gate | null, until: Nanos): Hold {
  if (!isHold(gate)) return new Hold(gate, until)
  gate.until = Math.max(gate.until, until)
  return gate
}

/** Until when a gate begins nothing; `-Infinity` without a hold. */
export function holdOf(gate: Gate | null): Nanos {
  return isHold(gate) ? gate.until : -Infinity
}

/** The gate without its hold. */
export function rateOf(gate: Gate | null): Rate | null {
  return isHold(gate) ? gate.rate : gate
}

/** The gate with another rate: a hold stays. */
export function withRate(gate: Gate | null, rate: Rate | null): Gate | null {
  if (!isHold(gate)) return rate
  gate.rate = rate
  return gate
}
