import type { Eventually, Job, JobStage, Started, Worker, WorkerHost, WorkerSeat } from '@genpool/core'
import type { Cell } from '@genpool/state-ane'
import { clockOffset, isGenPoolError, type Nanos, systemClock, Turn } from '@genpool/runtime'
import type { ToOwner, ToThread } from '../protocol/messages'
import { type Given, Ledger } from '../protocol/ledger'
import { isCloneable } from '../values/cloneable'
import { decodeError } from '../values/errors'
import { Endings } from './endings'
import { Giving } from './giving'
import { linkTo } from './linking'
import { MainCalls } from './main-calls'
import { Posting } from './posting'
import { Reports } from './reports'
import { RunTimes } from './run-times'
import { setupOf } from './setup'
import { type SharedState } from './shared-state'
import { type StateLink, unsendable } from './state-link'
import { type Thread, type ThreadListener, UnusableModule } from './thread'

/** What the threads of one pool have in common. */
export interface Threads {
  readonly prefetch: number | 'auto'
  /** A thread that loads or has loaded the module. */
  take(): Thread
  /** A thread that its member leaves is there for the next one. */
  keep(thread: Thread): void
  /** Something is under way: looks after it until all is done. */
  watch(): void
  /** Work may have to move to a thread that has none. */
  balanceLater(turn: Turn): void
  /** Whether another thread could take work. */
  readonly hasOthers: boolean
  ready(worker: ThreadWorker, turn: Turn): void
  ended(worker: ThreadWorker): void
  learn(manifest: Awaited<Thread['loaded']>): void
  /** The state that all members share. */
  sharedState(cell: Cell<unknown>): SharedState
  /** Nobody follows it any more. */
  leaveState(shared: SharedState): void
}

/** The work of one member, in a thread. */
export class ThreadWorker implements Worker, ThreadListener {
  readonly commits = false
  readonly state = undefined
  readonly #thread: Thread
  readonly #ledger: Ledger<Job>
  readonly #posting: Posting
  readonly #giving: Giving
  readonly #calls: MainCalls
  readonly #reports: Reports
  readonly #runTimes: RunTimes
  readonly #endings: Endings
  readonly #isReal: boolean
  /** Null if each member has a state of its own. */
  #link: StateLink | null = null
  /** The same, and after the end, too: its last commit may still be written then. */
  #lastLink: StateLink | null = null
  #started: { resolve(started: Started): void; reject(error: unknown): void } | null = null

