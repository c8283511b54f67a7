import type { Eventually, Job, JobStage, Started, Worker, WorkerHost, WorkerSeat } from '@genpool/core'
import { clockOffset, isGenPoolError, type Nanos, readSafely, systemClock, Turn } from '@genpool/runtime'
import type { ToOwner, ToThread } from '../protocol/messages'
import { Ledger } from '../protocol/ledger'
import { encodeError, isError } from '../values/errors'
import { Endings } from './endings'
import { FollowedState } from './followed-state'
import { Giving } from './giving'
import { messageOfLeaver } from './leaver'
import { Load } from './load'
import { MainCalls } from './main-calls'
import { MovingDeadlines } from './moving-deadlines'
import { Posting } from './posting'
import { Reports } from './reports'
import { RunStarts } from './run-starts'
import { RunTimes } from './run-times'
import { setupOf } from './setup'
import { Starting } from './starting'
import type { Thread, ThreadListener } from './thread'
import type { Threads } from './threads'
import { TooLate } from './too-late'

/** The work of one member, in a thread. */
export class ThreadWorker implements Worker, ThreadListener {
  readonly commits = false
  readonly state = undefined
  readonly load: Load
  readonly #thread: Thread
  readonly #ledger: Ledger<Job>
  readonly #posting: Posting
  readonly #giving: Giving
  readonly #deadlines: MovingDeadlines
  readonly #calls: MainCalls
  readonly #starts: RunStarts
  readonly #reports: Reports
  readonly #runTimes: RunTimes
  readonly #endings: Endings
  readonly #starting: Starting
  readonly #tooLate: TooLate
  readonly #isReal: boolean
  /** Null if each member has a state of its own. */
  readonly #state: FollowedState | null

