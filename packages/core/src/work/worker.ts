import type { CastRow, Casts } from '../requests/cast-row'
import type { GenPoolError, Nanos, Reference, Turn } from '@genpool/runtime'
import type { Cell } from '@genpool/state-ane'
import type { Delivery, MemberInfo } from '../behaviours/context'
import type { Eventually } from '../behaviours/eventually'
import type { Handler } from '../behaviours/handler'
import type { PoolFacts } from '../behaviours/pool-facts'
import type { BackOffOptions } from '../behaviours/run-again'
import type { Following, Step } from '../behaviours/step'
import type { RequestKind } from '../requests/outcome'
import type { SpanAttributes } from '../requests/scope'
import type { StateOptions } from './state-options'

/** The asynchronous context of a job's caller. */
export interface JobScope {
  within<T>(work: () => T): T
  /** The attributes of the spans of its runs; undefined if its pool makes no spans. */
  readonly spanAttributes?: SpanAttributes | undefined
}

/** One message that a worker is given; for a batch, the first of its messages. */
export interface Job {
  /** How it arrived. A `direct` message is for this member alone. */
  readonly kind: RequestKind
  readonly handler: Handler
  readonly message: unknown
  /** When its caller sent it. Left out if that is not known. */
  readonly sentAt?: Nanos
  /** Its deadline. A job that has not begun by then must not begin. */
  readonly deadline: Nanos
  /** Whether its deadline may still change, as that of a run which calls share: `deadlineMoved` says when. Left out: it does not. */
  readonly deadlineMoves?: boolean
  /** Whether a caller waits for an answer. */
  readonly expectsAnswer: boolean
  /** How many times a handler was called for it. */
  readonly attempt: number
  /** What its message went through before it came as this job: how many times a handler was called for it. Left out: never. */
  readonly before?: { readonly attempts: number }
  /** How it was delivered, for one that is kept until it is done; undefined for all others. */
  readonly delivery?: Delivery | undefined
  /** Who sent it, for a dispatch; null without a sender. */
  readonly sender: Reference | null
  /** The outcome; null while it has none. A job with an outcome must not begin, and its commit is refused. */
  readonly outcome: string | null
  /** The asynchronous context of its caller; null if there is none. */
  readonly scope?: JobScope | null
  /** The other messages of its batch; null if its handler takes one message. They share its run and its commit. */
  readonly companions: readonly Job[] | null
  /**
   * Settles it with the answer of its handler. Call it after the commit.
   *
   * @param answered false for a cast or a dispatch that has nothing to pass on to its sender
   * @returns whether this was its outcome: false if it has one already
   */
  succeed(value: unknown, answered: boolean): boolean
  /** Notes that its run has committed. If its answer comes later, or never, its caller is told so. Left out: nothing is noted. */
  committed?(): void
  /** Gives it up if its caller has tried that before and `giveUp` has refused. Left out: it waits for the end of its run. */
  giveUpAgain?(): void
  /** Settles it with an error: of a batch, this one message. Returns whether this was its outcome. */
  fail(error: GenPoolError): boolean
  /** Whether somebody may be told how far it is. Left out: ask `progress`. */
  readonly wantsProgress?: boolean
  /**
   * The worker is gone while the commit of this job is being written. A job that must not run again if that counts waits for the end of
   * it: this returns what to call then, with the error of a commit that has failed. Null: let it fail now, with an error that says that
   * its commit may count.
   */
  awaitCommit?(): ((error: GenPoolError | undefined) => void) | null
  /** Tells its caller how far it is. Returns whether somebody is told: not if the caller does not ask, or has given up. */
  progress(value: unknown): boolean
  /**
   * Holds the queue back, as `ctx.backOff` does. With `again: true` it returns what `failed` takes to have the job run again.
   *
   * @throws {OptionsError} if an argument is wrong, or the pool shares a broker; nothing is held then
   */
  backOff(ms: number, options?: BackOffOptions): unknown
}

