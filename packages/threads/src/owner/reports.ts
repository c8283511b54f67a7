import {
  CrashedError,
  type Fault,
  type Following,
  type GenPoolError,
  InvalidError,
  type Job,
  type JobStage,
  type WorkerHost,
  type WorkerSeat,
} from '@genpool/core'
import { isGenPoolError, type Nanos } from '@genpool/runtime'
import type { Given, Ledger } from '../protocol/ledger'
import type { CommittedRun, ToOwner } from '../protocol/messages'
import { BackOffs } from './back-offs'
import { LeftCommit } from './left-commit'
import { SentAddresses } from './sent-addresses'
import { decodeError, type EncodedValue } from '../values/errors'

/** What the reports of a thread need of its worker. */
export interface ReportPorts {
  readonly host: WorkerHost
  readonly seat: WorkerSeat
  startOf(given: Given<Job>): Nanos
  ran(runNs: Nanos): void
  /** An answer has come to a reply address that the thread has sent away. */
  resolved(id: number, value: unknown): void
}

/** A call without an answer yet, and whether its run has committed a next state. */
interface Owed {
  readonly job: Job
  readonly committed: boolean
}

/** Carries out what a thread reports of its jobs. */
export class Reports {
  #isOver = false
  /** The job whose end is being reported. */
  #ending: Given<Job> | null = null
  /** The other messages of batches, by their numbers. */
  readonly #companions = new Map<number, Job>()
  /** Calls whose handlers returned without an answer, which may come later. */
  readonly #owed = new Map<number, Owed>()
  readonly #backOffs = new BackOffs()
  readonly #left = new LeftCommit()
  /** The reply addresses that were sent away: their ids in the pool's system, and their jobs. */
  #sent: SentAddresses | null = null

  constructor(
    private readonly ledger: Ledger<Job>,
    private readonly ports: ReportPorts,
  ) {}

  /** Whether the thread still runs a job, or has one that it may begin. */
  get isRunning(): boolean {
    return this.ledger.size > (this.#ending === null ? 0 : 1)
  }

  get isOwed(): boolean {
    return this.#owed.size > 0
  }

  companion(job: Job, id: number): { readonly job: Job; readonly id: number } {
    this.#companions.set(id, job)
    return { job, id }
  }

  /** A job has begun. Reported once. */
  began(given: Given<Job>, at: Nanos): void {
    if (given.reported) return
    given.reported = true
    if (!given.attempted) given.startBefore = this.ports.startOf(given)
    this.ports.host.progress.began(given.job, at)
  }

  /** It was not given back: the thread has begun it. */
  kept(job: Job): void {
    const given = this.ledger.of(job)
    if (given !== undefined && !given.reported) this.#begins(given)
  }

  /** @param outlives whether the state is still there if the thread dies */
  stageOf(job: Job, outlives: boolean): JobStage {
    const given = this.ledger.of(job)
    if (given === undefined) return 'over'
    if (outlives && this.ledger.hasCommitted(given)) return 'committed'
    const running = this.#running
    return this.ledger.isDecided(given) || (running !== undefined && running !== given) ? 'over' : 'runs'
  }

  /** The job whose handler runs. A thread runs one after another, so that all that began before are over. */
  get #running(): Given<Job> | undefined {
    const { startOf } = this.ports
    let last: Given<Job> | undefined
    for (const given of this.ledger.all) {
      if (this.#hasStarted(given) && (last === undefined || startOf(given) >= startOf(last))) last = given
    }
    return last
  }

  /** A job whose memory was moved has begun for everybody else when it is given. */
  #hasStarted(given: Given<Job>): boolean {
    return this.ledger.hasBegun(given) && this.ports.startOf(given) !== given.startBefore
  }

  /** From now on nothing is reported. */
  end(): void {
    this.#isOver = true
  }

