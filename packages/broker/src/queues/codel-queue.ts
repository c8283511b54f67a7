import { checkTime, type Nanos, parseOptions } from '@genpool/runtime'
import { type CodelOptions, codelOptions, type CodelRules, toCodelRules } from './codel-options'
import { type LeafContext, LeafQueue } from './leaf-queue'
import { type Queue } from './queue'
import { type Waiting } from './waiting'

/** The phase of the control law. */
const enum Phase {
  /** Waits are short, or nothing is known. */
  Calm,
  /** Waits are long; dropping may start at `#since`. */
  Slow,
  /** Requests are dropped at a rising rate. */
  Dropping,
}

/** A dropping phase that begins within this many intervals after the last one continues at its rate. */
const MEMORY = 8

/** A queue that drops by CoDel. See `codelQueue`. */
export class CodelQueue<E extends Waiting> extends LeafQueue<E, CodelRules> {
  #phase: Phase = Phase.Calm
  /** In the phase Slow: when dropping may start. */
  #since: Nanos
  /** How many were dropped in this phase; the rate rises with its square root. */
  #count = 0
  /** When the next drop is due by the law. */
  #dropNext: Nanos
  /** The earliest time to check the rule; it may be too early after the front entry has left. */
  #timer: Nanos

  constructor(rules: CodelRules, now: Nanos, items: Iterable<E>, context?: LeafContext<E>) {
    super(rules, context)
    this.#since = this.#dropNext = this.#timer = now
    this.adopt(items)
    this.cut(now)
    this.decision.wakeAt = this.whenChanged(now)
  }

  override get newestFirst(): boolean {
    return this.rules.adaptive ? this.#phase === Phase.Dropping : this.rules.lifo
  }

  /** How long to remember an empty queue, so that a dropping phase can continue. */
  get rememberUntil(): Nanos {
    return this.#dropNext + MEMORY * this.rules.interval
  }

  enqueue(entry: E, now: Nanos): void {
    this.beginWith(entry)
    if (this.list.length >= this.rules.max) {
      if (!this.makesRoom) {
        this.drop(entry, 'max', now)
        this.decision.wakeAt = this.whenChanged(now)
        return
      }
      this.dropFirst('max', now)
    }
    this.append(entry)
    if (this.list.length <= this.rules.min) return
    this.decision.wakeAt = this.#timer > now ? this.#timer : this.#sweep(this.rules.min, now)
  }

