import type { Following } from '@genpool/core'
import { type CheckedBackOff, type Errand, type ErrandHost, RunAgain } from '@genpool/core/elsewhere'
import { type Clock, type GenPoolError, InvalidError, type Nanos, NS_PER_MS, readSafely } from '@genpool/runtime'
import { CANCELLED, commit, isIn } from '../protocol/claims'
import { keptNumber } from '../protocol/kept-answer'
import type { SharedWords } from '../protocol/shared-words'
import { faultIn, isReadable } from '../values/cloneable'
import { decodeError, type EncodedValue, encodeError } from '../values/errors'
import type { Flushing } from './flushing'
import type { Lane, Lanes } from './lanes'
import type { Outbox } from './outbox'
import { mayWaitUntil } from './patience'
import type { RunLengths } from './run-lengths'

/** What the reports of runs need of their thread. */
export interface RunReportPorts {
  readonly words: SharedWords
  readonly outbox: Outbox
  readonly flushing: Flushing
  readonly lengths: RunLengths
  readonly clock: Clock
  /** Null before the member has started, and after it has ended. */
  lanes(): Lanes | null
  /** A message has its outcome. */
  settled(errand: Errand): void
  /** Nothing begins before the pool has heard of it. */
  backsOff(): void
  /** The member continues or ends first: what the thread has not begun may run elsewhere. */
  giveBack(continues: boolean): void
}

/** Tells the owner of this thread what becomes of the runs of a member. */
export class RunReports implements ErrandHost {
  constructor(private readonly ports: RunReportPorts) {}

  // --- while a run goes on ---

  commits(errand: Errand, changes: boolean): boolean {
    const lane = this.#laneOf(errand)
    return lane !== undefined && commit(this.ports.words, lane.run, changes)
  }

  movedDeadlineOf(errand: Errand): Nanos {
    const lane = this.ports.lanes()?.ofRun(errand)
    return lane === undefined ? Infinity : this.ports.words.deadlineOf(lane.run.place)
  }

  abortOf(errand: Errand): GenPoolError | undefined {
    const lane = this.#laneOf(errand)
    if (lane?.worker.running !== errand) return undefined
    const isOver = isIn(this.ports.words, lane.run, CANCELLED) || errand.lastDeadline <= this.ports.clock.now()
    return isOver ? this.#reasonOf(errand, lane) : undefined
  }

  /** The caller of a job no longer waits, nor any other of its batch: `reason` is the error that the last one got. */
  cancelled(id: number, reason: EncodedValue): void {
    const errand = this.ports.lanes()?.byId(id)?.worker.running
    if (errand?.id === id) errand.giveUpAll(decodeError(reason) as GenPoolError)
  }

  /** A caller of a batch no longer waits, and others do. */
  left(batch: number, id: number): void {
    const worker = this.ports.lanes()?.byId(batch)?.worker
    const first = worker?.running ?? null
    if (worker === undefined || first?.id !== batch) return
    const all = [first, ...((first.companions ?? []) as readonly Errand[])]
    const leaver = all.find((errand) => errand.id === id)
    leaver?.giveUp(worker.pool.failures.cancelled(leaver))
  }

  /** The same as far as this thread knows it. */
  #reasonOf(errand: Errand, { worker }: Lane): GenPoolError {
    const { failures, turn } = worker.pool
    turn.refresh()
    if (this.ports.words.isStopped) return failures.stopped(errand)
    const { runDeadline } = errand
    if (runDeadline > this.ports.clock.now()) return failures.cancelled(errand)
    // Its own may be one that has changed.
    errand.deadline = Math.min(errand.deadline, runDeadline)
    return failures.expired(errand)
  }

  runsAgain(errand: Errand): void {
    const lane = this.#laneOf(errand)
    if (lane !== undefined) this.ports.lanes()?.runsAgain(lane)
  }

  follows(errand: Errand, then: Following): void {
    if (!isReadable(then)) throw new InvalidError(`result of the handler "${errand.type}"`, [faultIn(then)])
    const lane = this.#laneOf(errand)
    if (lane !== undefined) lane.follows = true
  }

  answered(errand: Errand, value: unknown, answered: boolean): void {
    const { outbox, flushing } = this.ports
    this.ports.settled(errand)
    const kept = keptNumber(value)
    if (kept === undefined) outbox.addValue(['answered', errand.id, value, answered], value)
    else outbox.add(['answered', errand.id, undefined, kept])
    flushing.later()
  }

  failed(errand: Errand, error: GenPoolError): void {
    const { outbox, flushing } = this.ports
    this.ports.settled(errand)
    outbox.add(['failedAlone', errand.id, encodeError(error)])
    flushing.later()
  }

  progress(errand: Errand, value: unknown): boolean {
    const { outbox } = this.ports
    outbox.addValue(['progress', errand.id, value], value)
    outbox.flush()
    return true
  }

  backOff(errand: Errand, { ns, key, again }: CheckedBackOff): void {
    const { outbox } = this.ports
    outbox.add(['backOff', errand.id, ns / NS_PER_MS, key, again])
    outbox.flush()
    this.ports.backsOff()
  }

  // --- its end ---

  done(errand: Errand, then: Following | undefined): void {
    const lane = this.#laneOf(errand)
    if (lane === undefined) return
    if (this.ports.words.deadlineOf(lane.run.place) < Infinity) keepDeadlines(errand)
    this.over(lane, then ?? null)
    if (lane.follows && then !== undefined) this.ports.giveBack('continue' in then)
  }

  /** A run is over, also one whose handler was not called. */
  over(lane: Lane, then: Following | null): void {
    this.#ended(lane, (id, runNs) => {
      if (!lane.isTold) this.ports.outbox.add(['done', id, then, runNs])
    })
  }

  crashed(errand: Errand, cause: unknown): void {
    const { outbox } = this.ports
    this.#ended(this.#laneOf(errand), (id, runNs) => {
      if (readSafely(() => cause instanceof RunAgain, false)) outbox.add(['again', id, runNs])
      else outbox.add(['crashed', id, encodeError(cause), runNs])
    })
  }

  refused(errand: Errand, error: unknown): void {
    this.#ended(this.#laneOf(errand), (id, runNs) => this.ports.outbox.add(['refused', id, encodeError(error), runNs]))
  }

  #ended(lane: Lane | undefined, report: (id: number, runNs: number) => void): void {
    const { clock, lengths, flushing } = this.ports
    const lanes = this.ports.lanes()
    if (lane === undefined || lanes === null) return
    const now = clock.now()
    const ranNs = lanes.end(lane, now)
    lengths.ran(lane.handler, ranNs)
    report(lane.run.id, ranNs)
    flushing.ended(now, mayWaitUntil(lane.run, now))
  }

  #laneOf(errand: Errand): Lane | undefined {
    return this.ports.lanes()?.of(errand)
  }
}

/** What is answered later may still ask how much time is left. */
function keepDeadlines(errand: Errand): void {
  for (const each of [errand, ...((errand.companions ?? []) as readonly Errand[])]) each.deadline = each.runDeadline
}
