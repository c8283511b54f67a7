import {
  CrashedError,
  type Fault,
  type Following,
  type GenPoolError,
  InvalidError,
  type Job,
  type WorkerHost,
  type WorkerSeat,
} from '@genpool/core'
import { COMMITTED_BEFORE, isGenPoolError, type Nanos } from '@genpool/runtime'
import type { Given, Ledger } from '../protocol/ledger'
import type { CommittedRun, ToOwner } from '../protocol/messages'
import { BackOffs } from './back-offs'
import { LeftCommits } from './left-commits'
import { OwedAnswers } from './owed-answers'
import type { RunStarts } from './run-starts'
import { SentAddresses } from './sent-addresses'
import { runOf } from './too-late'
import { decodeError, type EncodedValue } from '../values/errors'

/** What the reports of a thread need of its worker. */
export interface ReportPorts {
  readonly host: WorkerHost
  readonly seat: WorkerSeat
  ran(runNs: Nanos): void
  /** Whether the commit of a job is being written. */
  isWriting(job: Job): boolean
  /** The pool holds its queue back: what the threads have not begun waits there. */
  backedOff(): void
  /** An answer has come to a reply address that the thread has sent away. It is kept here. */
  resolved(id: number, kept: number): void
}

/** Carries out what a thread reports of its jobs. */
export class Reports {
  /** The job whose end is being reported. */
  #ending: Given<Job> | null = null
  /** What the last handler that failed has thrown; null if none has. */
  #thrown: { readonly cause: unknown } | null = null
  /** The other messages of batches, by their numbers. */
  readonly #companions = new Map<number, Job>()
  readonly #owed = new OwedAnswers()
  readonly #backOffs = new BackOffs()
  readonly #left = new LeftCommits()
  /** The reply addresses that were sent away: their ids in the pool's system, and their jobs. */
  #sent: SentAddresses | null = null

  constructor(
    private readonly ledger: Ledger<Job>,
    private readonly starts: RunStarts,
    private readonly ports: ReportPorts,
  ) {}

  /** Whether the thread still runs a job, or has one that it may begin. */
  get isRunning(): boolean {
    return this.ledger.size > (this.#ending === null ? 0 : 1)
  }

  get isOwed(): boolean {
    return !this.#owed.isEmpty
  }

  companion(job: Job, id: number): { readonly job: Job; readonly id: number } {
    this.#companions.set(id, job)
    return { job, id }
  }

  /** Returns whether the message was about a job. */
  take(message: ToOwner): boolean {
    switch (message[0]) {
      case 'answered':
        this.#answered(message[1], message[2], message[3])
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
        this.ports.backedOff()
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
        this.#crashed(message[1], decodeError(message[2]), message[3])
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
   * @param written the jobs whose commits are being written
   */
  died(cause: unknown, outlived: boolean, written: readonly number[] = []): readonly Job[] {
    const begun = this.ledger.died()
    if (outlived) for (const given of begun) this.#lostAnswer(given, cause, written.includes(given.id))
    for (const given of begun) this.starts.called(given)
    this.starts.end()
    this.#owed.fail((job, committed) => this.#crash(job, cause, committed))
    this.sweep()
    return begun.map(({ job }) => job)
  }

  /** It was committed, or may be, and its answer is gone with the thread. */
  #lostAnswer(given: Given<Job>, cause: unknown, isWritten: boolean): void {
    if (!this.ledger.hasCommitted(given)) return
    this.starts.called(given)
    if (isWritten) this.#left.keep(given.id, runOf(given), (job) => this.#crash(job, cause, 'maybe'))
    else for (const job of runOf(given)) job.fail(this.#crash(job, cause, true))
  }

  /** Forgets what is settled. */
  sweep(): void {
    this.#owed.sweep()
    this.#sent?.sweep()
    // Those of a batch that was taken back.
    for (const [id, { outcome }] of this.#companions) if (outcome !== null) this.#companions.delete(id)
  }

  /** Whether a handler of the member has thrown this. Anything can be thrown, also what other reasons to end a member look like. */
  isCrash(reason: unknown): boolean {
    return this.#thrown !== null && Object.is(this.#thrown.cause, reason)
  }

  #crashed(id: number, cause: unknown, ranNs: Nanos): void {
    this.#ends(id, ranNs, ({ job }, runNs) => {
      this.#thrown = { cause }
      this.ports.host.failed(job, cause, runNs)
    })
  }

  #jobOf(id: number): Job | undefined {
    // What had not ended then may run elsewhere by now.
    if (this.starts.isOver) return this.#owed.jobOf(id)
    const given = this.ledger.byId(id)
    if (given !== undefined) this.starts.called(given)
    return given?.job ?? this.#companions.get(id) ?? this.#owed.jobOf(id)
  }

