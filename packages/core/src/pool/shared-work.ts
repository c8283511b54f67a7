import { DroppedError } from '@genpool/broker'
import type { Deadlines, GenPoolError, Nanos, Turn } from '@genpool/runtime'
import { expiryOf } from '../requests/expiry'
import type { Outcome } from '../requests/outcome'
import type { Request } from '../requests/request'
import type { RequestOwner } from '../requests/request-owner'
import type { SharedCall, SharedRun } from '../requests/shared-run'
import type { Entrance } from './entrance'
import type { Listeners } from './listeners'
import type { Port } from './port'
import type { Recorder } from './ports'
import type { SharingPool } from './shared-calls'
import type { TurnWork } from './turn-work'

/** The pool of shared runs. */
interface SharingKernel extends RequestOwner<Request> {
  giveUp(request: Request, why: 'expired' | 'cancelled'): void
  readonly deadlines: Pick<Deadlines<Request>, 'add' | 'remove'>
  readonly port: Port
  readonly entrance: Entrance
  submit(request: Request): void
  withdraw(request: Request, error: GenPoolError): void
  readonly drops: { count(request: Request, facts: DroppedError): void }
}

interface SharingParts {
  readonly turn: Turn
  readonly recorder: Recorder
  readonly listeners: Listeners
  readonly turnWork: TurnWork
}

/** Carries out what sharing decides: counts callers, and moves runs. */
export class SharedWork implements SharingPool {
  constructor(
    readonly owner: SharingKernel,
    private readonly parts: SharingParts,
  ) {}

  admitCaller(call: SharedCall): boolean {
    this.parts.recorder.counters.accepted++
    this.parts.turnWork.join()
    return this.owner.entrance.admitsCaller(call)
  }

  watchDeadline(call: SharedCall): void {
    this.owner.deadlines.add(call)
  }

  expire(call: SharedCall): void {
    this.owner.giveUp(call, 'expired')
  }

  submitRun(run: SharedRun): void {
    this.parts.recorder.counters.accepted--
    this.owner.submit(run)
  }

  withdraw(run: SharedRun, error: GenPoolError): void {
    this.owner.withdraw(run, error)
  }

  moveDeadline(run: Request, deadline: Nanos): void {
    this.owner.deadlines.remove(run)
    this.owner.port.moveDeadline(run, deadline)
    this.owner.deadlines.add(run)
    run.runner?.deadlineMoved?.(run)
  }

  raise(run: Request, priority: number): void {
    // With a key it keeps its priority: its order counts.
    if (run.key === undefined) this.owner.port.move(run, priority)
  }

  callerSettled(call: SharedCall, outcome: Outcome, error: GenPoolError | undefined): void {
    const { recorder, listeners, turnWork, turn } = this.parts
    turnWork.join()
    this.owner.deadlines.remove(call)
    if (call.isCounted) return
    recorder.counters.outcomes[outcome]++
    if (outcome === 'expired') recorder.expired(expiryOf(call, false), turn.now())
    if (error !== undefined) recorder.failed(outcome, turn.now())
    if (error instanceof DroppedError) this.owner.drops.count(call, error)
    for (const listener of listeners.callerSettled) listener.callerSettled(call, outcome, error)
  }
}
