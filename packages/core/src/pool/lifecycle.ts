import { NS_PER_MS, type Nanos, printable, stopTree, textOf, type Turn } from '@genpool/runtime'
import { type Cell, whenFree } from '@genpool/state-ane'
import { eventually } from '../behaviours/eventually'
import type { Member } from '../members/member'
import type { Request } from '../requests/request'
import { type Drained, Drains } from './drains'
import { Readiness } from './readiness'
import { Endings, type EndingsOwner, type EndingsPorts } from './endings'
import { IdleWatch } from './idle-watch'
import type { Listeners } from './listeners'
import type { Host } from './ports'
import type { PoolTimers } from './pool-timers'
import type { Status } from './status'

/** What follows for `ready`. */
const NEVER_READY = 'it will not be ready'

/** What the lifecycle needs of the pool. */
export interface LifecyclePorts extends EndingsPorts {
  readonly host: Host
  readonly turn: Turn
  readonly status: Status
  readonly listeners: Listeners
  readonly failures: { over(so: string): Error }
  readonly timers: PoolTimers
  /** The shared state; undefined if each member has its own, or before it is made. */
  readonly cell: Cell<unknown> | undefined
  readonly workload: {
    /** Whether nothing waits, runs, or is about to run. */
    readonly isDone: boolean
    /** The same, apart from `own`. */
    isDoneBut(own: { has(request: Request): boolean }): boolean
  }
  readonly roster: {
    /** Whether all members have ended. */
    readonly isEmpty: boolean
    readonly members: readonly Member[]
    reset(): void
  }
  /** Makes another first value of the shared state. */
  readonly sharedState: { makeAgain(): unknown }
  readonly starts: {
    /** A caller has begun to wait. */
    rest(): void
  }
  /** Makes the shared state, if there is one, and the members. */
  readonly population: { start(): void }
  /** The pool takes nothing new. */
  readonly pool: { readonly entrance: { closed(): void } }
  /** Keeps what waits, as `afterStop` of a plain function sees it. */
  keepMailbox(): void
  /** Fails what waits, and ends the members. */
  shutDown(): void
}

/** The life of a pool: starts it, and ends it, at once or when its work is done. */
export class Lifecycle implements EndingsOwner {
  #readiness = new Readiness()
  /** Made with the first drain. */
  #drains: Drains | null = null
  /** What members release. Made with the first that ends. */
  #endings: Endings | null = null
  #idleWatch: IdleWatch | null = null
  #spawnedAt: Nanos = 0

  constructor(private readonly kernel: LifecyclePorts) {}

  // --- start ---

  /** @param shutdownAfter stops the pool after this many milliseconds without work; undefined for never */
  start(shutdownAfter: number | undefined): void {
    this.#spawnedAt = this.kernel.turn.now()
    for (const listener of this.kernel.listeners.poolStarted) listener.poolStarted()
    if (shutdownAfter !== undefined && shutdownAfter > 0) this.#idleWatch = new IdleWatch(this.kernel, shutdownAfter)
    this.kernel.population.start()
  }

  /** Whether a caller waits for `ready`. */
  get isReadyAwaited(): boolean {
    return this.#readiness.isAwaited
  }

  /** Resolves when the pool can work; rejects if it takes nothing any more. */
  ready(): Promise<void> {
    const ready = this.#readiness.wait(this.kernel.status.accepting, () => this.kernel.failures.over(NEVER_READY))
    this.kernel.starts.rest()
    return ready
  }

