import { type Nanos } from '@genpool/runtime'

/** The rules of a rate, in internal units. */
export interface RateRules {
  readonly limit: number
  readonly interval: Nanos
  /** The greatest cost that may begin at once; the rest is spread evenly. */
  readonly burst: number
}

/** Told when nothing of a place counts any more. */
type Emptied = (place: number) => void

const FEW = 64
/**
 * Begins that are over are forgotten with each 16th new one, at most 64 at once, so that it never takes long. Together, since the
 * processor then reads the memory of many keys at the same time.
 */
const EACH = 16
const FORGOTTEN = 64
/** The place of a begin that was forgotten before those that began earlier. */
const NOWHERE = -1

/**
 * What has begun within the last `interval`, exactly: of each place, a key's, at most `limit`.
 *
 * A begin counts from its time until just before `interval` later. So no window of that length holds more than `limit`, and
 * whatever fits may begin at once. A smaller `burst` is a second window: at most `burst` begin within its share of the interval.
 * Times never decrease between calls. When a begin is over is the same sum everywhere: with times that are not whole, as a clock of
 * the user may have, the difference may come out another.
 *
 * All begins stand in one ring, in the order of time, and those of a place are linked. So a begin is written and forgotten side by
 * side in memory with those before, however many places there are. What is over is forgotten bit by bit, or when it matters.
 *
 * A link is an index in the ring and 1; 0 is none.
 */
export class Begins {
  /** The ring. Of each begin, its time and its cost and, in the same 24 bytes, its place and the link to the next of that place. */
  private times = new Float64Array(3 * FEW)
  private links = new Int32Array(this.times.buffer)
  private mask = FEW - 1
  private first = 0
  private length = 0
  /** By place: the cost that counts and, in the same 16 bytes, the links to its oldest and newest begin. */
  private sums = new Float64Array(2)
  private ends = new Int32Array(this.sums.buffer)
  /** The same for the share of a burst, without the newest; null if there is none. */
  private shareSums: Float64Array<ArrayBuffer> | null = null
  private shareEnds = new Int32Array(0)
  private share: Nanos = 0
  /** The rules. */
  private limit = 0
  private interval: Nanos = 0
  private burst = 0

  constructor(
    rules: RateRules,
    private readonly emptied: Emptied = () => undefined,
  ) {
    this.configure(rules)
  }

  /** Takes other rules over. What began before still counts. */
  configure({ limit, interval, burst }: RateRules): void {
    this.limit = limit
    this.interval = interval
    this.burst = burst
    this.share = Math.ceil((interval * burst) / limit)
    this.shareSums = burst >= limit ? null : this.sums.slice()
    this.shareEnds = this.shareSums === null ? new Int32Array(0) : new Int32Array(this.shareSums.buffer)
  }

  /** Makes room for all places below `count`, or gives room back. */
  fit(count: number): void {
    const rows = this.sums.length >> 1
    if (count <= rows && count * 8 > rows) return
    this.sums = resized(this.sums, 4 * count)
    this.ends = new Int32Array(this.sums.buffer)
    if (this.shareSums === null) return
    this.shareSums = resized(this.shareSums, 4 * count)
    this.shareEnds = new Int32Array(this.shareSums.buffer)
  }

  /** Whether nothing counts. It may still be over. */
  isEmpty(place: number): boolean {
    return this.ends[4 * place + 2] === 0
  }

  /** The cost in the window that ends now. */
  used(place: number, now: Nanos): number {
    const { interval } = this
    for (let link = this.oldest(place); link !== 0 && this.timeOf(link) + interval <= now; link = this.oldest(place)) {
      this.forget(place, link)
      this.links[6 * link - 2] = NOWHERE
    }
    return this.sums[2 * place] as number
  }

  fits(place: number, cost: number, now: Nanos): boolean {
    const { limit } = this
    if ((this.sums[2 * place] as number) + cost > limit && this.used(place, now) + cost > limit) return false
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
    const at = excess <= 0 ? now : this.freeAt(this.oldest(place), excess, interval)
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
    const newest = this.ends[4 * place + 3] as number
    // Only with the last one of all: to look at an older one takes time.
    if (newest === this.linkTo(this.length - 1) && this.timeOf(newest) === now)
      this.times[3 * newest - 2] = this.costOf(newest) + cost
    else this.append(place, cost, now)
    this.sums[2 * place] = (this.sums[2 * place] as number) + cost
    if (this.shareSums !== null) this.shareSums[2 * place] = (this.shareSums[2 * place] as number) + cost
  }

  /** Takes back what was added with `add(place, cost, at)`: it did not begin after all. */
  undo(place: number, cost: number, at: Nanos): void {
    const taken = this.takeBack(place, cost, at)
    this.sums[2 * place] = (this.sums[2 * place] as number) - taken
    if (this.shareSums === null) return
    const oldest = this.shareEnds[4 * place + 2] as number
    if (oldest !== 0 && this.timeOf(oldest) <= at)
      this.shareSums[2 * place] = (this.shareSums[2 * place] as number) - taken
  }

