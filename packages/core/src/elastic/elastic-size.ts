import type { Broker } from '@genpool/broker'
import { NS_PER_MS, type Timer } from '@genpool/runtime'
import type { Member } from '../pool/member'
import type { Seat } from '../pool/seat'
import type { Pool } from '../pool/pool'
import type { Request } from '../pool/request'
import type { CheckedSizeOptions } from './size-options'
import { Sizing } from './sizing'

/** What an elastic size does to a running pool: has `Sizing` decide now and then, and members start and end. */
export class ElasticSize {
  readonly #sizing: Sizing
  #timer: Timer | null = null
  #lookedAt = -Infinity
  /** Members may start: a shared state is there. */
  #started = false

  constructor(
    private readonly pool: Pool,
    private readonly engine: Broker<Request, Seat>,
    private options: CheckedSizeOptions,
  ) {
    this.#sizing = new Sizing(options, pool.roster.size, pool.turn.refresh())
  }

  /** Starts as many members as there have to be, and at least so many. */
  start(atLeast: number): void {
    this.#started = true
    if (atLeast > 0 && this.#sizing.wake(this.pool.turn.refresh()) > 0) this.pool.roster.grow()
    this.#look()
  }

  /** Sees how many members are idle after a match. */
  notice(idle: number): void {
    this.#sizing.notice(idle + this.#aside, this.pool.turn.now())
  }

  /** Members that do not wait for a request because enough others work: they are idle, too. */
  get #aside(): number {
    return this.pool.concurrency === null ? 0 : this.pool.concurrency.aside
  }

  /** At the end of a turn in which something happened. */
  rest(): void {
    const due = this.pool.turn.now() - this.#lookedAt >= this.options.update * NS_PER_MS
    // Nobody is there to work: that cannot wait.
    if (due || (this.#sizing.size === 0 && this.engine.length > 0)) this.#look()
  }

  /** A member gave up waiting for work, or could not be started. Whether it need not be replaced. */
  release(): boolean {
    return this.#started && this.#sizing.leave(this.pool.turn.refresh())
  }

  /** An idle member was dropped by the members' queue. Whether it ended. */
  dropped(member: Member): boolean {
    if (member.status !== 'idle' || !this.release()) return false
    this.pool.roster.dismiss(member)
    return true
  }

  configure(options: CheckedSizeOptions): void {
    this.#sizing.configure(options, this.pool.turn.refresh())
    this.options = options
    if (this.#started) this.#look()
  }

  /** Leaves the size as it is now. */
  close(): void {
    this.#started = false
    this.#timer?.cancel()
    this.#timer = null
  }

  #look(): void {
    const { engine } = this
    const { turn, roster, lifecycle } = this.pool
    if (!this.#started || lifecycle.stopping) return
    const now = (this.#lookedAt = turn.refresh())
    const load = {
      idle: engine.lengthR + this.#aside,
      starting: roster.starting,
      waiting: engine.length,
      waited: Math.max(0, engine.relativeTime(now)),
      limit: this.pool.concurrency?.limit ?? Infinity,
    }
    const { start, release, excess, wakeAt } = this.#sizing.look(load, now)
    this.#arm(wakeAt === null ? null : (wakeAt - now) / NS_PER_MS)
    roster.shrink(excess + release)
    for (let i = 0; i < start; i++) roster.grow()
  }

  #arm(ms: number | null): void {
    this.#timer?.cancel()
    this.#timer = null
    if (ms === null) return
    this.#timer = this.pool.lifecycle.after(ms, () => {
      this.#timer = null
      this.#look()
    })
  }
}
