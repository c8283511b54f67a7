import type { Nanos } from './clock'
import { MOST_SHARING, MOST_SINGLE, SHORT, type Turn } from './turn'

/** So many are measured one by one while long pieces come: after one that was long while others were measured so. */
const WATCHED = 256
/** The least, after something long that may not come again: a piece that the system held up, the event loop, a garbage collection. */
const LEAST_WATCHED = 16

/**
 * Measures pieces of work that run without a break: those of one pool. Long ones each for itself, short ones up to 16 together.
 *
 * Pieces that stand alone, each in a microtask of its own, are measured in samples while they are short: one of up to 64, which
 * stands for the others. So none is left out of a count, but for the last 63, which `takeRest` has. A long one among 256 short ones may be missed; or among
 * 64, if none has been long for a while.
 *
 * Its fields are `private`: with `#`, each piece takes 15 ns more.
 */
export class RunMeter {
  /** How many pieces the last measurement stands for. */
  measured = 0
  /** When the pieces began that were not measured yet. */
  private since: Nanos = 0
  /** How many have run since then without a break. */
  private pieces = 0
  /** How many the next measurement stands for. */
  private count = 0
  /** How long the last ones that were measured took on average. */
  private mean: Nanos = 0
  /** After how many pieces the clock is read. */
  private stride = 1
  /** The greatest stride of what runs now: single pieces, or those in a row. */
  private most = MOST_SHARING
  /** How many pieces are still to be measured one by one. */
  private watched = 0
  /** How many there will be after something long. Fewer each time that none of them was long. */
  private watchNext = WATCHED

  constructor(private readonly turn: Turn) {}

  /** Pieces are about to run, one after the other. The clock has just been read. */
  begin(): void {
    this.most = MOST_SHARING
    this.stride = Math.min(this.stride, MOST_SHARING)
    this.start()
  }

  private start(): void {
    this.since = this.turn.last
    this.pieces = 0
  }

  /**
   * A single piece is about to run, in a microtask of its own: reads the clock, or shares a reading with the one before.
   *
   * @returns whether time has passed since the last reading that nothing of this piece can have taken
   */
  beginOne(): boolean {
    const mean = this.turn.glance(this.count + 1 < this.stride)
    return mean >= 0 && this.beginAnew(mean)
  }

  private beginAnew(mean: Nanos): boolean {
    this.start()
    this.most = MOST_SINGLE
    if (mean < SHORT) return true
    // Something took long: one of the pieces, or what ran between them.
    this.watch()
    return false
  }

  /**
   * Records the end of a piece.
   *
   * @returns the average duration of the last pieces if it read the clock now; otherwise -1
   */
  tick(): Nanos {
    this.pieces++
    return ++this.count < this.stride ? -1 : this.measure()
  }

  /** Measures what is not measured yet. Call it at the end of pieces that ran one after the other. Returns -1 if there is nothing. */
  flush(): Nanos {
    return this.pieces > 0 && this.count > 0 ? this.measure() : -1
  }

  /** How many pieces are not measured yet, for a count of all: they took about as long as those before. They are not counted again. */
  takeRest(): { readonly pieces: number; readonly mean: Nanos } {
    const { count: pieces, mean } = this
    this.count = 0
    return { pieces, mean }
  }

  private measure(): Nanos {
    const now = this.turn.refresh()
    const mean = (this.mean = Math.round((now - this.since) / this.pieces))
    this.measured = this.count
    this.since = now
    this.pieces = this.count = 0
    if (mean >= SHORT) this.watchLong()
    else if (this.watched > 0) this.watched--
    else this.stride = Math.min(this.stride * 2, this.most)
    return mean
  }

  private watchLong(): void {
    // On a virtual machine, many a short piece is held up now and then.
    this.watchNext = this.watched > 0 ? WATCHED : LEAST_WATCHED
    this.watch()
  }

  private watch(): void {
    this.stride = 1
    this.watched = Math.max(this.watched, this.watchNext)
    this.watchNext = Math.max(LEAST_WATCHED, this.watchNext / 2)
  }
}