  dequeue(now: Nanos): E | null {
    this.begin()
    if (this.list.length === 0) {
      if (this.#phase !== Phase.Calm) this.#calm(now)
      return null
    }
    return this.newestFirst ? this.#takeNewest(now) : this.#takeOldest(now)
  }

  configure(options: unknown, now: Nanos): void {
    this.apply(checkCodelOptions(options), now)
  }

  apply(rules: CodelRules, now: Nanos): void {
    this.begin()
    this.rules = rules
    this.cut(now)
    const latest = now + rules.interval
    if (this.#phase === Phase.Slow && this.#since > latest) this.#since = this.#timer = latest
    if (this.#dropNext > latest) {
      this.#dropNext = latest
      if (this.#phase === Phase.Dropping) this.#timer = latest
    }
    if (this.#phase === Phase.Calm) this.#timer = now
    this.decision.wakeAt = this.whenChanged(now)
  }

  protected whenChanged(now: Nanos): Nanos | null {
    if (this.list.length <= this.rules.min) return null
    if (this.#timer > now) return this.#timer
    if (this.#phase === Phase.Dropping && this.#dropNext > now) return this.#dropNext
    if (this.#phase === Phase.Slow && this.#since > now) return this.#since
    return this.#sweep(this.rules.min, now)
  }

  #takeOldest(now: Nanos): E | null {
    for (;;) {
      const entry = this.take(this.list.first as E)
      const left = this.list.length
      if (left < this.rules.min) {
        this.#calm(now)
        return entry
      }
      if (this.#isFast(entry, now)) return this.#deliverFast(entry)
      if (this.#timer > now) return this.#deliver(entry)
      if (this.#phase === Phase.Calm) {
        this.#slow(now)
        return this.#deliver(entry)
      }
      this.drop(entry, 'codel', now)
      const starting = this.#phase === Phase.Slow
      if (starting) this.#start(now)
      if (left === 0 || left === this.rules.min) {
        this.#calm(now)
        return left === 0 ? null : this.take(this.list.first as E)
      }
      const following = this.list.first as E
      if (this.#isFast(following, now)) return this.#deliverFast(this.take(following))
      if (starting) return this.#deliver(this.take(following))
      this.#again()
    }
  }

  #takeNewest(now: Nanos): E | null {
    const entry = this.take(this.list.last as E)
    const { min } = this.rules
    if (this.list.length < min) {
      this.#calm(now)
      return entry
    }
    if (this.rules.adaptive) this.#dropLeftBehind(now)
    if (this.#timer > now) return this.#deliver(entry)
    if (this.list.length === 0) {
      if (!this.#isFast(entry, now)) return this.#takeLast(entry, now)
      this.#calm(now)
      return entry
    }
    const wakeAt = this.#sweep(Math.max(min - 1, 0), now)
    const left = this.list.length
    if (left === 0 && min === 0) return this.#takeLast(entry, now)
    if (left < min) this.#calm(now)
    this.decision.wakeAt = left > min ? wakeAt : null
    return entry
  }

  /** Takes the last request of a queue that serves the newest first, or drops it if the law says so. */
  #takeLast(entry: E, now: Nanos): E | null {
    if (this.#phase === Phase.Calm) {
      this.#slow(now)
      return entry
    }
    if ((this.#phase === Phase.Dropping ? this.#dropNext : this.#since) > now) return entry
    this.drop(entry, 'codel', now)
    if (this.#phase === Phase.Dropping) this.#again()
    else this.#start(now)
    this.#calm(now)
    return null
  }

  /** Drops requests that newer ones have overtaken for a whole interval: their callers would be gone before they are served. */
  #dropLeftBehind(now: Nanos): void {
    const { interval, min } = this.rules
    while (this.list.length > min && (this.list.first as E).sentAt + interval <= now) this.dropFirst('codel', now)
  }

  #deliver(entry: E): E {
    this.decision.wakeAt = this.list.length > this.rules.min ? this.#timer : null
    return entry
  }

  #deliverFast(entry: E): E {
    this.#phase = Phase.Calm
    this.#timer = entry.sentAt + this.rules.target
    return this.#deliver(entry)
  }

  /** Drops from the front by the law, and keeps at least `least`. Call it only with more than `least` waiting. */
  #sweep(least: number, now: Nanos): Nanos | null {
    const front = this.list.first as E
    if (this.#isFast(front, now)) return (this.#timer = front.sentAt + this.rules.target)
    if (this.#phase === Phase.Calm) {
      this.#slow(now)
      return this.#timer
    }
    this.dropFirst('codel', now)
    if (this.#phase === Phase.Slow) {
      this.#start(now)
      return this.list.length > this.rules.min ? this.#timer : null
    }
    this.#again()
    while (this.list.length > least) {
      if (this.#dropNext > now) return this.#dropNext
      this.dropFirst('codel', now)
      this.#again()
    }
    return null
  }

  #isFast(entry: E, now: Nanos): boolean {
    return entry.sentAt + this.rules.target > now
  }

  #calm(now: Nanos): void {
    this.#phase = Phase.Calm
    this.#timer = now
  }

  #slow(now: Nanos): void {
    this.#phase = Phase.Slow
    this.#since = this.#timer = now + this.rules.interval
  }

  #start(now: Nanos): void {
    this.#phase = Phase.Dropping
    if (this.#count > 2 && now - this.#dropNext < MEMORY * this.rules.interval) {
      this.#follow(this.#count - 2, now)
      return
    }
    this.#count = 1
    this.#dropNext = this.#timer = now + this.rules.interval
  }

  /** Counts from when the drop was due, not from now, so that a late call catches up. */
  #again(): void {
    this.#follow(this.#count + 1, this.#dropNext)
  }

  #follow(count: number, base: Nanos): void {
    this.#count = count
    this.#dropNext = this.#timer = base + Math.trunc(this.rules.interval / Math.sqrt(count))
  }
}

function checkCodelOptions(options: unknown): CodelRules {
  return toCodelRules(parseOptions(codelOptions, options, 'options of a CoDel queue'))
}

/**
 * A queue that drops requests once waits have stayed above `target` for a whole `interval` (CoDel). It drops more and more
 * often until waits are short again. Short bursts pass.
 *
 * Use it where a long wait is worse than a refusal. CoDel is made for senders that slow down when they are refused. If they
 * do not, use `order: 'adaptive'` (newest first while dropping; what has waited for an `interval` meanwhile is dropped, too),
 * or admission by forecast.
 *
 * @param options milliseconds; `target` 100, `interval` 1000, `order` fifo, `dropFrom` tail, `min` 0, `max` unbounded
 * @param items requests that are already waiting, oldest first
 * @throws {OptionsError} if an option is unknown or out of range; nothing is created
 * @see Nichols and Jacobson, Controlling Queue Delay, ACM Queue 2012; sbroker_codel_queue
 * @example const queue = codelQueue<Waiting>({ type: 'codel', target: 50, interval: 500 }, 0)
 */
export function codelQueue<E extends Waiting>(options: CodelOptions, now: Nanos, items: Iterable<E> = []): Queue<E> {
  checkTime('codelQueue', now)
  return new CodelQueue<E>(checkCodelOptions(options), now, items)
}
