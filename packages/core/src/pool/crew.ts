import { type Nanos, type Timer, type Turn, withoutContext } from '@genpool/runtime'
import type { CompiledBehaviour } from '../behaviours/compiled-behaviour'
import type { MemberInfo } from '../behaviours/context'
import type { PoolFacts } from '../behaviours/pool-facts'
import type { Crew } from '../members/crew'
import { memberOf } from '../members/batch-run'
import type { Member } from '../members/member'
import type { Failures } from '../requests/failures'
import type { Request } from '../requests/request'
import type { Progress, Worker } from '../work/worker'
import { CastRows } from './cast-rows'
import type { Crashes } from './crashes'
import type { DirectMessages } from './direct-messages'
import type { Listeners } from './listeners'
import type { Pool } from './pool'
import type { Port } from './port'
import type { Recorder, SeatGate, Timers } from './ports'
import type { Roster } from './roster'
import type { TurnWork } from './turn-work'

/** One for all pools. */
const NONE: never[] = []

/** The parts of a pool that its members deal with. */
export interface CrewParts {
  readonly behaviour: CompiledBehaviour
  readonly facts: PoolFacts
  readonly failures: Failures
  readonly listeners: Listeners
  readonly recorder: Recorder
  readonly timers: Timers
  readonly turnWork: TurnWork
  readonly pool: Pool
  readonly crashes: Crashes
  readonly directMessages: DirectMessages
  readonly roster: Roster
  readonly workersAreReady: boolean
  newWorker(member: Member): Worker<Request>
}

/** The members' side of a pool: hands out work, measures it, and passes its result on. */
export class PoolCrew implements Crew<Member>, Progress<Request> {
  readonly turn: Turn
  readonly facts: PoolFacts
  readonly behaviour: CompiledBehaviour
  readonly progress = this
  readonly work: Port
  readonly turnWork: TurnWork
  /** How many runs are in progress. */
  busy = 0
  gated = false
  #seatGates: readonly SeatGate[] = NONE
  private readonly recorder: Recorder
  private readonly listeners: Listeners
  private madeRows: CastRows | null = null

  constructor(private readonly parts: CrewParts) {
    this.turn = parts.pool.turn
    this.facts = parts.facts
    this.behaviour = parts.behaviour
    this.recorder = parts.recorder
    this.turnWork = parts.turnWork
    this.listeners = parts.listeners
    this.work = parts.pool.port
  }

  get failures(): Failures {
    return this.parts.failures
  }

  get rows(): CastRows {
    return this.madeRows ?? this.makeRows()
  }

  private makeRows(): CastRows {
    return (this.madeRows = new CastRows(this, this.recorder, this.listeners))
  }

  get workersAreReady(): boolean {
    return this.parts.workersAreReady
  }

  workerFor(member: Member): Worker<Request> {
    return this.parts.newWorker(member)
  }

  identify(slot: number, incarnation: number): MemberInfo {
    return this.parts.roster.identify(slot, incarnation)
  }

  // --- work ---

  set seatGates(gates: readonly SeatGate[]) {
    this.#seatGates = gates
    this.gated = gates.length > 0
  }

  get seatGates(): readonly SeatGate[] {
    return this.#seatGates
  }

  mayWork(member: Member): boolean {
    return this.#seatGates.every((gate) => gate.mayWork(member))
  }

  runAgain(request: Request): void {
    this.parts.pool.requeue.runAgain(request)
  }

  continueWith(member: Member, argument: unknown): void {
    this.parts.directMessages.continueWith(member, argument)
  }

  tellTimeout(member: Member): void {
    withoutContext(() => this.parts.directMessages.tell(member, { type: 'timeout' }))
  }

  after(ms: number, fn: () => void): Timer {
    return this.parts.timers.after(ms, fn)
  }

  // --- what becomes of it ---

  began(request: Request, at: Nanos): void {
    this.busy++
    this.recorder.waited(request.rarely === null ? request.sentAt : request.cameAt, at)
  }

  attempted(request: Request, attempt: { readonly number: number; readonly exclusive: boolean }): void {
    request.attempt++
    if (request.handler.batch > 0) for (const companion of request.companions ?? []) companion.attempt++
    if (attempt.number > 1) this.reran(request, attempt)
    if (this.listeners.handlerStarted.length > 0) this.handlerStarted(request)
  }

  private handlerStarted(request: Request): void {
    this.turnWork.join()
    const { handlerStarted } = this.listeners
    const seat = memberOf(request) as Member
    for (const listener of handlerStarted) listener.handlerStarted(seat, request, this.turn.now())
  }

  private reran(request: Request, attempt: { readonly number: number; readonly exclusive: boolean }): void {
    this.recorder.reran(this.turn.now())
    const { handlerReran } = this.listeners
    for (const listener of handlerReran) listener.handlerReran(memberOf(request) as Member, request, attempt)
  }

  finished(member: Member, request: Request, runNs: Nanos, times: number): void {
    this.turnWork.join()
    this.busy--
    if (runNs >= 0) this.ran(runNs, times)
    const { runFinished } = this.listeners
    for (let i = 0; i < runFinished.length; i++) runFinished[i]?.runFinished(member, request, runNs)
  }

  broke(member: Member, request: Request, runNs: Nanos): void {
    this.turnWork.join()
    this.busy--
    if (runNs >= 0) this.ran(runNs, 1)
    for (const listener of this.listeners.runBroke) listener.runBroke(member, request)
  }

  /** Runs took so long, each on average. */
  ran(runNs: Nanos, times: number): void {
    const now = this.turn.now()
    this.recorder.ran(runNs, now, times)
    this.work.finished(runNs, now)
  }

  crashed(member: Member, requests: readonly Request[], cause: unknown): void {
    this.parts.crashes.crashed(member, requests, cause)
  }

  isPoison(request: Request, cause: unknown): boolean {
    return this.parts.crashes.isPoison(request, cause)
  }

  lost(request: Request, cause: unknown): void {
    this.parts.crashes.lost(request, cause)
  }

  isNew(member: Member): boolean {
    return this.parts.roster.isNew(member)
  }

  diedAtStart(member: Member, cause: unknown): void {
    this.parts.roster.diedAtStart(member, cause)
  }

  ended(member: Member, reason: unknown): void {
    this.parts.roster.ended(member, reason)
  }
}
