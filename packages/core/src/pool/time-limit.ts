import { type Clock, NS_PER_MS, type Nanos, type Timer } from '@genpool/runtime'

/** Something that has begun and is not done. */
export interface Pending {
  readonly since: Nanos
}

/** What a time limit needs to know. */
export interface TimeLimitPorts<T extends Pending> {
  readonly clock: Clock
  /** How long each may take, in milliseconds, as it is now. Infinity for no limit. */
  limitMs(): number
  /** Whether the process must stay alive for it, since a caller waits. */
  holds(): boolean
  /** `item` has taken too long. It is removed before this is called. */
  overdue(item: T): void
}

/** One time limit for each of many things, with one timer: for the oldest. */
export class TimeLimit<T extends Pending> {
  /** The oldest first. */
  readonly #pending = new Set<T>()
  #timer: Timer | null = null
  #timerHolds = false

  constructor(private readonly ports: TimeLimitPorts<T>) {}

  get all(): Iterable<T> {
    return this.#pending
  }

  get oldest(): T | undefined {
    return this.#pending.values().next().value
  }

  /** Limits `item`, which has begun now. */
  add(item: T): void {
    this.#pending.add(item)
    if (this.#timer === null) this.#arm()
  }

  /** It is done, or its limit no longer matters. */
  remove(item: T): void {
    this.#pending.delete(item)
    if (this.#pending.size === 0) this.#disarm()
  }

  /** The limit has changed. The new one also holds for what has begun. */
  changed(): void {
    this.#disarm()
    this.#arm()
  }

  /** The answer of `holds` may have changed. */
  rest(): void {
    if (this.#timer !== null && this.ports.holds() !== this.#timerHolds) this.changed()
  }

  #arm(): void {
    const { oldest } = this
    const limitMs = this.ports.limitMs()
    if (oldest === undefined || limitMs === Infinity) return
    this.#timerHolds = this.ports.holds()
    this.#timer = this.ports.clock.setTimer(oldest.since + limitMs * NS_PER_MS, this.#fire, this.#timerHolds)
  }

  #disarm(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  readonly #fire = (): void => {
    this.#timer = null
    const latest = this.ports.clock.now() - this.ports.limitMs() * NS_PER_MS
    for (let { oldest } = this; oldest !== undefined && oldest.since <= latest; oldest = this.oldest) {
      this.#pending.delete(oldest)
      this.ports.overdue(oldest)
    }
    if (this.#timer === null) this.#arm()
  }
}
