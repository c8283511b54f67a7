import { type Nanos, parseOptions } from '@genpool/runtime'
import { z } from 'zod'
import { type LeafContext, LeafQueue, type LeafRules } from './leaf-queue'
import { type Maker, Pack } from './pack'
import { type Queue } from './queue'
import { leafShape, toLeafRules } from './leaf-options'
import { type Waiting } from './waiting'

/** Options of a `dropQueue`. */
export const dropOptions = z.strictObject({
  type: z.literal('drop').default('drop'),
  ...leafShape,
  order: z
    .enum(['fifo', 'lifo', 'adaptive'])
    .default('adaptive')
    .describe(
      'Who is served first: the oldest, the newest, or the oldest except while that one has used more than half of its time and the newest has not.',
    ),
})
export type DropOptions = z.input<typeof dropOptions>

/** The options in the units of the inside. */
export interface DropRules extends LeafRules {
  /** Newest first while the oldest runs out of time, whatever `lifo` says. */
  readonly adaptive: boolean
}

/** With fewer than this, requests are made at once: then they are at hand, and there is little to save. */
const FEW = 1024
/** A pack is begun when so many have come in a row that could be packed: one alone weighs more than a request. */
const ROW = 32

/** A queue that is bounded by its length only, and never drops by age. See `dropQueue`. */
export class DropQueue<E extends Waiting> extends LeafQueue<E, DropRules> {
  /** How many wait in packs, beyond the one that each pack counts for in the list. */
  #packed = 0
  #packs = 0
  /** How many of one kind came last that could have been packed, and of which. */
  #row = 0
  #rowMake: Maker<E> | null = null
  #rowAbout: unknown = undefined

  constructor(rules: DropRules, now: Nanos, items: Iterable<E>, context?: LeafContext<E>) {
    super(rules, context)
    this.adopt(items)
    this.cut(now)
  }

  enqueue(entry: E, now: Nanos): void {
    this.beginWith(entry)
    if (this.list.length < this.rules.max) this.append(entry)
    else if (!this.makesRoom) this.drop(entry, 'max', now)
    else {
      this.dropFirst('max', now)
      this.append(entry)
    }
  }

  dequeue(now: Nanos): E | null {
    this.begin()
    const newest = this.#newestIsNext(now)
    const entry = newest ? this.list.last : this.list.first
    if (entry === null) return null
    return entry instanceof Pack ? this.#unpackOne(entry as Pack<E>, newest) : this.take(entry)
  }

  override get length(): number {
    return this.list.length + this.#packed
  }

  /** Those who wait in packs are made for the look. */
  override *[Symbol.iterator](): Iterator<E> {
    for (const entry of this.list) {
      if (entry instanceof Pack) yield* entry as Pack<E>
      else yield entry
    }
  }

  override drain(): E[] {
    this.unpack()
    return super.drain()
  }

  /**
   * `enqueue` if that decides nothing: false, and nothing done, if there is no room or something to be noted.
   *
   * @throws {InvalidError} if the entry waits already; nothing changes then
   */
  tryEnqueue(entry: E): boolean {
    if (this.list.length >= this.rules.max || entry.tag !== undefined) return false
    this.list.push(entry)
    return true
  }

  /** `dequeue` if that decides nothing: the oldest, if it has more than `enough` and half of its time left; or null. */
  tryDequeue(now: Nanos, enough: Nanos): E | null {
    const { first } = this.list
    if (first === null || this.rules.lifo) return null
    if (first.tag !== undefined) return first instanceof Pack ? this.#unpackOne(first as Pack<E>, false) : null
    return first.deadline - now > enough && !isLate(first, now) ? this.list.shift() : null
  }

  /**
   * Takes in a request that is made when its turn comes; false, and nothing done, if it has to be made now.
   *
   * @param make tells with `about` which requests may share a pack
   */
  tryPack(make: Maker<E>, message: unknown, about: unknown, now: Nanos): boolean {
    const { last } = this.list
    if (last instanceof Pack && last.takes(make as Maker<never>, about)) {
      last.push(message, now)
      this.#packed++
      return true
    }
    return this.length >= FEW && this.#beginsPack(make, about) && this.#beginPack(make, message, about, now)
  }

  /** Whether enough of one kind have come in a row. */
  #beginsPack(make: Maker<E>, about: unknown): boolean {
    if (this.rules.max !== Infinity || this.rules.lifo) return false
    const isOneMore = make === this.#rowMake && about === this.#rowAbout && this.list.last?.deadline === Infinity
    this.#row = isOneMore ? this.#row + 1 : 0
    this.#rowMake = make
    this.#rowAbout = about
    return this.#row >= ROW
  }

  #beginPack(make: Maker<E>, message: unknown, about: unknown, now: Nanos): true {
    // Behind a full one of the same kind more will come.
    const { last } = this.list
    const pack = new Pack<E>(make, about, now, last instanceof Pack && last.isFull)
    pack.push(message, now)
    this.list.push(pack)
    this.#packs++
    return true
  }

  /** Makes all that is packed. */
  unpack(): void {
    if (this.#packs === 0) return
    const entries = [...this]
    while (this.list.shift() !== null);
    this.#packed = this.#packs = 0
    for (const entry of entries) this.list.push(entry)
  }

  configure(options: unknown, now: Nanos): void {
    this.apply(checkDropOptions(options), now)
  }

  apply(rules: DropRules, now: Nanos): void {
    this.begin()
    this.unpack()
    this.rules = rules
    this.cut(now)
  }

  protected whenChanged(_now: Nanos): null {
    return null
  }

  #unpackOne(pack: Pack<E>, newest: boolean): E {
    if (pack.length > 1) this.#packed--
    else {
      this.list.remove(pack)
      this.#packs--
    }
    return newest ? pack.pop() : pack.shift()
  }

  #newestIsNext(now: Nanos): boolean {
    if (!this.rules.adaptive) return this.rules.lifo
    const { first, last } = this.list
    return first !== null && isLate(first, now) && !isLate(last as E, now)
  }
}

/** Whether more than half of its time is over. */
function isLate({ sentAt, deadline }: Waiting, now: Nanos): boolean {
  return now - sentAt > deadline - now
}

/** The rules that checked options stand for. */
export function toDropRules(options: z.output<typeof dropOptions>): DropRules {
  return { ...toLeafRules(options), adaptive: options.order === 'adaptive' }
}

function checkDropOptions(options: unknown): DropRules {
  return toDropRules(parseOptions(dropOptions, options, 'options of a drop queue'))
}

/**
 * A queue that is bounded by its length only: requests wait until they are served, cancelled, or pushed out.
 *
 * Use it for batches, and wherever callers bring deadlines of their own. In order (`fifo`), a lasting overload serves exactly
 * those that are about to give up. `adaptive` serves in order, too, but turns to the newest while the oldest is running out of
 * time; without deadlines it is `fifo`.
 *
 * @param options `order` adaptive, `dropFrom` tail, `max` unbounded
 * @param items requests that wait already, oldest first
 * @throws {OptionsError} if an option is unknown or out of range; nothing is created
 */
export function dropQueue<E extends Waiting>(options: DropOptions, now: Nanos, items: Iterable<E> = []): Queue<E> {
  return new DropQueue<E>(checkDropOptions(options), now, items)
}