  /** The pool can work. */
  memberReady(): void {
    const { status, listeners, turn } = this.kernel
    if (status.phase === 'starting') status.phase = 'running'
    if (this.#readiness.reached) return
    this.#readiness.done()
    this.#readiness = Readiness.REACHED
    for (const listener of listeners.poolReady) listener.poolReady(turn.refresh() - this.#spawnedAt)
  }

  /** The pool has work in this turn. */
  active(): void {
    this.#idleWatch?.active()
  }

  // --- end ---

  /** The pool cannot go on: tells its parent and all callers. @param error undefined if `why` says it all */
  giveUp(error: unknown, why: string): void {
    const { status, host } = this.kernel
    if (status.stopping) return
    this.because(error, why)
    // The parent decides while it can still find the pool; whatever it decides, the pool ends.
    host.escalate(status.cause)
    host.stop()
  }

  /** Ends the pool because something that it needs was stopped on purpose. This is no fault: its parent is not asked. */
  stopWith(error: unknown, why: string): void {
    if (this.kernel.status.stopping) return
    this.because(error, why)
    this.kernel.host.stop()
  }

  private because(error: unknown, why: string): void {
    const message = `${why}${error === undefined ? '' : `: ${textOf(error)}`}`
    this.kernel.status.cause = new Error(printable(`Pool "${this.kernel.host.name}" gave up: ${message}`), {
      cause: error,
    })
  }

  /** Called before nact stops the members, so that they are not replaced. */
  close(): void {
    const { status } = this.kernel
    if (!status.stopping) this.kernel.keepMailbox()
    status.accepting = false
    status.stopping = true
    this.kernel.pool.entrance.closed()
  }

  /** Ends everything now. Called once, by the actor. */
  stop(): void {
    const { status, failures, listeners, timers } = this.kernel
    status.phase = 'stopped'
    for (const listener of listeners.poolStopped) listener.poolStopped(status.cause)
    this.#readiness.end(() => failures.over(NEVER_READY))
    this.kernel.shutDown()
    timers.cancelAll()
    this.checkDrained()
  }

  /** Takes nothing new, finishes what the pool has, then stops it; at the latest after `within` milliseconds. */
  drain(within: number): Promise<void> {
    const { status, listeners } = this.kernel
    if (status.accepting) {
      status.accepting = false
      status.phase = 'draining'
      this.kernel.pool.entrance.closed()
      for (const listener of listeners.poolDraining) listener.poolDraining()
    }
    const drained = (this.#drains ??= new Drains()).wait(this.callingHandler())
    this.#endings?.rest()
    this.settle()
    return within === Infinity ? drained.done : this.drainedWithin(drained, within)
  }

  /** The request of the handler that calls this, if it is called before the first `await` of one: it would wait for itself. */
  private callingHandler(): Request | null {
    return this.kernel.roster.members.find(({ calling }) => calling !== null)?.calling ?? null
  }

  /** Stops the pool after `within` milliseconds, even if a handler or a `terminate` never ends. */
  private drainedWithin(drained: Drained, within: number): Promise<void> {
    const { clock, host } = this.kernel
    return new Promise((resolve) => {
      const timer = clock.setTimer(clock.now() + within * NS_PER_MS, () => {
        this.#endings?.reportAll()
        this.kernel.status.drainedFor = within
        // What never ends must not keep the process alive now.
        drained.leave()
        host.stop()
        this.#endings?.rest()
        this.#hurry()
        resolve()
      })
      void drained.done.then(() => {
        timer.cancel()
        resolve()
      })
    })
  }

  /** Nobody waits any longer for what runs: where it can be ended by force, it may be. */
  #hurry(): void {
    for (const member of this.kernel.roster.members) member.departure.hurry()
    this.#endings?.hurry()
  }

  /** Something is done; perhaps it was the last. */
  settle(): void {
    if (this.kernel.status.phase !== 'draining') return this.checkDrained()
    if (this.kernel.workload.isDone) return this.kernel.host.stop()
    this.settleHandlers()
  }

  /** Handlers that wait for the drain do not wait for each other. */
  private settleHandlers(): void {
    const handlers = this.#drains?.handlers ?? null
    if (handlers !== null && this.kernel.workload.isDoneBut(handlers)) this.#drains?.onlyHandlersLeft()
  }

  /** A member ended: waits for what it releases. */
  release(member: string, end: () => unknown, hurry?: () => void): void {
    this.#endings ??= new Endings(this.kernel, this)
    this.#endings.begin(member, end, hurry)
  }

  get isDrainAwaited(): boolean {
    return this.#drains?.any === true
  }

  /** A member has released what it had opened, or has taken too long. */
  released(): void {
    this.checkDrained()
  }

  private checkDrained(): void {
    if (!this.kernel.status.stopping) return
    if (!this.kernel.roster.isEmpty) return this.settleHandlers()
    if (this.#endings !== null && this.#endings.count > 0) return
    // All members have ended and have read it: it must not keep what it holds in memory.
    this.kernel.status.mailbox = []
    const drains = this.#drains
    // Callers are told how far their calls are before they are answered, and are answered before the pool has drained.
    if (drains !== null) this.kernel.callbacks.whenTold(() => drains.done())
  }

  /** Options have changed. */
  settingsChanged(): void {
    this.#endings?.settingsChanged()
  }

  // --- reset ---

  /** Starts again, as nact's `reset` promises: spawned actors are stopped, states are made again, what waits is kept. */
  reset(): void {
    const { status, host, cell } = this.kernel
    if (status.stopping) return
    host.spawned.forEach(stopTree)
    if (cell === undefined) return this.kernel.roster.reset()
    eventually(
      async () => {
        const state = await this.kernel.sharedState.makeAgain()
        await whenFree(cell, (writer) => writer.compareAndSet(cell.version, state))
      },
      () => undefined,
      (error) => this.giveUp(error, 'its init failed when it was reset'),
    )
  }
}
