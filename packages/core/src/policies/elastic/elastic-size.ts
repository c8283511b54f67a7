import { NS_PER_MS, type Nanos, type Timer } from '@genpool/runtime'
import type { Attaching, Listener, SizePolicy, Timers } from '../../pool/ports'
import type { CheckedSizeOptions } from './size-options'
import { Sizing } from './sizing'

/** What an elastic size needs of its pool. */
export interface ElasticPorts extends Attaching, Timers {
  readonly stopping: boolean
  /** The target number of members. */
  readonly size: number
  /** How many members are starting, or wait for a retry. */
  readonly starting: number
  /** How many requests wait. */
  readonly waiting: number
  /** How many members wait for a request. */
  readonly idle: number
  /** How many members are set aside by a gate. They are idle, too. */
  readonly aside: number
  /** How many members may work at once. More members would be useless. */
  readonly limit: number
  /** The time of this turn. */
  turnNow(): Nanos
  /** The time now. */
  now(): Nanos
  /** How long the oldest request has waited; 0 if none waits. */
  oldestWait(now: Nanos): Nanos
  grow(): void
  shrink(count: number): void
}

/** Applies `Sizing`'s decisions to a running pool. */
export class ElasticSize implements SizePolicy, Listener {
  readonly #sizing: Sizing
  #timer: Timer | null = null
  #wakeAt: Nanos = Infinity
  /** Whether the process waits for the timer, since requests do. */
  #holds = false
  #lookedAt: Nanos = -Infinity
  /** Whether members may start: the shared state exists. */
  #started = false

  constructor(
    private options: CheckedSizeOptions,
    private readonly pool: ElasticPorts,
  ) {
    this.#sizing = new Sizing(options, pool.size, pool.now())
    pool.attach(this)
  }

  populate(atLeast: number): void {
    this.#started = true
    if (atLeast > 0 && this.#sizing.wake(this.pool.now()) > 0) this.pool.grow()
    this.#look()
  }

  matched(idle: number): void {
    this.#sizing.notice(idle + this.pool.aside, this.pool.turnNow())
  }

  turnEnded(now: Nanos): void {
    const isDue = now - this.#lookedAt >= this.options.update * NS_PER_MS
    // Without members, waiting requests cannot wait for the next check.
    if (isDue || (this.#sizing.size === 0 && this.pool.waiting > 0)) this.#look()
    else if (this.#holds && this.pool.waiting === 0) this.#arm(this.#wakeAt, now)
    // The last look found nobody short, and nothing else may come.
    else if (this.#timer === null && this.pool.waiting > 0)
      this.#arm(this.#lookedAt + this.options.update * NS_PER_MS, now)
  }

  mayEnd(): boolean {
    return this.#started && this.#sizing.leave(this.pool.now())
  }

  configure(options: CheckedSizeOptions): void {
    this.#sizing.configure(options, this.pool.now())
    this.options = options
    if (this.#started) this.#look()
  }

  /** Stops changing the size. */
  end(): void {
    this.#started = false
    this.pool.detach(this)
    this.#disarm()
  }

  #look(): void {
    const { pool } = this
    if (!this.#started || pool.stopping) return
    const now = (this.#lookedAt = pool.now())
    const load = {
      idle: pool.idle + pool.aside,
      starting: pool.starting,
      waiting: pool.waiting,
      waited: pool.oldestWait(now),
      limit: pool.limit,
    }
    const { start, end, excess, wakeAt } = this.#sizing.look(load, now)
    if (wakeAt === null) this.#disarm()
    else this.#arm(wakeAt, now)
    pool.shrink(excess + end)
    for (let i = 0; i < start; i++) pool.grow()
  }

  #arm(at: Nanos, now: Nanos): void {
    this.#disarm()
    const look = (): void => {
      this.#disarm()
      this.#look()
    }
    this.#wakeAt = at
    this.#holds = this.pool.waiting > 0
    this.#timer = this.pool.after((at - now) / NS_PER_MS, look, this.#holds)
  }

  #disarm(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#holds = false
  }
}