/** What happens while jobs run. It is measured, and watched for members that hang. */
export interface Progress<J extends Job = Job> {
  /** Work on a job starts, at `at`. From here on the job cannot be taken back. Once per job, before `attempted`. */
  began(job: J, at: Nanos): void
  /** Its handler is about to be called: for the first time, or again because another commit came first. */
  attempted(job: J, attempt: { readonly number: number; readonly exclusive: boolean }): void
}

/** What a worker reports to. Each job that began ends with exactly one of `done`, `failed`, `refused` and `died`. */
export interface WorkerHost<J extends Job = Job> {
  readonly progress: Progress<J>
  /** What its member has in hand. `first` is the oldest job: for a worker of depth 1, the one that it was given. Null without one. */
  readonly inHand: { readonly first: J | null }
  /**
   * The handler returned, its commit is done, and the answer, if it gave one, is out.
   *
   * @param then what the handler asked for next
   * @param runNs nanoseconds per run; -1 if they were not measured
   * @param times the number of runs that `runNs` stands for
   */
  done(job: J, then: Following | undefined, runNs: Nanos, times: number): void
  /**
   * The handler failed. Nothing was committed. The member decides what follows: the worker may be ended. If the cause is what
   * `job.backOff` has returned, the job is no failure and runs again.
   */
  failed(job: J, cause: unknown, runNs: Nanos): void
  /** The commit was refused, and the handler is not at fault. Nothing was committed. The worker goes on. */
  refused(job: J, error: unknown, runNs: Nanos): void
  /** The worker gives back a job that has not begun, and never will here: it runs elsewhere. */
  returned(job: J): void
  /**
   * The worker is gone: its thread or process died. No other report follows.
   *
   * @param begun the jobs that had begun and were not reported as ended. All others go to another member
   * @param received those others that it may have died of as it received them: each counts as a crash of it for `poisonAfter`
   */
  died(cause: unknown, begun: readonly J[], received?: readonly J[]): void
}

/** How a worker starts. `continue` calls `handleContinue(reason)` first; `ignore` and `refuse` end it (see `init`). */
export interface Started {
  readonly kind: 'ready' | 'continue' | 'ignore' | 'refuse'
  readonly reason: unknown
}

/**
 * How far a job is that has begun and whose end was not reported: its handler runs; or it is over, and its result is on its way; or it
 * has committed a next state as well, which outlives the worker.
 */
export type JobStage = 'runs' | 'over' | 'committed'

/** What a handler has returned, and for which state. */
export interface Ran {
  readonly cell: Cell<unknown>
  readonly result: unknown
  readonly state: unknown
  readonly version: number
}

/** A worker that can run a call which is alone. */
export interface LoneRuns<J extends Job = Job> {
  /**
   * Runs a call whose start its host has counted.
   *
   * @returns the step of a plain answer, which its host gives, and which is not reported; null for all else: the call is reported, or will be
   */
  runAlone(job: J, startedAt: Nanos): Step | null
}

/**
 * Does the work of one member, in this thread or elsewhere. A member decides what is run and when; a worker runs it.
 *
 * It reports to its host instead of returning, so that one that runs a job at once costs no promise, and one that sends jobs away
 * can hold several. It never throws into its host.
 */
