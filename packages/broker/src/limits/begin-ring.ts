import { type Nanos } from '@genpool/runtime'
import { BeginMemory, FEW, LAST } from './begin-memory'

/**
 * Begins that are over are forgotten with each 16th new one, at most 64 at once, so that it never takes long. Together, since the
 * processor then reads the memory of many keys at the same time.
 */
const EACH = 16
const FORGOTTEN = 64
/** So many places are looked at with each 16th begin, whether all of theirs is over: twice as many as may have come meanwhile. */
const SWEPT = 32
/** A place of which nothing counts is kept for so many begins of others: one that comes again costs less than a new one. */
const REST = 2 ** 14
/** The owner of a begin that was forgotten before those that began earlier. */
const NOBODY = -1

/**
 * Begins in the order of time, and which of them are of one place. Here they are written, found and forgotten; `Begins` has the rules.
 *
 * All have numbers, and stand in one ring. So a begin is written and forgotten side by side in memory with those before, however many
 * places there are. The begins of a place are linked by their numbers, in one of two ways:
 *
 * - **loosely**, from the newest back to the oldest. A new one then changes nothing but its own place, and one that is over goes
 *   without being looked for. The sum of the place may still have what is over.
 * - **in order**, from the oldest on, for a place that is near its limit. Its sum is exact, and one that is over is taken out.
 */
export abstract class BeginRing extends BeginMemory {
  /**
   * By place: the cost that counts and, in the same 16 bytes, the numbers of its oldest begin and of its newest. The oldest is 0 if they
   * are linked loosely, or if there are none. A number below the first one is that of a begin which is forgotten.
   */
  protected sums = new Float64Array(2)
  protected ends = new Int32Array(this.sums.buffer)
  /** The same for the share of a burst, without the newest; null if there is none. Then all places are in order. */
  protected shareSums: Float64Array<ArrayBuffer> | null = null
  protected shareEnds = new Int32Array(0)
  protected interval: Nanos = 0
  /** The place that is looked at next, whether it has begun something lately. */
  private hand = 0

  /** @param emptied told when nothing of a place counts any more */
  constructor(private readonly emptied: (place: number) => void) {
    super()
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
    return (this.ends[4 * place + 3] as number) < this.first
  }

  /** Whether anything counts now. */
  counts(place: number, now: Nanos): boolean {
    if (this.isInOrder(place)) return this.sumInOrder(place, now) > 0
    const newest = this.newestOf(place)
    const isNow = this.isThere(newest) && this.timeOf(newest) + this.interval > now
    if (isNow && (this.costOf(newest) > 0 || this.looseSum(place, now) > 0)) return true
    this.clear(place)
    return false
  }

  protected isInOrder(place: number): boolean {
    return this.ends[4 * place + 2] !== 0
  }

  /** What counts now of a place that is in order, or has nothing. Forgets what is over. */
  protected sumInOrder(place: number, now: Nanos): number {
    for (;;) {
      const oldest = this.ends[4 * place + 2] as number
      if (oldest === 0 || this.timeOf(oldest) + this.interval > now) return this.sums[2 * place] as number
      this.forget(place, oldest)
      this.links[6 * (oldest & this.mask) + 4] = NOBODY
    }
  }

  /** What counts now of a place that is linked loosely. O(its begins). */
  protected looseSum(place: number, now: Nanos): number {
    let sum = 0
    for (let number = this.newestOf(place); this.isThere(number); number = this.linkOf(number)) {
      if (this.timeOf(number) + this.interval <= now) break
      sum += this.costOf(number)
    }
    return sum
  }

  /** Puts the begins of a place that is linked loosely in order, as far as they are not over. O(its begins). */
  protected putInOrder(place: number, now: Nanos): void {
    let sum = 0
    let next = 0
    for (let number = this.newestOf(place); this.isThere(number);) {
      if (this.timeOf(number) + this.interval <= now) break
      const before = this.linkOf(number)
      sum += this.costOf(number)
      this.link(number, inOrder(place), next)
      next = number
      number = before
    }
    this.sums[2 * place] = sum
    this.ends[4 * place + 2] = next
    if (next === 0) this.ends[4 * place + 3] = 0
  }

  protected putAllInOrder(): void {
    for (let place = 0; 2 * place < this.sums.length; place++) {
      if (this.isInOrder(place) || this.newestOf(place) === 0) continue
      this.putInOrder(place, -Infinity)
      if (!this.isInOrder(place)) this.emptied(place)
    }
  }

  /** Writes what begins now. */
  protected write(place: number, cost: number, now: Nanos): void {
    const last = this.next - 1
    // Only with the last one of all: to look at an older one takes time.
    if (this.newestOf(place) === last && this.isThere(last) && this.timeOf(last) === now)
      this.times[3 * (last & this.mask) + 1] = this.costOf(last) + cost
    else this.append(place, cost, now)
    this.sums[2 * place] = (this.sums[2 * place] as number) + cost
  }

