import { type Clock, type ConcreteSystem, Turn, type Nanos } from '@genpool/runtime'
import type { Cell, CommitOptions } from '@genpool/state-ane'
import type { CompiledBehaviour } from '../behaviours/compiled-behaviour'
import { PoolFacts } from '../behaviours/pool-facts'
import { Member } from '../members/member'
import { Failures } from '../requests/failures'
import { mailboxOf } from '../requests/mailbox'
import { noRemedies } from '../requests/remedies'
import type { Request } from '../requests/request'
import { InProcessWorkers } from '../work/in-process-workers'
import type { StateOptions } from '../work/state-options'
import type { Worker, WorkerFactory } from '../work/worker'
import { Attachments } from './attachments'
import { BrokerPort } from './broker-port'
import { Callbacks } from './callbacks'
import { Crashes } from './crashes'
import { PoolCrew } from './crew'
import { DeadLetters } from './dead-letters'
import { DirectMessages } from './direct-messages'
import { ExternalPort } from './external-port'
import { Holds } from './holds'
import { Intake } from './intake'
import type { KernelSetup } from './kernel-setup'
import { Lifecycle } from './lifecycle'
import { Listeners } from './listeners'
import { noSupervision } from './no-supervision'
import { Pool } from './pool'
import { PoolSeat } from './pool-seat'
import { PoolTimers } from './pool-timers'
import { Population } from './population'
import type { Port } from './port'
import type { Host, Recorder, Supervision } from './ports'
import { Roster } from './roster'
import { ServiceTime } from './service-time'
import type { LiveSettings, Settings } from './settings'
import { SharedState } from './shared-state'
import { Starts } from './starts'
import { Status } from './status'
import { TurnWork } from './turn-work'
import { Workload } from './workload'

const NO_VIEWS = { remedies: noRemedies }

/**
 * A pool without policies and views: submit, match, run, settle, and the life of pool and members. Names its own parts only.
 *
 * Each part gets the kernel itself, but its type shows only the small interface that it declares. The constructor makes a part after
 * the parts that it uses at once: time, settings and errors, then the broker, the way of requests, the members, the life.
 */
export class Kernel {
  readonly host: Host
  readonly behaviour: CompiledBehaviour
  readonly recorder: Recorder
  readonly supervision: Supervision
  readonly settings: LiveSettings
  readonly turn: Turn
  readonly status = new Status()
  readonly listeners = new Listeners()
  readonly facts: PoolFacts
  readonly turnWork: TurnWork
  readonly port: Port
  readonly pool: Pool
  readonly intake: Intake
  readonly roster: Roster
  readonly starts: Starts
  readonly population: Population
  readonly crew: PoolCrew
  readonly sharedState: SharedState
  readonly lifecycle: Lifecycle
  commitOptions: CommitOptions
  isExclusive: boolean
  /** Whether members work at the same time: a handler has awaited something, or the work is done elsewhere. */
  overlaps: boolean
  /** Whether a member may wait for a request while it has others: its worker may take several ahead. */
  readonly worksAhead: boolean
  /** Those of this thread are made with the first worker. */
  #workers: WorkerFactory<Request> | undefined
  readonly #views: NonNullable<KernelSetup['views']>
  // Many pools never need these.
  #failures: Failures | null = null
  #holds: Holds | null = null
  #directMessages: DirectMessages | null = null
  #deadLetters: DeadLetters | null = null
  #serviceTime: ServiceTime | null = null
  #crashes: Crashes | null = null
  #callbacks: Callbacks | null = null
  #timers: PoolTimers | null = null

  constructor(setup: KernelSetup) {
    const { host, behaviour, settings, broker, workers } = setup
    this.host = host
    this.behaviour = behaviour
    this.recorder = setup.recorder
    this.supervision = setup.supervision ?? noSupervision
    this.settings = { current: settings }
    this.commitOptions = settings.commitOptions
    this.isExclusive = settings.commitOptions.mode === 'exclusive'
    this.turn = Turn.of(settings.clock)
    this.facts = new PoolFacts(host)
    this.#views = setup.views ?? NO_VIEWS
    this.turnWork = new TurnWork(this.turn, this)
    this.overlaps = this.worksAhead = workers !== undefined
    this.port = 'shared' in broker ? new ExternalPort(this, broker.shared) : new BrokerPort(broker.own, this)
    this.pool = new Pool(this, this.port)
    this.intake = new Intake(this.pool, behaviour, this.settings, this)
    this.roster = new Roster(this)
    this.starts = new Starts(this)
    this.population = new Population(this, setup.sizing)
    this.crew = new PoolCrew(this)
    this.#workers = workers
    this.sharedState = new SharedState(this)
    this.lifecycle = new Lifecycle(this)
  }

  get name(): string {
    return this.host.name
  }

  get system(): ConcreteSystem {
    return this.host.system
  }

