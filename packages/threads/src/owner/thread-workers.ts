import type { MemberInfo, Worker, WorkerFactory, WorkerHost, WorkerSeat } from '@genpool/core'
import { InitStep, type PoolFacts } from '@genpool/core/elsewhere'
import { NS_PER_MS, type Runnable, systemClock, textOf, type Turn } from '@genpool/runtime'
import type { Cell } from '@genpool/state-ane'
import type { CheckedThreadOptions } from '../options'
import { balance } from './balance'
import { FirstState } from './first-state'
import { endSoon } from './impatience'
import type { Load } from './load'
import type { ThreadRoutes } from './routes'
import { SharedState } from './shared-state'
import { Spares } from './spares'
import { Thread, type ThreadSetup, UnusableModule } from './thread'
import { ThreadWorker } from './thread-worker'
import type { Threads } from './threads'

/** How often threads that work are looked at, in milliseconds. */
const LOOK_MS = 10

/** To wake another thread for less work than this costs more than it saves. */
const WORTH_NS = 0.15 * NS_PER_MS
/** If nothing has ended for so long, such work moves all the same: it waits behind a long message. */
const STILL_MS = 1

/** How long a thread without a member waits for one while no other member is there, in milliseconds. */
const KEEP_MS = 5_000

/** Makes the workers of one pool, a thread each. */
export class ThreadWorkers implements WorkerFactory, Threads<ThreadWorker>, Runnable {
  readonly #options: CheckedThreadOptions
  readonly #spares: Spares
  readonly #all = new Set<ThreadWorker>()
  readonly #ready = new Set<ThreadWorker>()
  #shared: SharedState | null = null
  /** The threads that make a shared state now. */
  readonly #making = new Map<MemberInfo, { readonly thread: Thread; isHurried: boolean }>()
  #watching = false
  #keptAt = 0
  #balancing = false
  /** How many messages each thread had run when it kept its work; null if none did. */
  #kept: Map<Load, number> | null = null

  constructor(
    setup: ThreadSetup,
    private readonly routes: ThreadRoutes,
  ) {
    this.#options = setup.options
    this.#spares = new Spares(() => new Thread(setup))
    routes.init = (facts, info) => this.#init(facts, info)
    routes.hurryInit = (info) => this.#hurryInit(info)
  }

  get prefetch(): number | 'auto' {
    return this.#options.prefetch
  }

  get hasOthers(): boolean {
    return this.#ready.size > 1
  }

  create(seat: WorkerSeat, host: WorkerHost): Worker {
    const worker = new ThreadWorker(this, seat, host)
    this.#all.add(worker)
    return worker
  }

  take(): Thread {
    return this.#spares.take()
  }

  sharedState(cell: Cell<unknown>): SharedState {
    if (this.#shared?.cell !== cell) this.#shared = new SharedState(cell)
    return this.#shared
  }

  leaveState(shared: SharedState): void {
    if (this.#shared === shared) this.#shared = null
  }

  /** Has a thread make the state that all members share. The thread is there for the first of them. */
  async #init(facts: PoolFacts, info: MemberInfo): Promise<unknown> {
    const thread = this.take()
    const making = { thread, isHurried: false }
    this.#making.set(info, making)
    thread.hold(true)
    try {
      this.routes.learn(await thread.loaded)
      const made = await new FirstState(thread, facts, info).made
      if (making.isHurried) void thread.kill()
      else this.keep(thread)
      return made
    } catch (error) {
      void thread.kill()
      if (error instanceof UnusableModule) return new InitStep('refuse', undefined, error.error)
      if (!thread.isGone || error !== thread.cause) throw error
      throw new Error(`its thread died as it started: ${textOf(error)}`, { cause: error })
    } finally {
      this.#making.delete(info)
      thread.hold(false)
    }
  }

  #hurryInit(info: MemberInfo): void {
    const making = this.#making.get(info)
    if (making === undefined) return
    making.isHurried = true
    endSoon(making.thread, () => !this.#making.has(info))
  }

  learn(manifest: Parameters<Threads<ThreadWorker>['learn']>[0]): void {
    this.routes.learn(manifest)
  }

  ready(worker: ThreadWorker, turn: Turn): void {
    this.#ready.add(worker)
    if (this.hasOthers) this.balanceLater(turn)
    this.#spares.fill(this.#options.spare)
  }

  keep(thread: Thread): void {
    this.#spares.keep(thread)
    this.#keepSpares()
  }

  leftLoading(thread: Thread): void {
    this.#spares.keepLoading(thread, () => (this.#ready.size > 0 ? this.#options.spare : 0))
  }

  ended(worker: ThreadWorker, poolStops: boolean): void {
    this.#ready.delete(worker)
    if (this.#ready.size > 0) return
    if (poolStops) this.#spares.end()
    else this.#keepSpares()
  }

  /** The next member takes one of them, if there is one soon. */
  #keepSpares(): void {
    this.#keptAt = systemClock.now()
    if (this.#spares.isAny) this.watch()
  }

  watch(): void {
    if (this.#watching) return
    this.#watching = true
    for (const worker of this.#all) if (worker.isBusy) worker.hold()
    systemClock.setTimer(systemClock.now() + LOOK_MS * NS_PER_MS, this.#look, false)
  }

  readonly #look = (): void => {
    this.#watching = false
    let isBusy = false
    for (const worker of this.#all) {
      worker.look()
      if (worker.isBusy) isBusy = true
      else if (!this.#ready.has(worker)) this.#all.delete(worker)
    }
    const isKeeping = this.#spares.isAny && this.#ready.size === 0
    if (isKeeping && systemClock.now() - this.#keptAt > KEEP_MS * NS_PER_MS) this.#spares.end()
    if (isBusy || isKeeping) this.watch()
  }

  get #loads(): readonly Load[] {
    return Array.from(this.#ready, ({ load }) => load)
  }

  /** Whether a thread has more than what it runs, and another has nothing. */
  #isUneven(): boolean {
    let isAnyFull = false
    let isAnyIdle = false
    for (const { load } of this.#ready) {
      if (load.size > 1) isAnyFull = true
      else if (load.size === 0) isAnyIdle = true
    }
    return isAnyFull && isAnyIdle
  }

  balanceLater(turn: Turn): void {
    if (this.#balancing || !this.#isUneven()) return
    this.#balancing = true
    turn.touch(this)
  }

  giveBackAll(): void {
    for (const load of this.#loads) for (const given of load.ahead()) load.giveBack(given)
  }

  run(): void {
    // Balances only when a turn ends.
  }

  rest(): void {
    this.#balancing = false
    balance(this.#loads, ({ workNs }) => workNs >= WORTH_NS)
    if (this.#kept === null) this.#lookLater()
  }

  #lookLater(): void {
    this.#kept = this.#isUneven() ? new Map(this.#loads.map((load) => [load, load.runs])) : null
    if (this.#kept === null) return
    systemClock.setTimer(systemClock.now() + STILL_MS * NS_PER_MS, this.#balanceStill, false)
  }

  readonly #balanceStill = (): void => {
    const kept = this.#kept
    balance(this.#loads, (load) => kept?.get(load) === load.runs)
    this.#lookLater()
  }
}
