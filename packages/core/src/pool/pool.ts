import { type BrokerOptions, type Drop, type DropFacts, DroppedError, factsOf, type Maker } from '@genpool/broker'
import {
  type ConcreteSystem,
  Deadlines,
  type GenPoolError,
  type Nanos,
  type Reference,
  type Runnable,
  Turn,
} from '@genpool/runtime'
import type { Cell, CommitOptions } from '@genpool/state-ane'
import { dispatch } from 'nact'
import type { MemberInfo } from '../behaviours/context'
import type { Definition } from '../behaviours/define-pool'
import { Program, type Route } from '../behaviours/program'
import { Stats } from '../stats/stats'
import { Supervisor } from '../supervision/supervisor'
import { requestDropped, requestSettled } from '../telemetry/channels'
import { dropEvent, settledEvent } from '../telemetry/payloads'
import { OverloadAlarm } from '../telemetry/overload-alarm'
import { alarmOptions } from '../telemetry/alarm-options'
import { StateChanges } from '../telemetry/state-changes'
import type { ElasticSize } from '../elastic/elastic-size'
import { Concurrency } from '../protection/concurrency'
import { limitOf } from '../protection/concurrency-options'
import { Door } from '../protection/door'
import { BrokerPort } from './broker-port'
import { ExternalPort } from './external-port'
import { DeadLetters } from './dead-letters'
import { Failures } from './failures'
import { warn } from './warn'
import { Intake } from './intake'
import { Lifecycle } from './lifecycle'
import type { Member } from './member'
import { Info } from './member-info'
import { PoolFacts } from './message-context'
import { type CheckedPoolOptions, isBrokerRef, type PoolOptions } from './options'
import type { PoolActor } from './pool-actor'
import { commitOptionsOf, stateOptionsOf } from './pool-state'
import type { Port } from './port'
import type { Extras, Outcome, Request } from './request'
import { Ring } from './ring'
import { Roster } from './roster'
import { callerScope, type ScopeFactory } from './scope'
import { StuckWatch } from './stuck-watch'

/**
 * What stands behind a pool's address: has requests matched with members and run, and sees to it that each is settled
 * exactly once.
 *
 * The hot path is short: `submit`, `run`, `Member.execute`, `settled`. The rest is in the parts.
 */
export class Pool implements Runnable {
  readonly name: string
  readonly system: ConcreteSystem
  readonly program: Program
  readonly turn: Turn
  readonly port: Port
  readonly intake: Intake
  readonly roster: Roster
  readonly supervisor: Supervisor
  readonly lifecycle: Lifecycle
  readonly deadLetters: DeadLetters
  readonly failures = new Failures(this)
  /** Tells those who listen of changes of the shared state. */
  readonly changes = new StateChanges(this)
  readonly facts: PoolFacts
  readonly stats: Stats
  /** The state that all members share; undefined if each has its own, or before it is made. */
  cell: Cell<unknown> | undefined = undefined
  commitOptions: CommitOptions
  /** Whether there is one state for all members. */
  readonly sharesState: boolean
  /** How many members have a message in hand. */
  busy = 0
  /** Calls whose handler is done and that are answered later. */
  readonly late = new Set<Request>()
  readonly #ready = new Ring<Member>()
  #scheduled = false
  #touched = false
  /** Decides how many members there are; null if that is fixed. */
  elastic: ElasticSize | null = null
  /** Decides how many members work at once; null if all may. */
  concurrency: Concurrency | null = null
  /** Tells when it has too much to do; null if nobody has asked for that. */
  alarm: OverloadAlarm | null = null
  /** Makes what surrounds the work on each request; null if nothing does. */
  scopes: ScopeFactory | null = null
  #instrument: ScopeFactory | null = null
  /** Refuses requests before they reach the broker; null if nothing does. */
  door: Door | null = null
  readonly #deadlines: Deadlines<Request>
  readonly #stuck: StuckWatch

  constructor(
    readonly actor: PoolActor,
    readonly definition: Definition,
    public options: CheckedPoolOptions,
    /** The options as the user wrote them, which changes are merged into. */
    public given: PoolOptions,
  ) {
    this.name = actor.name
    this.system = actor.system
    this.program = new Program(definition)
    this.facts = new PoolFacts(this)
    this.turn = Turn.of(options.clock)
    this.stats = new Stats(this.turn.now())
    const { broker } = options
    this.port = isBrokerRef(broker) ? new ExternalPort(this, broker) : this.#ownPort(broker)
    this.deadLetters = new DeadLetters(this)
    this.#deadlines = new Deadlines(options.clock, (request) => this.#withdraw(request, this.failures.expired(request)))
    this.#stuck = new StuckWatch(this)
    const state = stateOptionsOf(options.state, definition.form === 'plain')
    this.sharesState = state.type === 'shared'
    this.commitOptions = commitOptionsOf(state)
    this.intake = new Intake(this)
    this.supervisor = new Supervisor(this)
    this.roster = new Roster(this)
    this.lifecycle = new Lifecycle(this)
    this.protect()
    this.watchOverload()
    this.chooseScopes()
  }