  constructor(
    private readonly threads: Threads<ThreadWorker>,
    private readonly seat: WorkerSeat,
    private readonly host: WorkerHost,
  ) {
    const thread = (this.#thread = threads.take())
    this.#isReal = seat.turn === Turn.of(systemClock)
    this.#ledger = new Ledger(thread.words, () => ++thread.lastId)
    this.#posting = new Posting(
      thread,
      (id, reason) => this.#giving.refuse(id, reason),
      () => this.#state?.link ?? null,
    )
    this.#calls = new MainCalls(seat.facts.log as object | undefined, (message) => this.#posting.add(message))
    this.#runTimes = new RunTimes(threads.prefetch)
    this.load = new Load(this.#ledger, this.#runTimes, host)
    this.#starts = new RunStarts(this.#ledger, host, {
      startOf: ({ place }) => thread.words.startOf(place),
      now: () => seat.turn.refresh(),
    })
    this.#reports = new Reports(this.#ledger, this.#starts, {
      host,
      seat,
      ran: (runNs) => this.#runTimes.ran(runNs),
      isWriting: (job) => this.isWriting(job),
      backedOff: () => {
        threads.giveBackAll()
        this.#posting.add(['backedOff'])
      },
      resolved: (id, kept) => this.#posting.add(['resolved', id, kept]),
    })
    this.#tooLate = new TooLate(this.#ledger, () => systemClock.now())
    this.#deadlines = new MovingDeadlines(this.#ledger, thread.words, this.#isReal)
    this.#giving = new Giving(seat, host, {
      ledger: this.#ledger,
      posting: this.#posting,
      starts: this.#starts,
      reports: this.#reports,
      deadlines: this.#deadlines,
      isReal: this.#isReal,
      waited: (ns) => this.#runTimes.waited(ns),
    })
    this.#endings = new Endings(thread)
    this.#starting = new Starting(thread, this.#endings, {
      loaded: (manifest) => threads.learn(manifest),
      begin: () => this.#begin(),
      ready: () => threads.ready(this, seat.turn),
      died: (cause) => host.died(cause, []),
      givenUp: () => this.#leaveState(),
    })
    const parts = { ledger: this.#ledger, reports: this.#reports, posting: this.#posting, waiting: thread.waiting }
    this.#state = seat.cell === undefined ? null : new FollowedState(threads.sharedState(seat.cell), parts)
  }

  get depth(): number {
    return this.#runTimes.depth
  }

  get heapMb(): number {
    return this.#thread.words.heapBytes / 2 ** 20
  }

  /** Whether it has jobs, or answers are owed by it. */
  get isBusy(): boolean {
    return this.#ledger.size > 0 || this.#starting.isUnderWay || this.#endings.isUnderWay || this.#reports.isOwed
  }

  start(): Promise<Started> {
    this.threads.watch()
    return this.#starting.start()
  }

  #begin(): void {
    this.#thread.listen(this)
    const offset = clockOffset(this.#isReal ? systemClock.now() : this.seat.turn.refresh())
    this.#posting.first([['start', setupOf(this.seat, offset)]])
  }

  give(job: Job): void {
    this.#giving.give(job)
    this.#thread.hold(true)
    this.threads.watch()
    if (this.#ledger.size > 1 && this.threads.hasOthers) this.threads.balanceLater(this.seat.turn)
  }

  revoke(job: Job): boolean {
    if (this.#ledger.revoke(job)) return true
    this.#starts.kept(job)
    return false
  }

  stageOf(job: Job): JobStage {
    return this.#starts.stageOf(job, this.seat.cell !== undefined)
  }

  giveUp(job: Job): boolean {
    // The store may take long: its caller is told that nobody knows yet whether the commit counts.
    return this.#ledger.giveUp(job) || this.isWriting(job) || this.#tooLate.giveUp(job)
  }

  leave(job: Job): boolean {
    const message = messageOfLeaver(this.#ledger, job)
    if (message !== undefined) this.#posting.add(message)
    this.#deadlines.left(job)
    return false
  }

  deadlineMoved(job: Job): void {
    this.#deadlines.moved(job)
  }

  isWriting(job: Job): boolean {
    return this.#state?.isWriting(job) === true
  }

  cancel(job: Job, reason: unknown): void {
    const given = this.#ledger.of(job)
    if (given === undefined) return
    this.#posting.add(['cancel', given.id, encodeError(reason)])
    if (!isGenPoolError(reason, 'ERR_GENPOOL_STOPPED')) return
    // A loop hears nothing, and looks at the memory that both share.
    this.#thread.words.stop()
    this.#ledger.cancel(job)
    this.#endings.endRunSoon()
  }

  holdsAnswersOf(): boolean {
    return false
  }

  startOf(job: Job): Nanos | null {
    const given = this.#ledger.of(job)
    return given !== undefined && this.#starts.isCalled(given) ? this.#thread.words.startOf(given.place) : null
  }

  end(reason: unknown): Eventually<void> {
    const isCrash = this.#reports.isCrash(reason)
    const poolStops = reason === 'shutdown' && !isCrash
    this.threads.ended(this, poolStops)
    this.threads.watch()
    const { isRunning } = this.#reports
    for (const { job } of [...this.#ledger.all]) this.#ledger.giveUp(job)
    this.#starts.end()
    try {
      if (this.#state !== null && !this.#thread.isGone) this.#posting.first([])
    } catch (error) {
      this.#thread.endFor(error as Error)
    }
    this.#leaveState()
    const post = (message: ToThread): void => this.#posting.add(message)
    // The handler failed, and the thread did not: another member can have it.
    if ((isCrash || isError(reason)) && !isRunning && !this.#thread.isGone && !this.#reports.isOwed) {
      this.threads.keep(this.#thread)
      return this.#endings.leave(post, reason)
    }
    return this.#endings.end(post, { reason, poolStops, isRunning })
  }

  #leaveState(): void {
    this.#state?.leave((shared) => this.threads.leaveState(shared))
  }

  hurry(): void {
    this.#endings.hurry()
  }

  unwanted(): void {
    if (this.#starting.leave()) this.threads.leftLoading(this.#thread)
    else this.hurry()
  }

  // --- what the thread says ---

  hear(messages: readonly ToOwner[]): void {
    this.seat.turn.refresh()
    for (const message of messages) {
      if (this.#reports.take(message) || this.#calls.take(message)) continue
      this.#heard(message)
    }
    if (this.#ledger.size > 0) this.#thread.waiting.begin()
    else this.#idles()
  }

  #heard(message: ToOwner): void {
    if (message[0] === 'started') this.#starting.started(message[1])
    else if (message[0] === 'notStarted') this.#starting.notStarted(message[1])
    else if (message[0] === 'ended') this.#endings.ended(message[1])
    else if (message[0] === 'cell') this.#state?.link?.receive(message[1])
  }

  unread(message: ToThread): void {
    if (message[0] === 'job') this.#giving.refuseUnread(message[2].id)
    else this.#posting.unsent(message, 'the thread cannot read it')
  }

  died(cause: unknown): void {
    this.threads.ended(this, false)
    this.#starting.died(cause)
    this.#endings.died()
    this.#leaveState()
    const why = this.#endings.hasEnded ? new Error(ENDED_FIRST) : cause
    const received = ranOutOfMemory(cause) ? this.#giving.unread(this.#thread.unread) : []
    const begun = this.#reports.died(why, this.seat.cell !== undefined, this.#state?.written)
    if (!this.#endings.isEnding) this.host.died(cause, begun, received)
  }

  // --- looked at now and then ---

  /** Reports what has begun since, for those who watch how long it runs. Lets the process end if nothing is under way. */
  look(): void {
    this.#starts.look()
    this.#reports.sweep()
    this.#tooLate.look()
    this.#thread.hold(this.isBusy)
    if (this.#ledger.size === 0) this.#idles()
  }

  /** The thread has nothing: it could take work of others. */
  #idles(): void {
    this.#thread.waiting.end()
    if (this.threads.hasOthers) this.threads.balanceLater(this.seat.turn)
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

/** A message that is too large for the heap ends a thread as it is received, before anything is heard of it. */
function ranOutOfMemory(cause: unknown): boolean {
  return readSafely(() => (cause as { code?: unknown }).code, undefined) === 'ERR_WORKER_OUT_OF_MEMORY'
}

/** Said of a message that nobody can answer any more, though nothing has gone wrong. */
const ENDED_FIRST =
  'its member ended before it was answered, and its thread with it, so that nothing in it can answer any more. Answer with ' +
  'halt(reason, { reply }), or before the member ends'