  get clock(): Clock {
    return this.settings.current.clock
  }

  get failures(): Failures {
    return (this.#failures ??= new Failures(this.name, this.turn, this.status, this.#views.remedies))
  }

  get holds(): Holds {
    return (this.#holds ??= new Holds(this))
  }

  get directMessages(): DirectMessages {
    return (this.#directMessages ??= new DirectMessages(this.pool, this.behaviour))
  }

  get deadLetters(): DeadLetters {
    return (this.#deadLetters ??= new DeadLetters(this))
  }

  get serviceTime(): ServiceTime {
    return (this.#serviceTime ??= new ServiceTime(this))
  }

  get crashes(): Crashes {
    return (this.#crashes ??= new Crashes(this))
  }

  get timers(): PoolTimers {
    return (this.#timers ??= new PoolTimers(this.clock))
  }

  get callbacks(): Callbacks {
    return (this.#callbacks ??= new Callbacks(this.name, this.turn, this.settings))
  }

  get workload(): Workload {
    return new Workload(this)
  }

  start(): void {
    this.lifecycle.start(this.behaviour.properties.shutdownAfter)
  }

  // --- what changes it ---

  /** Where policies and views attach. */
  get attachments(): Attachments {
    return new Attachments(this)
  }

  /** Replaces the settings. */
  configure(settings: Settings): void {
    this.settings.current = settings
    this.commitOptions = settings.commitOptions
    this.isExclusive = settings.commitOptions.mode === 'exclusive'
    this.starts.settingsChanged()
    this.lifecycle.settingsChanged()
    this.pool.entrance.settingsChanged()
  }

  /** Replaces a member while its handler runs `request`, which fails with `cause`. Does nothing if it has ended that, or has ended itself. */
  abandon(member: Member, request: Request, cause: Error): void {
    if (member.status === 'ended' || !member.hand.hasGiven(request)) return
    this.recorder.stuck(this.turn.now())
    for (const listener of this.listeners.memberAbandoned) listener.memberAbandoned(member, request, cause)
    member.departure.abandon(request, cause)
  }

  // --- figures ---

  get stateOptions(): StateOptions {
    return this.settings.current.state
  }

  /** Whether there is one state for all members. */
  get sharesState(): boolean {
    return this.stateOptions.type === 'shared'
  }

  /** The shared state; undefined if each member has its own, or before it is made. */
  get cell(): Cell<unknown> | undefined {
    return this.sharedState.cell
  }

  // --- turns ---

  beforeCommits(): void {
    for (const listener of this.listeners.beforeCommits) listener.beforeCommits()
  }

  ran(ns: Nanos, times: number): void {
    this.crew.ran(ns, times)
  }

  turnEnded(): void {
    const { turn } = this
    this.recorder.turnEnded(turn.lasted, turn.last)
    this.pool.rest()
    this.starts.rest()
    for (const listener of this.listeners.turnEnded) listener.turnEnded(turn.last)
    if (this.status.phase === 'draining') this.lifecycle.settle()
  }

  // --- members ---

  /** Sends a member what was broadcast before it was there. */
  welcome(member: Member): void {
    if (this.#directMessages !== null) this.#directMessages.welcome(member)
  }

  newMember(slot: number, incarnation: number): Member {
    return new Member(slot, incarnation, this.crew, this.turn.now())
  }

  newWorker(member: Member): Worker<Request> {
    this.#workers ??= new InProcessWorkers(this)
    return this.#workers.create(new PoolSeat(member.info, this), member)
  }

  /** Those of this thread find a state that they share. */
  get workersAreReady(): boolean {
    return !this.worksAhead && this.sharesState
  }

  seatDropped(member: Member): void {
    if (member.status === 'idle' && this.population.canSpare()) this.roster.dismiss(member)
    else member.seatDropped()
  }

  release(member: Member, reason: unknown): void {
    const { departure } = member
    const hurry = (): void => departure.hurry()
    this.lifecycle.release(member.info.name, () => departure.endWork(reason), hurry)
  }

  // --- life ---

  /** A queue threw, so that what it holds is unknown. */
  queueFailed(error: unknown): void {
    this.lifecycle.giveUp(error, 'its queue failed')
  }

  keepMailbox(): void {
    if (this.behaviour.properties.afterStop !== undefined) this.status.mailbox = mailboxOf(this.port.waiting)
  }

  /** Fails what waits. */
  failWaiting(): void {
    for (const request of [...this.port.drain(), ...this.pool.awaitingReply]) {
      request.fail(this.failures.stopped(request))
    }
  }

  /** Fails what waits, and ends the members. */
  shutDown(): void {
    this.population.end()
    this.failWaiting()
    this.roster.shutDown('shutdown')
    this.starts.end()
    this.sharedState.end()
    this.port.close()
  }
}