  /** Takes over what the options say about who is let in, and how many members work at once. */
  protect(): void {
    if (!Door.isWanted(this.options)) {
      this.door?.configure(this.options)
      this.door = null
    } else if (this.door === null) this.door = new Door(this, this.options)
    else this.door.configure(this.options)
    const limit = limitOf(this.options)
    if (this.concurrency !== null) this.concurrency.configure(limit ?? Infinity)
    else if (limit !== null) this.concurrency = new Concurrency(this, limit)
    if (limit === null) this.concurrency = null
  }

  /** Sets, changes or takes away the alarm, as the options say. */
  watchOverload(): void {
    const { alarm } = this.options
    if (alarm === false) {
      this.alarm?.end()
      this.alarm = null
      return
    }
    const rules = alarm === true ? alarmOptions.parse({}) : alarm
    if (this.alarm === null) this.alarm = new OverloadAlarm(this, rules)
    else this.alarm.configure(rules)
  }

  #ownPort(broker: BrokerOptions): BrokerPort {
    const failed = (error: unknown): void => this.lifecycle.giveUp(error, 'its queue failed')
    return new BrokerPort(broker, this.options, this.turn, failed)
  }

  /** Has a request matched now, or queued, or refused. */
  submit(request: Request): void {
    this.stats.counters.accepted++
    this.#touch()
    const special = this.scopes !== null || this.door !== null || request.extras !== null
    if ((special || !this.lifecycle.accepting) && !this.#admits(request)) return
    this.#ask(request)
    if (request.outcome === null) this.#deadlines.add(request)
  }

  /**
   * Takes in a message that says nothing about itself and whose sender does not wait, and makes no request of it before its
   * turn comes; false, and nothing done, unless very many wait.
   */
  pack(make: Maker<Request>, route: Route, message: unknown): boolean {
    if (this.scopes !== null || this.door !== null || this.elastic !== null || !this.lifecycle.accepting) return false
    if (!this.port.pack(make, message, route)) return false
    this.stats.counters.accepted++
    this.#touch()
    return true
  }

  /** False if it is refused, or not wanted any more. */
  #admits(request: Request): boolean {
    if (this.scopes !== null) request.extend().scope = this.scopes(request)
    if (!this.lifecycle.accepting) {
      request.fail(this.failures.stopped(request))
      return false
    }
    if (request.extras !== null && !this.#watchSignal(request, request.extras)) return false
    return this.door === null || !this.door.refuses(request)
  }

  /** Has one member handle a request, and no other. */
  submitTo(member: Member, request: Request): void {
    this.stats.counters.accepted++
    this.#touch()
    if (this.scopes !== null) request.extend().scope = this.scopes(request)
    if (!this.lifecycle.accepting || member.status === 'ended') {
      return void request.fail(this.failures.stopped(request))
    }
    this.#deadlines.add(request)
    member.deliver(request)
  }

  /** Has somebody measure each request; null for nobody. */
  set instrument(instrument: ScopeFactory | null) {
    this.#instrument = instrument
    this.chooseScopes()
  }

  get instrument(): ScopeFactory | null {
    return this.#instrument
  }

  /** Options or whoever measures may have changed. */
  chooseScopes(): void {
    this.scopes = this.#instrument ?? (this.options.callerContext ? callerScope : null)
  }

  /** Runs a request again whose member crashed. It keeps its deadline. */
  resubmit(request: Request): void {
    request.member = null
    if (request.extras !== null) request.extras.startedAt = null
    // A pool that drains finishes what it has, and this is part of it.
    if (this.lifecycle.stopping) return void request.fail(this.failures.stopped(request))
    this.#ask(request)
  }

  #ask(request: Request): void {
    let member: Member | null
    try {
      member = this.port.ask(request)
    } catch (error) {
      // A function of the user's that tells requests apart, or a queue of the user's, has failed on it.
      return void request.fail(this.failures.refused(request, error))
    }
    if (member !== null) member.assign(request)
  }

  /** Whether nothing waits, runs, or is about to run. */
  get quiet(): boolean {
    if (this.#scheduled || this.busy > 0 || this.late.size > 0 || this.port.length > 0) return false
    return this.roster.members.every((member) => !member.hasOwn)
  }

  /** Has a member execute what it was assigned, later in this turn. */
  makeReady(member: Member): void {
    this.#ready.push(member)
    if (this.#scheduled) return
    this.#scheduled = true
    this.turn.schedule(this)
  }

  run(turn: Turn): void {
    this.#touch()
    this.changes.follow()
    const ready = this.#ready
    try {
      // Who is done may be ready again at once, and stands at the end then.
      while (ready.length > 0 && !turn.exhausted) ready.shift().execute(turn.now())
    } finally {
      this.#scheduled = ready.length > 0
      if (this.#scheduled) turn.schedule(this)
    }
  }

  rest(): void {
    this.#touched = false
    this.stats.turns.record(this.turn.lasted, this.turn.last)
    this.#deadlines.rest()
    this.#stuck.rest()
    this.port.rest()
    if (this.elastic !== null) this.elastic.rest()
    if (this.alarm !== null) this.alarm.rest()
    if (this.lifecycle.phase === 'draining') this.lifecycle.settle()
  }

  memberStarts(member: Member, request: Request, now: Nanos): void {
    this.busy++
    this.stats.sojourn.record(now - request.sentAt, now)
  }

  /** A handler begins. */
  watchStuck(member: Member): void {
    const { stuckAfter } = this.options
    if (stuckAfter === Infinity) return
    this.#touch()
    this.#stuck.begin(member, stuckAfter)
  }

  /**
   * @param runNs how long it took, or -1 if that was not measured
   * @param times how many runs that stands for
   */
  memberFinishes(member: Member, runNs: Nanos, times: number): void {
    this.#touch()
    this.busy--
    if (member.wheelSlot >= 0) this.#stuck.end(member)
    if (runNs >= 0) this.#measured(member, runNs, times)
  }

  #measured(member: Member, runNs: Nanos, times: number): void {
    const now = this.turn.now()
    this.stats.run.record(runNs, now, times)
    this.port.finished(runNs, now)
    if (this.concurrency !== null) this.concurrency.finished(member, runNs, now)
  }

  /** A request has its outcome. */
  settled(request: Request, outcome: Outcome, error: GenPoolError | undefined): void {
    this.stats.counters.outcomes[outcome]++
    this.#touch()
    if (request.wheelSlot >= 0) this.#deadlines.remove(request)
    const { door, late } = this
    if (error !== undefined || late.size > 0 || door !== null || requestSettled.hasSubscribers) {
      this.#tellSettled(request, outcome, error)
    }
  }

  #tellSettled(request: Request, outcome: Outcome, error: GenPoolError | undefined): void {
    this.late.delete(request)
    if (error !== undefined) this.stats.failed.add(outcome, this.turn.now())
    if (requestSettled.hasSubscribers) requestSettled.publish(settledEvent(request, outcome, error))
    if (this.door !== null) this.door.settled(request, outcome)
  }

  dropped(drop: Drop<Request>): void {
    const request = drop.entry
    const facts = factsOf(drop)
    this.countDrop(request, facts)
    if (drop.reason === 'expired') request.fail(this.failures.expired(request))
    else request.fail(new DroppedError(this.name, facts))
  }

  countDrop(request: Request, facts: DropFacts): void {
    this.stats.counters.drop(facts.reason)
    this.stats.drops.add(facts.reason, this.turn.now())
    if (requestDropped.hasSubscribers) requestDropped.publish(dropEvent(request, facts))
  }

  /** Calls a function of the user's whose failure is none of the pool's business. */
  guard(effect: () => void): void {
    try {
      effect()
    } catch (error) {
      this.warn(error)
    }
  }

  /** Tells of the failure of a callback of the user's. */
  warn(error: unknown): void {
    const { onCallbackError } = this.options
    if (onCallbackError === undefined) return warn(this.name, error)
    try {
      onCallbackError(error)
    } catch (another) {
      warn(this.name, another)
    }
  }

  sendAnswer(sender: Reference, value: unknown): void {
    this.guard(() => dispatch(sender as never, value as never))
  }

  infoOf(slot: number, incarnation: number): MemberInfo {
    return new Info(this, slot, incarnation)
  }

  /** Takes a request back whose caller has given up, wherever it is. */
  #withdraw(request: Request, error: GenPoolError): void {
    this.port.remove(request)
    request.fail(error)
  }

  /** False if the signal has fired already. */
  #watchSignal(request: Request, extras: Extras): boolean {
    const { signal } = extras
    if (signal === null) return true
    if (signal.aborted) {
      request.fail(this.failures.cancelled(request))
      return false
    }
    extras.onAbort = () => this.#withdraw(request, this.failures.cancelled(request))
    signal.addEventListener('abort', extras.onAbort, { once: true })
    return true
  }

  #touch(): void {
    if (!this.#touched) this.#beginTurn()
  }

  #beginTurn(): void {
    this.#touched = true
    this.turn.touch(this)
    this.lifecycle.active()
  }
}
