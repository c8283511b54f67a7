import { keepShape, type Nanos, readSafely, wrongArgument } from '@genpool/runtime'
import { Waiting } from '../queues/waiting'
import { type HoldWatch, NO_WATCH } from './hold-watch'
import { KeyedLimit } from './keyed-limit'
import { holds, keepHolderShape, type KeyHolder as Holder, passInstead } from './key-holder'
import { type KeyRules, type LimitLane } from './limit-lane'
import { type LimitRules } from './limit-rules'
import { Pass } from './pass'

/** This many passes are kept for other requests: as many as run at once in most pools. */
const FREE_PASSES = 256

/** Why a request cannot be counted, or may never begin. */
interface Unfit {
  readonly cause: unknown
}

/**
 * The passes of all requests that wait or run. Each request holds its own: a map of them costs twice as much as the rest of a
 * short call.
 */
export class Passes<E extends Waiting> {
  /** The pass of all requests while nothing but their number counts. */
  private readonly plain = new Pass<E>()
  /** Passes of requests that are done, for others. */
  private readonly free: Pass<E>[] = []

  constructor(
    readonly rules: LimitRules<E>,
    /** Told which requests are held back. */
    readonly watch: HoldWatch<E> = NO_WATCH,
  ) {}

  get(entry: E): Pass<E> | undefined {
    const holder = entry as Holder<E>
    return holder.limitOf === undefined ? holder.limitPass : this.passInstead(holder)
  }

  /** What a request costs in the rate of all, as far as is known. */
  costOf(entry: E): number {
    const { limitPass } = entry as Holder<E>
    return limitPass === undefined ? 1 : limitPass.cost
  }

  /** The pass of a request; makes it if there is none. @throws {InvalidError} if its key or its cost is wrong */
  of(entry: E): Pass<E> {
    if (this.rules.isPlain) return this.plain
    return this.get(entry) ?? this.make(entry)
  }

  delete(entry: E): void {
    const pass = this.get(entry)
    if (pass !== undefined) this.forget(entry, pass)
  }

  /** Forgets a request, and its lanes if nothing is left in them. */
  forget(entry: E, pass: Pass<E>): void {
    if (this.get(entry) === undefined) return
    ;(entry as Holder<E>).limitPass = undefined
    this.letGo(pass)
  }

  /** Counts a pass no longer. */
  letGo(pass: Pass<E>): void {
    pass.unrank()
    pass.count(-1)
    if (pass.keyed !== null) this.rules.keyed?.forget(pass.keyed)
    if (pass.rated !== null) this.rules.rated?.forget(pass.rated)
  }

  /** Fast path: takes a pass back that was forgotten, and that nobody will look at. A new one costs 15 % of a short call. */
  reuse(pass: Pass<E>): void {
    if (this.free.length < FREE_PASSES) this.free.push(pass)
  }

  /** Fast path: takes the pass of a request that holds its key instead, from now on. */
  detach(entry: E, pass: Pass<E>): void {
    ;(entry as Holder<E>).limitPass = undefined
    this.reuse(pass)
  }

  /**
   * Ends the pass of a request that is done, or was not served after all; undefined if it had none.
   *
   * @param ran whether it did run; otherwise the rates take back what they counted
   */
  end(entry: E, now: Nanos, ran: boolean): Pass<E> | undefined {
    const pass = this.stop(entry, now, ran)
    if (pass !== undefined) this.forget(entry, pass)
    return pass
  }

  /** The same, but the pass is not forgotten: the request comes back, see `again`. */
  stop(entry: E, now: Nanos, ran: boolean): Pass<E> | undefined {
    const pass = this.get(entry)
    if (pass === undefined) {
      // Without a pass the time of its begin is known only if it is now.
      if (!ran && this.rules.isPlain) this.rules.gate?.undo(1, now)
      return undefined
    }
    if (pass.place === 'running') {
      if (!ran) this.rules.gate?.undo(pass.cost, pass.beganAt)
      pass.end(ran)
    }
    return pass
  }

  /**
   * Gives a request that comes back a pass. What was found for its last one holds, as long as the same options would find it: its
   * message may have changed since.
   *
   * @param before its last pass, which is still counted; undefined without one
   * @returns why it cannot be counted, or may never begin; null if it may
   */
  again(entry: E, before: Pass<E> | undefined): Unfit | null {
    if (before !== undefined) (entry as Holder<E>).limitPass = undefined
    try {
      if (before === undefined || this.rules.isPlain) this.of(entry)
      else this.give(entry, this.rules.passAgain(entry, before))
      return null
    } catch (cause) {
      return { cause }
    } finally {
      if (before !== undefined) this.letGo(before)
    }
  }

  /** Gives a request that holds only its key a pass that says the same. */
  private passInstead(holder: Holder<E>): Pass<E> {
    const pass = passInstead(holder as Holder<E> & E, this.free.pop() ?? new Pass<E>())
    pass.foundBy = this.rules.foundByOnly((pass.keyed ?? (pass.rated as LimitLane<E>)).owner as KeyedLimit<E>)
    return (holder.limitPass = pass)
  }

  private make(entry: E): Pass<E> {
    return this.give(entry, this.rules.passOf(entry, this.free))
  }

  private give(entry: E, pass: Pass<E>): Pass<E> {
    pass.place = 'outside'
    pass.parkedIn = null
    pass.count(1)
    holds(entry as Holder<E>, pass, undefined, 0)
    return pass
  }

  limitOf(lane: LimitLane<E>, pass: Pass<E>): KeyedLimit<E> {
    return (lane === pass.keyed ? this.rules.keyed : this.rules.rated) as KeyedLimit<E>
  }

  /** Counts a request that stands in the queue. Returns what `again` returns. @param before see `again` */
  adopt(entry: E, before: Pass<E> | undefined, isBehind: boolean): Unfit | null {
    const unfit = this.again(entry, before)
    if (unfit !== null) return unfit
    const pass = this.of(entry)
    if (isBehind) pass.place = 'behind'
    else pass.enter(entry.priority)
    return null
  }

  /**
   * Begins to count anew what waits, since keys, costs or lanes have changed.
   *
   * @returns the passes that they had, in their order, which are still counted: each request must be adopted next, or its pass let go
   */
  countAnew(waiting: readonly E[]): readonly (Pass<E> | undefined)[] {
    // What holds only its key is counted in its lane from here on.
    const passes = waiting.map((entry) => this.get(entry))
    for (const limit of this.rules.all) for (const lane of limit.lanes()) lane.reset()
    for (const [i, entry] of waiting.entries()) if (passes[i] !== undefined) (entry as Holder<E>).limitPass = undefined
    return passes
  }

  /** Forgets lanes in which nothing is left. */
  trim(): void {
    for (const limit of this.rules.all) for (const lane of limit.lanes()) limit.forget(lane)
  }
}

const NO_RULES: KeyRules = { concurrency: 1, rate: null, max: 1, newestFirst: false, inOrder: false }

/**
 * Keeps the shape that requests of a class have under limits (see `keepShape`).
 *
 * Call it with the first limits: before V8 has seen a few requests, it makes room in each for the pass.
 *
 * @param specimen a request as they are made
 * @throws {OptionsError} if it is no `Waiting`
 */
export function keepLimitedShape(specimen: Waiting): void {
  if (!readSafely(() => specimen instanceof Waiting, false)) {
    throw wrongArgument({ of: 'keepLimitedShape', argument: 'specimen', expected: 'a request' }, specimen)
  }
  keepHolderShape(specimen as Holder<Waiting>, new KeyedLimit<Waiting>('key', NO_RULES, false))
  keepShape(specimen)
}
