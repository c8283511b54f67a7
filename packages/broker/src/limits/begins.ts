import { type Nanos } from '@genpool/runtime'
import { BeginRing } from './begin-ring'

/** The rules of a rate, in internal units. */
export interface RateRules {
  readonly limit: number
  readonly interval: Nanos
  /** The greatest cost that may begin at once; the rest is spread evenly. */
  readonly burst: number
}

/**
 * What has begun within the last `interval`, exactly: of each place, a key's, at most `limit`.
 *
 * A begin counts from its time until just before `interval` later. So no window of that length holds more than `limit`, and
 * whatever fits may begin at once. A smaller `burst` is a second window: at most `burst` begin within its share of the interval.
 * Times never decrease between calls. When a begin is over is the same sum everywhere: with times that are not whole, as a clock of
 * the user may have, the difference may come out another.
 *
 * What is over is forgotten bit by bit, or when it matters: while a place is far from its limit, its sum may have what is over.
 */
export class Begins extends BeginRing {
  /** The rules. */
  private limit = 0
  private burst = 0
  private share: Nanos = 0

  /** @param emptied told when nothing of a place counts any more, sooner or later */
  constructor(rules: RateRules, emptied: (place: number) => void = () => undefined) {
    super(emptied)
    this.configure(rules)
  }

  /** Takes other rules over. What began before still counts. */
  configure({ limit, interval, burst }: RateRules): void {
    this.limit = limit
    this.burst = burst
    this.share = Math.ceil((interval * burst) / limit)
    this.interval = interval
    this.takeShare(burst < limit)
  }

  /** The cost in the window that ends now. */
  used(place: number, now: Nanos): number {
    if (!this.isInOrder(place)) this.putInOrder(place, now)
    return this.sumInOrder(place, now)
  }

  fits(place: number, cost: number, now: Nanos): boolean {
    const { limit } = this
    if ((this.sums[2 * place] as number) + cost > limit && this.exactSum(place, now) + cost > limit) return false
    return this.shareSums === null || this.usedOfShare(this.shareSums, place, now) + cost <= this.burst
  }

  /** Adds what begins now. False, and nothing changes, if it does not fit. */
  tryAdd(place: number, cost: number, now: Nanos): boolean {
    if (!this.fits(place, cost, now)) return false
    this.add(place, cost, now)
    return true
  }

  /** When `cost` fits if nothing begins meanwhile: now, later, or `Infinity` for never. */
  opensAt(place: number, cost: number, now: Nanos): Nanos {
    const { limit, burst, interval } = this
    const excess = (this.sums[2 * place] as number) + cost > limit ? this.used(place, now) + cost - limit : 0
    const at = excess <= 0 ? now : this.freeAt(this.ends[4 * place + 2] as number, excess, interval)
    if (this.shareSums === null) return at
    const excessOfShare = this.usedOfShare(this.shareSums, place, now) + cost - burst
    if (excessOfShare <= 0) return at
    return Math.max(at, this.freeAt(this.shareEnds[4 * place + 2] as number, excessOfShare, this.share))
  }

  /** How much fits now. */
  room(place: number, now: Nanos): number {
    const { limit, burst } = this
    const ofShare = this.shareSums === null ? Infinity : burst - this.usedOfShare(this.shareSums, place, now)
    return Math.max(0, Math.min(limit - this.used(place, now), ofShare))
  }

  /** When the last of `cost` fits if it begins bit by bit, as soon as it may: of more than a burst, a burst after the other. */
  opensAfter(place: number, cost: number, now: Nanos): Nanos {
    const bursts = Math.max(0, Math.ceil(cost / this.burst) - 1)
    return this.opensAt(place, cost - bursts * this.burst, now) + bursts * this.share
  }

  /** How long it takes on average until 1 more fits. */
  get every(): Nanos {
    return this.interval / this.limit
  }

  /** Reports that something of this cost begins now. */
  add(place: number, cost: number, now: Nanos): void {
    this.write(place, cost, now)
    if (this.shareSums !== null) this.shareSums[2 * place] = (this.shareSums[2 * place] as number) + cost
  }

  /** Takes back what was added with `add(place, cost, at)`: it did not begin after all. */
  undo(place: number, cost: number, at: Nanos): void {
    // Whatever counts at that time.
    if (!this.isInOrder(place)) this.putInOrder(place, at)
    const taken = this.takeBack(place, cost, at)
    this.sums[2 * place] = (this.sums[2 * place] as number) - taken
    if (this.shareSums === null) return
    const oldest = this.shareEnds[4 * place + 2] as number
    if (oldest !== 0 && this.timeOf(oldest) <= at)
      this.shareSums[2 * place] = (this.shareSums[2 * place] as number) - taken
  }

  /**
   * What counts now of a place whose sum may have what is over. One that has more than half of its limit is put in order. To all others
   * it comes once in an interval at most: after that, half of the limit has begun, and some of that is over.
   */
  private exactSum(place: number, now: Nanos): number {
    if (this.isInOrder(place)) return this.sumInOrder(place, now)
    const sum = this.looseSum(place, now)
    if (2 * sum > this.limit) return this.used(place, now)
    this.sums[2 * place] = sum
    return sum
  }

  /** Begins to count a share of the interval, or ends it. */
  private takeShare(isNeeded: boolean): void {
    this.shareSums = null
    this.shareEnds = new Int32Array(0)
    if (!isNeeded) return
    this.putAllInOrder()
    this.shareSums = this.sums.slice()
    this.shareEnds = new Int32Array(this.shareSums.buffer)
  }

  private usedOfShare(sums: Float64Array, place: number, now: Nanos): number {
    for (;;) {
      const link = this.shareEnds[4 * place + 2] as number
      if (link === 0 || this.timeOf(link) + this.share > now) return sums[2 * place] as number
      this.forgetShare(sums, place, link)
    }
  }

  /** When begins of this cost together are over, from one on. */
  private freeAt(from: number, excess: number, interval: Nanos): Nanos {
    let left = excess
    for (let link = from; link !== 0; link = this.linkOf(link)) {
      left -= this.costOf(link)
      if (left <= 0) return this.timeOf(link) + interval
    }
    return Infinity
  }
}
