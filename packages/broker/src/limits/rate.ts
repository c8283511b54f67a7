import { type Nanos } from '@genpool/runtime'
import { SlidingWindow, type WindowRules } from './sliding-window'

/** The rules of a rate, in internal units. */
export interface RateRules extends WindowRules {
  /** The greatest cost that may begin at once; the rest is spread evenly. */
  readonly burst: number
}

/**
 * A rate of work: at most `limit` of cost begin within any `interval`.
 *
 * A smaller `burst` is a second window: at most `burst` begin within its share of the interval. Whatever fits both may begin
 * at once.
 */
export class Rate extends SlidingWindow {
  private share: SlidingWindow | null

  constructor(rules: RateRules) {
    super(rules)
    this.share = shareOf(rules, null)
  }

  /** See `Hold`. */
  get isHold(): false {
    return false
  }

  /** Takes other rules over. What began before still counts. */
  configure(rules: RateRules): void {
    this.rules = rules
    this.share = shareOf(rules, this.share)
  }

  override fits(cost: number, now: Nanos): boolean {
    return super.fits(cost, now) && (this.share === null || this.share.fits(cost, now))
  }

  /** When `cost` fits if nothing begins meanwhile: now, later, or `Infinity` for never. */
  override opensAt(cost: number, now: Nanos): Nanos {
    const at = super.opensAt(cost, now)
    return this.share === null ? at : Math.max(at, this.share.opensAt(cost, now))
  }

  override add(cost: number, now: Nanos): void {
    super.add(cost, now)
    if (this.share !== null) this.share.add(cost, now)
  }

  override undo(cost: number, at: Nanos): void {
    super.undo(cost, at)
    if (this.share !== null) this.share.undo(cost, at)
  }

  override clear(): void {
    super.clear()
    if (this.share !== null) this.share.clear()
  }
}

/** The window of a burst, if it is smaller than the limit. */
function shareOf({ limit, interval, burst }: RateRules, before: SlidingWindow | null): SlidingWindow | null {
  if (burst >= limit) return null
  const rules = { limit: burst, interval: Math.ceil((interval * burst) / limit) }
  if (before === null) return new SlidingWindow(rules)
  before.rules = rules
  return before
}
