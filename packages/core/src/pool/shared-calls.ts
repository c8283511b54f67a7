import type { GenPoolError, Nanos } from '@genpool/runtime'
import type { Handler } from '../behaviours/handler'
import { calling, noteCall } from '../requests/calling'
import type { Request } from '../requests/request'
import { type CallerBooks, SharedCall, SharedRun } from '../requests/shared-run'

/** What sharing needs of the pool. */
export interface SharingPool extends CallerBooks {
  /** Counts a call and watches its signal. False if it is settled: the pool is closed, or the signal has aborted. */
  admitCaller(call: SharedCall): boolean
  /** Watches the deadline of a call. */
  watchDeadline(call: SharedCall): void
  /** Ends a call that has no time. */
  expire(call: SharedCall): void
  /** Takes a run in, which is not counted as come in: its callers are. */
  submitRun(run: SharedRun): void
  /** Takes a run back, wherever it is. */
  withdraw(run: SharedRun, error: GenPoolError): void
  /** Gives a run more time, or less. */
  moveDeadline(run: Request, deadline: Nanos): void
  /** Moves a run that waits to another priority: it stands where its age puts it. */
  raise(run: Request, priority: number): void
}

/**
 * Calls of one type and one key share a run: while it waits or runs, each further one waits for its outcome.
 *
 * Each call counts as come in, and has one outcome. One that leaves early is settled alone; the last one takes the run with it. When
 * the run ends, its outcome is counted and told for one of those that wait, and each other one is counted for itself.
 */
export class SharedCalls {
  /** How many calls waited for a run that was there already. */
  joined = 0
  /** The runs that have no outcome, by type of message and by key. */
  readonly #runs = new Map<string, Map<unknown, SharedRun>>()

  constructor(private readonly pool: SharingPool) {}

  make(handler: Handler, message: unknown, caller: { resolve: (value: unknown) => void; sentAt: Nanos }): SharedCall {
    return new SharedCall(this.pool, { handler, message, sentAt: caller.sentAt }, caller.resolve)
  }

  /** Takes in a call whose message and options are right. */
  take(call: SharedCall): void {
    if (!this.pool.admitCaller(call)) return
    const run = this.#runs.get(call.type)?.get(keyOf(call))
    if (run === undefined) this.#start(call)
    // It has no time to join, and is told that it never started, as one whose signal has aborted.
    else if (call.deadline <= call.sentAt) return this.pool.expire(call)
    else this.#join(call, run)
    if (call.outcome === null) this.pool.watchDeadline(call)
  }

  /** A caller no longer waits. @param errorOf makes its error, once it is known how far the run is */
  leave(call: SharedCall, errorOf: (call: Request) => GenPoolError): void {
    const { run } = call
    call.takeFacts()
    const error = errorOf(call)
    run?.callers.delete(call)
    if (run?.callers.size === 0) {
      call.isCounted = true
      run.lastCaller = call
      this.pool.withdraw(run, error)
      if (run.outcome === null) return stays(call, run)
    } else if (call.deadline === run?.deadline) this.#shorten(run)
    call.fail(error)
  }

  #start(call: SharedCall): void {
    const run: SharedRun = new SharedRun(
      this.pool.owner,
      'call',
      call.handler,
      call.message,
      (value) => this.#ended(run, value),
      call.sentAt,
    )
    const { priority, key, deadline, type } = call
    Object.assign(run, { priority, key, deadline })
    if (call.rarely?.tries) run.extend().follows(call.rarely.tries)
    run.shareKey = keyOf(call)
    const scope = call.scope?.ofSharedRun?.(run)
    if (scope !== undefined) run.extend().scope = scope
    this.#attach(call, run)
    const ofType = this.#runs.get(type)
    if (ofType === undefined) this.#runs.set(type, new Map([[run.shareKey, run]]))
    else ofType.set(run.shareKey, run)
    this.pool.submitRun(run)
  }

  #join(call: SharedCall, run: SharedRun): void {
    this.joined++
    call.scope?.joins?.(run.scope)
    if (calling.hand !== null) noteCall(run)
    this.#attach(call, run)
    if (call.deadline > run.deadline) this.pool.moveDeadline(run, call.deadline)
    if (call.priority > run.priority) this.pool.raise(run, call.priority)
  }

  /** The caller with the latest deadline has left. */
  #shorten(run: SharedRun): void {
    let latest = -Infinity
    for (const { deadline } of run.callers) {
      if (deadline === run.deadline) return
      latest = Math.max(latest, deadline)
    }
    this.pool.moveDeadline(run, latest)
  }

  #attach(call: SharedCall, run: SharedRun): void {
    call.run = run
    run.callers.add(call)
  }

  #ended(run: SharedRun, value: unknown): void {
    const ofType = this.#runs.get(run.type)
    ofType?.delete(run.shareKey)
    if (ofType?.size === 0) this.#runs.delete(run.type)
    const { failure, teller } = run
    const callers = [...run.callers]
    run.callers.clear()
    if (teller !== null) teller.isCounted = true
    for (const call of callers) {
      call.takeFacts()
      if (failure === null) call.reply(value, true)
      else call.fail(failure)
    }
  }
}

/** The answer is on its way: the call leaves when the run has ended without one. */
function stays(call: SharedCall, run: SharedRun): void {
  call.isCounted = false
  run.lastCaller = null
  run.callers.add(call)
}

function keyOf(call: SharedCall): unknown {
  return call.rarely?.share?.key
}