  constructor(
    private readonly threads: Threads,
    private readonly seat: WorkerSeat,
    private readonly host: WorkerHost,
  ) {
    const thread = (this.#thread = threads.take())
    this.#isReal = seat.turn === Turn.of(systemClock)
    this.#ledger = new Ledger(thread.words, () => ++thread.lastId)
    this.#posting = new Posting(
      thread,
      (id) => this.#giving.refuse(id),
      () => this.#link,
    )
    this.#calls = new MainCalls(seat.facts.log as object | undefined, (message) => this.#posting.add(message))
    this.#runTimes = new RunTimes(threads.prefetch)
    this.#reports = new Reports(this.#ledger, {
      host,
      seat,
      startOf: (given) => thread.words.startOf(given.place),
      ran: (runNs) => this.#runTimes.ran(runNs),
      resolved: (id, value) => this.#posting.add(['resolved', id, value]),
    })
    this.#giving = new Giving(seat, host, {
      ledger: this.#ledger,
      posting: this.#posting,
      reports: this.#reports,
      runTimes: this.#runTimes,
      isReal: this.#isReal,
    })
    this.#endings = new Endings(thread)
    if (seat.cell !== undefined) {
      const parts = { ledger: this.#ledger, reports: this.#reports, posting: this.#posting }
      this.#link = this.#lastLink = linkTo(threads.sharedState(seat.cell), parts)
    }
  }

  #unlink(): void {
    const link = this.#link
    if (link === null) return
    this.#link = null
    if (link.close()) this.threads.leaveState(link.shared)
  }

  get depth(): number {
    return this.#runTimes.depth
  }

  get heapMb(): number {
    return this.#thread.words.heapBytes / 2 ** 20
  }

  /** How many jobs it has. */
  get load(): number {
    return this.#ledger.size
  }

  /** How many messages have run. */
  get runs(): number {
    return this.#runTimes.count
  }

  /** How long its jobs take, most likely. */
  get workNs(): Nanos {
    return this.#runTimes.of(this.#ledger.size)
  }

  /** Whether it has jobs, or answers are owed by it. */
  get isBusy(): boolean {
    return this.#ledger.size > 0 || this.#started !== null || this.#endings.isUnderWay || this.#reports.isOwed
  }

  async start(): Promise<Started> {
    const thread = this.#thread
    this.threads.watch()
    const started = new Promise<Started>((resolve, reject) => (this.#started = { resolve, reject }))
    started.catch(() => undefined)
    thread.hold(true)
    try {
      this.threads.learn(await thread.loaded)
      await thread.free
      if (thread.isGone) throw new Error('its thread has ended before it could start')
      if (this.#endings.isHurried) throw new Error('nobody waits for its start any longer')
      thread.listen(this)
      const offset = clockOffset(this.#isReal ? systemClock.now() : this.seat.turn.refresh())
      this.#post([['start', setupOf(this.seat, offset)]])
      const result = await started
      if (result.kind === 'ready' || result.kind === 'continue') this.threads.ready(this, this.seat.turn)
      else this.#endings.kill()
      return result
    } catch (error) {
      this.#endings.kill()
      if (error instanceof UnusableModule) return { kind: 'refuse', reason: error.error }
      throw error
    } finally {
      this.#started = null
    }
  }

  /** Sends what it should do, and the state as it is now. @throws {InvalidError} if that cannot be sent */
  #post(messages: readonly ToThread[]): void {
    const state = this.#link?.take() ?? []
    try {
      this.#thread.post([...messages, ...state])
    } catch (error) {
      const wrong = state.find((message) => message[0] === 'state' && !isCloneable(message[1]))
      throw wrong?.[0] === 'state' ? unsendable(wrong[1]) : error
    }
  }

  give(job: Job): void {
    this.#giving.give(job)
    this.#thread.hold(true)
    this.threads.watch()
    if (this.#ledger.size > 1 && this.threads.hasOthers) this.threads.balanceLater(this.seat.turn)
  }

  revoke(job: Job): boolean {
    if (this.#ledger.revoke(job)) return true
    this.#reports.kept(job)
    return false
  }

  stageOf(job: Job): JobStage {
    return this.#reports.stageOf(job, this.seat.cell !== undefined)
  }

  giveUp(job: Job): boolean {
    // A batch goes on while somebody waits for it.
    if (job.companions?.some(({ outcome }) => outcome === null) === true) return true
    // The store may take long: its caller is told that nobody knows yet whether the commit counts.
    return this.#ledger.giveUp(job) || this.isWriting(job)
  }

  isWriting(job: Job): boolean {
    const written = this.#lastLink?.written
    const given = written === undefined ? undefined : this.#ledger.byId(written)
    if (given === undefined || !this.#ledger.hasCommitted(given)) return false
    return given.job === job || given.job.companions?.includes(job) === true
  }

  cancel(job: Job, reason: unknown): void {
    const given = this.#ledger.of(job)
    if (given === undefined) return
    this.#posting.add(['cancel', given.id])
    // Nobody waits for a pool that stops: its threads are not waited for without end.
    if (isGenPoolError(reason, 'ERR_GENPOOL_STOPPED')) this.#endings.killSoon()
  }

  holdsAnswersOf(): boolean {
    return false
  }

  startOf(job: Job): Nanos | null {
    const given = this.#ledger.of(job)
    return given !== undefined && this.#ledger.hasBegun(given) ? this.#thread.words.startOf(given.place) : null
  }

  end(reason: unknown): Eventually<void> {
    this.threads.ended(this)
    this.threads.watch()
    const { isRunning } = this.#reports
    for (const { job } of this.#ledger.all) this.#ledger.giveUp(job)
    this.#reports.end()
    try {
      if (this.#link !== null && !this.#thread.isGone) this.#post([])
    } catch (error) {
      this.#thread.endFor(error as Error)
    }
    this.#unlink()
    const sent = isCloneable(reason) ? reason : String(reason)
    // The handler failed, and the thread did not: another member can have it.
    if (reason instanceof Error && !isRunning && !this.#thread.isGone && !this.#reports.isOwed) {
      this.threads.keep(this.#thread)
      return this.#endings.leave((message) => this.#posting.add(message), sent)
    }
    return this.#endings.end((messages) => this.#posting.add(messages), sent, isRunning)
  }

  hurry(): void {
    this.#endings.hurry()
  }

  // --- what the thread says ---

  hear(messages: readonly ToOwner[]): void {
    this.seat.turn.refresh()
    for (const message of messages) {
      if (this.#reports.take(message) || this.#calls.take(message)) continue
      this.#heard(message)
    }
    if (this.#ledger.size > 0) return this.#thread.waiting.begin()
    this.#thread.waiting.end()
    if (this.threads.hasOthers) this.threads.balanceLater(this.seat.turn)
  }

  #heard(message: ToOwner): void {
    if (message[0] === 'started') this.#started?.resolve(message[1])
    else if (message[0] === 'notStarted') this.#started?.reject(decodeError(message[1]))
    else if (message[0] === 'ended') this.#endings.ended(message[1])
    else if (message[0] === 'cell') this.#link?.receive(message[1])
  }

  died(cause: unknown): void {
    this.threads.ended(this)
    this.#started?.reject(cause)
    this.#endings.died()
    this.#unlink()
    const begun = this.#reports.died(cause, this.seat.cell !== undefined, this.#lastLink?.written)
    if (!this.#endings.isEnding) this.host.died(cause, begun)
  }

  // --- looked at now and then ---

  /** Reports what has begun since, for those who watch how long it runs. Lets the process end if nothing is under way. */
  look(): void {
    this.#reports.look()
    this.#thread.hold(this.isBusy)
    if (this.#ledger.size > 0) return
    this.#thread.waiting.end()
    if (this.threads.hasOthers) this.threads.balanceLater(this.seat.turn)
  }

  /** The jobs that have not begun, the last one first. */
  *ahead(): Iterable<Given<Job>> {
    for (const given of [...this.#ledger.all].reverse()) if (!this.#ledger.hasBegun(given)) yield given
  }

  /** Gives a job back, unless it has begun. */
  giveBack(given: Given<Job>): void {
    if (!this.#ledger.revoke(given.job)) return
    // Before its member looks for something else, which may be the same job.
    this.#runTimes.gaveBack(this.load)
    this.host.returned(given.job)
  }

  /** Ends the thread whatever it does, as if it had died. Returns false if it runs nothing. */
  kill(): boolean {
    const { first } = this.#ledger
    if (first === undefined || !this.#ledger.hasBegun(first)) return false
    void this.#thread.kill()
    return true
  }

  hold(): void {
    this.#thread.hold(true)
  }
}