export interface Worker<J extends Job = Job> {
  /** The most jobs that it may hold, begun or not. Read each time that its member could take another. */
  readonly depth: number
  /** Whether its runs end with a commit, so that answers and effects wait for that. */
  readonly commits: boolean
  /**
   * Whether what a handler returns becomes the state also if its caller has given up before, as that of a plain nact function does. Those
   * callers are told so. Left out: such a result is discarded.
   */
  readonly keepsState?: boolean
  /** The last state that it knows of, for `getState` and inspection. */
  readonly state: unknown
  /** How much memory the objects of its thread take, in MB, for `recycle.afterHeapMb`. Left out by workers that share a heap. */
  readonly heapMb?: number
  /** Whether it is calling a handler now, further up in the call stack. Left out by workers whose handlers run elsewhere. */
  readonly isCalling?: boolean
  /**
   * Gets ready to work. Throwing or rejecting is a failed start; the worker releases what it has opened, and is not used again.
   *
   * A start that takes longer than `restart.startTimeout` has failed, too: `hurry` is called, and `end` if it succeeds later.
   */
  start(): Eventually<Started>
  /** Takes a job over. It may run it at once and report before this returns. */
  give(job: J): void
  /**
   * Runs casts of handlers without batches, one after the other, while `casts` has more. True: all have run, and nothing follows from the
   * last one. False: the last one is reported, or will be. Left out by workers that run nothing at once.
   */
  runRow?(row: CastRow, casts: Casts): boolean
  /** Itself, if it can run a call that is alone; otherwise null. Left out by workers that run nothing at once. */
  lone?(): LoneRuns<J> | null
  /**
   * Takes a job back. True: it certainly has not begun and never will. False: it has, and its end will be reported. Its beginning is
   * reported before this returns.
   */
  revoke(job: J): boolean
  /** The caller of a running job, or of a batch all of them, no longer wait. Tell the handler; the job still ends with a report. */
  cancel(job: J, reason: unknown): void
  /**
   * The caller of a job is about to give up. True: the job will not commit. False: it is too late, since the commit is done and the
   * answer is on its way. Then it neither expires nor is cancelled unless its run ends without an answer, or `job.giveUpAgain` is called
   * and this returns true. Left out by workers that commit in this thread.
   */
  giveUp?(job: J): boolean
  /**
   * A caller of a batch leaves, and others stay: the run goes on for them. `job` is the message that is left, which is one of the batch. A
   * run that is repeated, because another commit came first, should go without it. True: it is certain that no handler gets this message.
   * Left out: nothing is certain.
   */
  leave?(job: J): boolean
  /** The deadline of a job has changed, or that of another message of its batch. Left out by workers that read it from the job. */
  deadlineMoved?(job: J): void
  /** Whether an answer to this job that is given now has to wait for the commit of its run. */
  holdsAnswersOf(job: J): boolean
  /**
   * Whether the commit of a job is being written, so that it may count although its caller is told of a failure now. Left out by workers
   * whose commits take no time.
   */
  isWriting?(job: J): boolean
  /** Whether the commit of a job is done, and its answer is being made. Left out: its host is told all in one. */
  hasCommitted?(job: J): boolean
  /** When it started to run a job; null if it has not, or the job has ended. */
  startOf(job: J): Nanos | null
  /** How far a job is that has begun. Left out by workers that report each end at once: their jobs run until then. */
  stageOf?(job: J): JobStage
  /**
   * Ends it for good: from now on no job begins, nothing is committed and nothing is reported. Releases what it has opened; the result
   * says when that is done, and rejects with what failed then.
   *
   * @param reason what the behaviour's `terminate` is told
   */
  end(reason: unknown): Eventually<void>
  /**
   * Nobody waits for it any longer: its start has taken too long or is not wanted any more, or `terminateTimeout` or the time of a
   * drain is over. What has not come to its end soon, because it loops for example, should be ended by force. Left out by workers
   * whose work nobody can end.
   */
  hurry?(): void
  /**
   * Its start is not wanted any more, though it has not taken too long: the pool has become smaller, for example. Another one may follow
   * soon, and could use what this one has begun. Left out: `hurry` is called.
   */
  unwanted?(): void
}

/** What a worker is made for. */
export interface WorkerSeat {
  readonly info: MemberInfo
  /** The state that all members share; undefined if each worker makes a state of its own. */
  readonly cell: Cell<unknown> | undefined
  /** The time of the pool. */
  readonly turn: Turn
  /** What contexts say about the pool. */
  readonly facts: PoolFacts
  /** How the state is kept and committed: another object after `configure` has changed something. */
  readonly stateOptions: StateOptions
}

/** Makes the workers of one pool. */
export interface WorkerFactory<J extends Job = Job> {
  /** Makes a worker. Called once per incarnation of a member, before `start`. Must not throw. */
  create(seat: WorkerSeat, host: WorkerHost<J>): Worker<J>
}
