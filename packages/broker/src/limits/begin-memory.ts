import { type Nanos } from '@genpool/runtime'

/** The shortest ring. */
export const FEW = 64
/** No number is greater. The first one is near to it, so that the end of the numbers is not a rare case. */
export const LAST = 2 ** 30
const FIRST = LAST - 1000

/**
 * The memory of begins: a ring in which each has a number, the next one for each new one. `BeginRing` says what the links mean.
 *
 * A base class and not an object: each call reads these fields many times.
 */
export class BeginMemory {
  /** The ring. Of each begin, its time and its cost and, in the same 24 bytes, its owner and the number of another one of its place. */
  protected times = new Float64Array(3 * FEW)
  protected links = new Int32Array(this.times.buffer)
  protected mask = FEW - 1
  /** The number of the oldest begin, and of the next new one. */
  protected first = FIRST
  protected next = FIRST

  /** The time of a begin. */
  protected timeOf(number: number): Nanos {
    return this.times[3 * (number & this.mask)] as Nanos
  }

  protected costOf(number: number): number {
    return this.times[3 * (number & this.mask) + 1] as number
  }

  /** The number that is linked to a begin: of the next one if they are in order, otherwise of the one before; 0 for none. */
  protected linkOf(number: number): number {
    return this.links[6 * (number & this.mask) + 5] as number
  }

  protected ownerOf(number: number): number {
    return this.links[6 * (number & this.mask) + 4] as number
  }

  /** Whether a begin is not forgotten. */
  protected isThere(number: number): boolean {
    return number >= this.first
  }

  protected link(number: number, owner: number, other: number): void {
    const at = number & this.mask
    this.links[6 * at + 4] = owner
    this.links[6 * at + 5] = other
  }

  /** Moves the ring into another length. */
  protected resize(length: number): void {
    const { times, mask } = this
    this.times = new Float64Array(3 * length)
    this.links = new Int32Array(this.times.buffer)
    this.mask = length - 1
    // In pieces as long as can be: with a small one for each begin, it takes ten times as long.
    for (let number = this.first; number < this.next;) {
      const from = number & mask
      const to = number & this.mask
      const count = Math.min(this.next - number, mask + 1 - from, length - to)
      this.times.set(times.subarray(3 * from, 3 * (from + count)), 3 * to)
      number += count
    }
  }
}