  /**
   * Takes a cost out of the begins of a place that is in order, at a time: one or several, none of which ever costs less than nothing.
   * Returns how much, which is less if they are forgotten. O(log begins + those of that time).
   */
  protected takeBack(place: number, cost: number, at: Nanos): number {
    let low = this.first
    let high = this.next
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.timeOf(middle) < at) low = middle + 1
      else high = middle
    }
    let left = cost
    for (let number = low; left > 0 && number < this.next && this.timeOf(number) === at; number++) {
      if (this.ownerOf(number) !== inOrder(place)) continue
      const taken = Math.min(left, this.costOf(number))
      this.times[3 * (number & this.mask) + 1] = this.costOf(number) - taken
      left -= taken
    }
    return cost - left
  }

  protected forgetShare(sums: Float64Array, place: number, number: number): void {
    sums[2 * place] = (sums[2 * place] as number) - this.costOf(number)
    this.shareEnds[4 * place + 2] = this.linkOf(number)
  }

  private append(place: number, cost: number, now: Nanos): void {
    if ((this.next & (EACH - 1)) === 0) this.tidy(now)
    if (this.next - this.first > this.mask) this.resize(2 * (this.mask + 1))
    const number = this.next++
    const at = number & this.mask
    this.times[3 * at] = now
    this.times[3 * at + 1] = cost
    if (this.isInOrder(place) || this.shareSums !== null) return this.appendInOrder(place, number)
    const before = this.newestOf(place)
    if (before < this.first) this.sums[2 * place] = 0
    this.link(number, place, before)
    this.ends[4 * place + 3] = number
  }

  private appendInOrder(place: number, number: number): void {
    this.link(number, inOrder(place), 0)
    if (!this.isInOrder(place)) this.ends[4 * place + 2] = number
    else this.links[6 * (this.newestOf(place) & this.mask) + 5] = number
    this.ends[4 * place + 3] = number
    if (this.shareSums !== null && this.shareEnds[4 * place + 2] === 0) this.shareEnds[4 * place + 2] = number
  }

  private newestOf(place: number): number {
    return this.ends[4 * place + 3] as number
  }

  /** Forgets what is over, and places of which nothing counts; gives memory back. */
  private tidy(now: Nanos): void {
    for (let i = 0; i < FORGOTTEN && this.first < this.next; i++) {
      const { first } = this
      if (this.timeOf(first) + this.interval > now) break
      const owner = this.ownerOf(first)
      if (owner < NOBODY) this.forgetFirst(inOrder(owner), first)
      this.first = first + 1
    }
    if ((this.next - this.first) * 32 < this.mask && this.mask >= FEW) this.resize((this.mask + 1) >> 1)
    if (this.next > LAST) this.renumber()
    for (let i = 0; i < SWEPT; i++) this.sweep()
  }

  private forgetFirst(place: number, number: number): void {
    this.forget(place, number)
    if (!this.isInOrder(place)) this.emptied(place)
  }

  /** Looks at one place: says so if it has begun nothing for long. */
  private sweep(): void {
    const place = this.hand
    this.hand = 2 * place + 2 < this.sums.length ? place + 1 : 0
    const newest = this.newestOf(place)
    if (newest === 0 || newest >= this.first - REST) return
    this.clear(place)
    this.emptied(place)
  }

  private clear(place: number): void {
    this.sums[2 * place] = 0
    this.ends[4 * place + 2] = this.ends[4 * place + 3] = 0
  }

  /** Forgets the oldest begin of a place that is in order. */
  private forget(place: number, number: number): void {
    if (this.shareSums !== null && this.shareEnds[4 * place + 2] === number)
      this.forgetShare(this.shareSums, place, number)
    const next = this.linkOf(number)
    if (next === 0) return this.clear(place)
    this.ends[4 * place + 2] = next
    this.sums[2 * place] = (this.sums[2 * place] as number) - this.costOf(number)
  }

  /** Makes all numbers less. Each begin keeps its place in the ring. */
  private renumber(): void {
    const by = this.first - (this.first & this.mask) - this.mask - 1
    const less = (number: number): number => (number === 0 ? 0 : Math.max(1, number - by))
    for (let number = this.first; number < this.next; number++)
      this.link(number, this.ownerOf(number), less(this.linkOf(number)))
    for (const ends of [this.ends, this.shareEnds]) {
      for (let i = 2; i < ends.length; i += 4) {
        ends[i] = less(ends[i] as number)
        ends[i + 1] = less(ends[i + 1] as number)
      }
    }
    this.first -= by
    this.next -= by
  }
}

/** The owner of a begin whose place is in order, and its place again. */
function inOrder(place: number): number {
  return NOBODY - 1 - place
}

/** A copy of another length. */
function resized(array: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const copy = new Float64Array(length)
  copy.set(array.subarray(0, length))
  return copy
}