  /** Returns whether the message was about a job. */
  take(message: ToOwner): boolean {
    switch (message[0]) {
      case 'answered':
        this.#jobOf(message[1])?.succeed(message[2], message[3])
        return true
      case 'failedAlone':
        this.#fail(message[1], message[2])
        return true
      case 'unanswerable':
        this.#unanswerable(message[1], message[2])
        return true
      case 'progress':
        this.#jobOf(message[1])?.progress(message[2])
        return true
      case 'opened':
        this.#open(message[1])
        return true
      case 'backOff':
        this.#backOffs.hold(this.#jobOf(message[1]), message)
        return true
      case 'again':
        this.#ends(message[1], message[2], ({ job }, runNs) =>
          this.ports.host.failed(job, this.#backOffs.causeOf(job), runNs),
        )
        return true
      case 'returned':
        this.#returned(message[1])
        return true
      case 'done':
        this.#done(message[1], message[2], message[3])
        return true
      case 'crashed':
        this.#ends(message[1], message[3], ({ job }, runNs) =>
          this.ports.host.failed(job, decodeError(message[2]), runNs),
        )
        return true
      case 'refused':
        this.#ends(message[1], message[3], ({ job }, runNs) =>
          this.ports.host.refused(job, decodeError(message[2]), runNs),
        )
        return true
      default:
        return false
    }
  }

  /**
   * The thread is gone. Returns the jobs that had begun.
   *
   * @param outlived whether the state is still there, with what they committed
   * @param written the job whose commit is being written
   */
  died(cause: unknown, outlived: boolean, written?: number): readonly Job[] {
    const begun = this.ledger.died()
    if (outlived) for (const given of begun) this.#lostAnswer(given, cause, given.id === written)
    for (const given of begun) this.#begins(given)
    this.#isOver = true
    for (const { job, committed } of this.#owed.values()) job.fail(this.#crash(job, cause, committed))
    this.#owed.clear()
    this.#sweep()
    return begun.map(({ job }) => job)
  }

  /** It was committed, or may be, and its answer is gone with the thread. */
  #lostAnswer(given: Given<Job>, cause: unknown, isWritten: boolean): void {
    if (!this.ledger.hasCommitted(given)) return
    this.#begins(given)
    if (isWritten) this.#left.keep(runOf(given), (job) => this.#crash(job, cause, 'maybe'))
    else for (const job of runOf(given)) job.fail(this.#crash(job, cause, true))
  }

  /** Reports what runs now, and forgets what is settled. That others before it had begun is told with their ends. */
  look(): void {
    const running = this.#running
    if (running !== undefined) this.#begins(running)
    this.#sweep()
  }

  #sweep(): void {
    for (const [id, { job }] of this.#owed) if (job.outcome !== null) this.#owed.delete(id)
    this.#sent?.sweep()
  }

  #jobOf(id: number): Job | undefined {
    // What had not ended then may run elsewhere by now.
    if (this.#isOver) return this.#owed.get(id)?.job
    const given = this.ledger.byId(id)
    if (given !== undefined) this.#begins(given)
    return given?.job ?? this.#companions.get(id) ?? this.#owed.get(id)?.job
  }

  #begins(given: Given<Job>): void {
    if (given.attempted || this.#isOver) return
    given.attempted = true
    this.began(given, this.ports.startOf(given))
    this.ports.host.progress.attempted(given.job, { number: 1, exclusive: false })
  }

  /** The commit of a run to the shared state is done: what came with it need not wait for the thread. */
  committed({ job, answer, fault, ranNs }: CommittedRun): void {
    if (fault !== undefined) this.#unanswerable(job, fault)
    else if (answer !== undefined) this.#jobOf(job)?.succeed(answer.value, true)
    else this.#castCommitted(job)
    this.#left.committed()
    if (ranNs >= 0) this.#done(job, null, ranNs)
  }

  #castCommitted(id: number): void {
    const given = this.ledger.byId(id)
    if (given?.job.kind !== 'cast') return
    this.#begins(given)
    for (const job of runOf(given)) job.succeed(undefined, false)
  }

  /** The commit of a run comes to nothing, and its member has ended or its thread is gone: nobody else tells those that wait for it. */
  commitLost({ job: id }: CommittedRun, error: unknown): void {
    const given = this.ledger.byId(id)
    if (given !== undefined) this.#left.keep(runOf(given), (job) => this.#crash(job, error, false))
    this.#left.lost(error, (job) => this.#crash(job, error, false))
  }

  #done(id: number, then: Following | null, ranNs: Nanos): void {
    this.#ends(id, ranNs, (given, runNs) => {
      this.#owes(given)
      this.ports.host.done(given.job, then ?? undefined, runNs, 1)
    })
  }

  #unanswerable(id: number, fault: Fault): void {
    const job = this.#jobOf(id)
    if (job === undefined) return
    const committed = this.#hasCommitted(id)
    const what = `answer of the handler "${job.handler.type}"`
    const error = new InvalidError(what, [fault], undefined, committed ? 'the state was committed before' : undefined)
    job.fail(this.#crash(job, error, committed))
  }

  /** Whether the run of a message has committed a next state. */
  #hasCommitted(id: number): boolean {
    const owed = this.#owed.get(id)
    if (owed !== undefined) return owed.committed
    const given = this.ledger.byId(id) ?? [...this.ledger.all].find(({ companions }) => companions.includes(id))
    return given !== undefined && this.ledger.hasCommitted(given)
  }

  #returned(id: number): void {
    const given = this.ledger.byId(id)
    if (given === undefined || this.#isOver) return
    for (const each of given.companions) this.#companions.delete(each)
    this.ledger.end(given)
    this.ports.host.returned(given.job)
  }

  #ends(id: number, runNs: Nanos, report: (given: Given<Job>, runNs: Nanos) => void): void {
    const given = this.ledger.byId(id)
    if (given === undefined || this.#isOver) return
    this.#begins(given)
    this.ports.ran(runNs)
    this.#ending = given
    report(given, runNs)
    this.#ending = null
    for (const each of given.companions) this.#companions.delete(each)
    this.ledger.end(given)
  }

  /** What its handler has not answered may be answered later. */
  #owes(given: Given<Job>): void {
    const committed = this.ledger.hasCommitted(given)
    const owes = (job: Job | undefined, id: number): void => {
      if (job?.expectsAnswer !== true || job.outcome !== null) return
      if (committed) job.committed?.()
      this.#owed.set(id, { job, committed })
    }
    owes(given.job, given.id)
    for (const each of given.companions) owes(this.#companions.get(each), each)
  }

  #fail(id: number, encoded: EncodedValue): void {
    const job = this.#jobOf(id)
    const error = decodeError(encoded)
    job?.fail(isGenPoolError(error) ? error : this.#crash(job, error, false))
  }

  #crash(job: Job, cause: unknown, committed: boolean | 'maybe'): GenPoolError {
    const { facts, info } = this.ports.seat
    return new CrashedError(facts.name, info.name, job.handler.type, cause, committed)
  }

  #open(id: number): void {
    const job = this.#jobOf(id)
    if (job === undefined) return
    this.#sent ??= new SentAddresses(this.ports.seat, this.ports.resolved)
    this.#sent.open(id, job)
  }
}

/** The jobs of one run: of a batch, all its messages. */
function runOf({ job }: Given<Job>): readonly Job[] {
  return [job, ...(job.companions ?? [])]
}