  private timeOf(link: number): Nanos {
    return this.times[3 * link - 3] as Nanos
  }

  private costOf(link: number): number {
    return this.times[3 * link - 2] as number
  }

  private oldest(place: number): number {
    return this.ends[4 * place + 2] as number
  }

  private append(place: number, cost: number, now: Nanos): void {
    if (((this.first + this.length) & (EACH - 1)) === 0) this.forgetOver(now)
    if (this.length > this.mask) this.resize(2 * (this.mask + 1))
    const at = (this.first + this.length++) & this.mask
    this.times[3 * at] = now
    this.times[3 * at + 1] = cost
    this.links[6 * at + 4] = place
    this.links[6 * at + 5] = 0
    const newest = this.ends[4 * place + 3] as number
    if (newest === 0) this.ends[4 * place + 2] = at + 1
    else this.links[6 * newest - 1] = at + 1
    this.ends[4 * place + 3] = at + 1
    if (this.shareSums !== null && this.shareEnds[4 * place + 2] === 0) this.shareEnds[4 * place + 2] = at + 1
  }

  /** Forgets the first begins, as far as they are over. */
  private forgetOver(now: Nanos): void {
    const { interval } = this
    for (let i = 0; i < FORGOTTEN && this.length > 0; i++) {
      const { first } = this
      if ((this.times[3 * first] as Nanos) + interval > now) break
      const place = this.links[6 * first + 4] as number
      if (place !== NOWHERE) {
        this.forget(place, first + 1)
        if (this.isEmpty(place)) this.emptied(place)
      }
      this.first = (first + 1) & this.mask
      this.length--
    }
    if (this.length * 32 < this.mask && this.mask >= FEW) this.resize((this.mask + 1) >> 1)
  }

  /** Forgets the oldest begin of a place. */
  private forget(place: number, link: number): void {
    if (this.shareSums !== null && this.shareEnds[4 * place + 2] === link) this.forgetShare(this.shareSums, place, link)
    const next = this.links[6 * link - 1] as number
    this.ends[4 * place + 2] = next
    if (next === 0) this.ends[4 * place + 3] = 0
    this.sums[2 * place] = next === 0 ? 0 : (this.sums[2 * place] as number) - this.costOf(link)
  }

  private forgetShare(sums: Float64Array, place: number, link: number): void {
    sums[2 * place] = (sums[2 * place] as number) - this.costOf(link)
    this.shareEnds[4 * place + 2] = this.links[6 * link - 1] as number
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
    for (let link = from; link !== 0; link = this.links[6 * link - 1] as number) {
      left -= this.costOf(link)
      if (left <= 0) return this.timeOf(link) + interval
    }
    return Infinity
  }

  /**
   * Takes a cost out of the begins of a place at a time: one or several, none of which ever costs less than nothing. Returns how much,
   * which is less if they are forgotten. O(log begins + those of that time).
   */
  private takeBack(place: number, cost: number, at: Nanos): number {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.timeOf(this.linkTo(middle)) < at) low = middle + 1
      else high = middle
    }
    let left = cost
    for (let i = low; left > 0 && i < this.length && this.timeOf(this.linkTo(i)) === at; i++) {
      const link = this.linkTo(i)
      if (this.links[6 * link - 2] !== place) continue
      const taken = Math.min(left, this.costOf(link))
      this.times[3 * link - 2] = this.costOf(link) - taken
      left -= taken
    }
    return cost - left
  }

  /** The link to the begin that is so far from the first. */
  private linkTo(distance: number): number {
    return ((this.first + distance) & this.mask) + 1
  }

  /** Moves the ring into another length, its first begin first. */
  private resize(length: number): void {
    const { times, first, mask } = this
    const moved = (link: number): number => (link === 0 ? 0 : ((link - 1 - first) & mask) + 1)
    this.times = new Float64Array(3 * length)
    this.links = new Int32Array(this.times.buffer)
    // Two pieces: with a small one for each begin, it takes ten times as long.
    const untilEnd = Math.min(this.length, mask + 1 - first)
    this.times.set(times.subarray(3 * first, 3 * (first + untilEnd)))
    this.times.set(times.subarray(0, 3 * (this.length - untilEnd)), 3 * untilEnd)
    for (let i = 6 * this.length - 1; i > 0; i -= 6) this.links[i] = moved(this.links[i] as number)
    for (const ends of [this.ends, this.shareEnds]) {
      for (let i = 2; i < ends.length; i += 4) {
        ends[i] = moved(ends[i] as number)
        ends[i + 1] = moved(ends[i + 1] as number)
      }
    }
    this.first = 0
    this.mask = length - 1
  }
}

/** A copy of another length. */
function resized(array: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const copy = new Float64Array(length)
  copy.set(array.subarray(0, length))
  return copy
}