  /** The commit of a run to the shared state is done: what came with it need not wait for the thread. */
  committed({ job, answer, fault, ranNs }: CommittedRun): void {
    if (fault !== undefined) this.#unanswerable(job, fault)
    else if (answer !== undefined) this.#answered(job, answer.value, answer.kept ?? true)
    else this.#castCommitted(job)
    this.#left.committed(job)
    if (ranNs >= 0) this.#done(job, null, ranNs)
  }

  #castCommitted(id: number): void {
    const given = this.ledger.byId(id)
    if (given?.job.kind !== 'cast') return
    this.starts.called(given)
    for (const job of runOf(given)) job.succeed(undefined, false)
  }

  /** The commit of a run comes to nothing, and its member has ended or its thread is gone: nobody else tells those that wait for it. */
  commitLost({ job: id }: CommittedRun, error: unknown): void {
    const given = this.ledger.byId(id)
    if (given !== undefined) this.#left.keep(id, runOf(given), (job) => this.#crash(job, error, false))
    this.#left.lost(id, error, (job) => this.#crash(job, error, false))
  }

  #done(id: number, then: Following | null, ranNs: Nanos): void {
    this.#ends(id, ranNs, (given, runNs) => {
      this.#owes(given)
      this.ports.host.done(given.job, then ?? undefined, runNs, 1)
    })
  }

  #answered(id: number, value: unknown, answered: boolean | number): void {
    const job = this.#jobOf(id)
    if (job === undefined) return
    if (typeof answered === 'boolean') job.succeed(value, answered)
    else this.#sent?.answer(job, answered, (error) => this.#crash(job, error, this.#hasCommitted(id)))
  }

  #unanswerable(id: number, fault: Fault): void {
    const job = this.#jobOf(id)
    if (job === undefined) return
    const committed = this.#hasCommitted(id)
    const what = `answer of the handler "${job.handler.type}"`
    const error = new InvalidError(what, [fault], undefined, committed ? COMMITTED_BEFORE : undefined)
    job.fail(this.#crash(job, error, committed))
  }

  /** Whether the run of a message has committed a next state. */
  #hasCommitted(id: number): boolean {
    const committed = this.#owed.hasCommitted(id)
    if (committed !== undefined) return committed
    const given = this.ledger.byId(id) ?? [...this.ledger.all].find(({ companions }) => companions.includes(id))
    return given !== undefined && this.ledger.hasCommitted(given)
  }

  #returned(id: number): void {
    const given = this.ledger.byId(id)
    if (given === undefined || this.starts.isOver) return
    for (const each of given.companions) this.#companions.delete(each)
    this.ledger.end(given)
    this.ports.host.returned(given.job)
  }

  #ends(id: number, runNs: Nanos, report: (given: Given<Job>, runNs: Nanos) => void): void {
    const given = this.ledger.byId(id)
    if (given === undefined || this.starts.isOver) return
    this.starts.called(given)
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
    this.#owed.owes(given.id, given.job, committed)
    for (const each of given.companions) {
      const companion = this.#companions.get(each)
      if (companion !== undefined) this.#owed.owes(each, companion, committed)
    }
  }

  #fail(id: number, encoded: EncodedValue): void {
    const job = this.#jobOf(id)
    if (job === undefined) return
    const error = decodeError(encoded)
    const committed = this.ports.isWriting(job) ? 'maybe' : this.#hasCommitted(id)
    if (!isGenPoolError(error)) job.fail(this.#crash(job, error, committed))
    // A thread knows all of a state of its own.
    else if (this.ports.seat.cell === undefined) job.fail(error)
    else job.fail(saysTooLittle(error, committed) ? this.#crash(job, error.cause, committed) : error)
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

/** Whether the thread did not know yet, when it failed a call, what became of the commit. */
function saysTooLittle(error: GenPoolError, committed: boolean | 'maybe'): boolean {
  return committed !== false && isGenPoolError(error, 'ERR_GENPOOL_CRASHED') && !(error as CrashedError).mayBeCommitted
}
