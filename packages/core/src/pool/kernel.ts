import { type BrokerOptions, type BrokerRef } from '@genpool/broker'
import { type Nanos, Turn } from '@genpool/runtime'
import type { Cell, CommitOptions } from '@genpool/state-ane'
import type { InitStep } from '../behaviours/behaviour'
import type { CompiledBehaviour } from '../behaviours/compiled-behaviour'
import type { MemberInfo } from '../behaviours/context'
import { PoolFacts } from '../behaviours/pool-facts'
import { Member } from '../members/member'
import { Failures } from '../requests/failures'
import type { Request } from '../requests/request'
import { type InProcessPool, InProcessWorkers } from '../work/in-process'
import { commitOptionsOf, type StateOptions } from '../work/state-options'
import type { WorkerFactory } from '../work/worker'
import { BrokerPort } from './broker-port'
import { Callbacks } from './callbacks'
import { Crashes } from './crashes'
import { PoolCrew } from './crew'
import { DeadLetters } from './dead-letters'
import { DirectMessages } from './direct-messages'
import { ExternalPort } from './external-port'
import { fixedSize } from './fixed-size'
import { Intake } from './intake'
import { Lifecycle } from './lifecycle'
import { Listeners } from './listeners'
import { Pool } from './pool'
import { PoolTimers } from './pool-timers'
import type { Port } from './port'
import type { Attaching, Attachment, Gate, Host, Recorder, SeatGate, SizePolicy, Supervision } from './ports'
import { Roster } from './roster'
import type { LiveSettings, Settings } from './settings'
import { SharedState } from './shared-state'
import { Status } from './status'
import { TurnWork } from './turn-work'

/** What a kernel is made of. */
export interface KernelSetup {
  readonly host: Host
  readonly behaviour: CompiledBehaviour
  readonly settings: Settings
  /** Options of a broker of its own, or one that runs already. */
  readonly broker: { readonly own: BrokerOptions } | { readonly shared: BrokerRef<never, never> }
  readonly recorder: Recorder
  readonly supervision: Supervision
  /** Makes the workers; undefined for workers in this thread. */
  readonly workers: WorkerFactory<Request> | undefined
  /** The number of members while no policy decides about it. */
  size(): number
}

/** A pool without policies and views: submit, match, run, settle, and the life of pool and members. Names its own parts only. */
export class Kernel implements InProcessPool, Attaching {
  readonly turn: Turn
  readonly status = new Status()
  readonly listeners = new Listeners()
  readonly settings: LiveSettings
  readonly timers: PoolTimers
  readonly callbacks: Callbacks
  readonly facts: PoolFacts
  readonly failures: Failures
  readonly behaviour: CompiledBehaviour
  readonly recorder: Recorder
  readonly deadLetters: DeadLetters
  readonly pool: Pool
  readonly port: Port
  readonly crew: PoolCrew
  readonly roster: Roster
  readonly lifecycle: Lifecycle
  readonly intake: Intake
  readonly directMessages: DirectMessages
  readonly sharedState: SharedState
  commitOptions: CommitOptions
  /** Whether members may start: a shared state is there. */
  populated = false
  #sizePolicy: SizePolicy
  readonly #fixedSize: SizePolicy
  readonly #host: Host
  readonly #turnWork: TurnWork
  readonly #workers: WorkerFactory<Request>

  constructor({ host, behaviour, settings, broker, recorder, supervision, workers, size }: KernelSetup) {
    const { clock } = settings
    this.#host = host
    this.behaviour = behaviour
    this.recorder = recorder
    this.settings = { current: settings }
    this.commitOptions = commitOptionsOf(settings.state)
    this.turn = Turn.of(clock)
    this.timers = new PoolTimers(clock)
    this.facts = new PoolFacts(host)
    this.failures = new Failures(host.name, this.turn, this.status)
    this.callbacks = new Callbacks(host.name, () => this.settings.current.onCallbackError)
    this.#workers = workers ?? new InProcessWorkers(this)
    this.#turnWork = new TurnWork(this.turn, {
      turnBegan: () => this.lifecycle.active(),
      beforeRuns: () => this.beforeCommits(),
      turnEnded: () => this.#turnEnded(),
    })
    const { turn, status, listeners, failures, callbacks, timers, facts } = this
    const common = { turn, status, listeners, recorder, failures, callbacks, timers, facts, behaviour, supervision }
    this.deadLetters = new DeadLetters({
      pool: host.name,
      listeners,
      callbacks,
      onDrop: () => this.settings.current.onDrop,
    })
    this.port = 'shared' in broker ? this.#meet(broker.shared) : this.#ownPort(broker.own)
    this.pool = new Pool(
      {
        ...common,
        name: host.name,
        system: host.system,
        settings: this.settings,
        deadLetters: this.deadLetters,
        turnWork: this.#turnWork,
      },
      this.port,
    )
    this.intake = new Intake(this.pool, behaviour, this.settings)
    this.directMessages = new DirectMessages(this.pool, behaviour)
    this.roster = new Roster({
      ...common,
      newMember: (info) => this.#newMember(info),
      addressFor: (member) => this.#addressFor(member),
      welcome: (member) => this.directMessages.welcome(member),
      continueWith: (member, argument) => this.directMessages.continueWith(member, argument),
      memberReady: () => this.#memberReady(),
      release: (member, reason) => this.lifecycle.release(() => member.endWork(reason)),
      canSpare: () => this.#sizePolicy.mayEnd(),
      giveUp: (error, why) => this.lifecycle.giveUp(error, why),
    })
    this.#sizePolicy = this.#fixedSize = fixedSize(size, this.roster)
    this.crew = new PoolCrew({
      ...common,
      turnWork: this.#turnWork,
      pool: this.pool,
      directMessages: this.directMessages,
      roster: this.roster,
      crashes: new Crashes({
        ...common,
        deadLetters: this.deadLetters,
        runAgain: (request) => this.pool.runAgain(request),
      }),
    })
    this.sharedState = new SharedState({
      ...common,
      settings: this.settings,
      identify: (slot, incarnation) => this.roster.identify(slot, incarnation),
      stateReady: (cell, step) => this.#stateReady(cell, step),
      giveUp: (error, why) => this.lifecycle.giveUp(error, why),
    })
    this.lifecycle = new Lifecycle(this.#lifecyclePorts())
  }

  // --- what its workers ask ---

  get stateOptions(): StateOptions {
    return this.settings.current.state
  }

  get stopping(): boolean {
    return this.status.stopping
  }

  callSafely(callback: () => unknown): void {
    this.callbacks.callSafely(callback)
  }

  crashed(request: Request, cause: unknown): ReturnType<Failures['crashed']> {
    return this.failures.crashed(request, cause)
  }

  beforeCommits(): void {
    for (const listener of this.listeners.beforeCommits) listener.beforeCommits()
  }

  // --- what views ask ---

  /** The shared state; undefined if each member has its own, or before it is made. */
  get cell(): Cell<unknown> | undefined {
    return this.sharedState.cell
  }

  /** Whether there is one state for all members. */
  get sharesState(): boolean {
    return this.settings.current.state.type === 'shared'
  }

  /** Whether nothing waits, runs, or is about to run. */
  get quiet(): boolean {
    if (this.#turnWork.scheduled || this.crew.busy > 0 || this.pool.awaitingReply.size > 0) return false
    return this.port.length === 0 && this.roster.members.every((member) => !member.hasOwn)
  }

  /** How long the oldest request has waited; 0 if none waits. */
  oldestWait(now: Nanos): Nanos {
    return Math.max(0, this.port.relativeTime(now))
  }

  // --- what changes it ---

  attach(part: Attachment): void {
    this.listeners.attach(part)
    if (part.refusal !== undefined) this.pool.gates = [...this.pool.gates, part as Gate]
    if (part.mayWork !== undefined) this.crew.seatGates = [...this.crew.seatGates, part as SeatGate]
  }

  detach(part: Attachment): void {
    this.listeners.detach(part)
    this.pool.gates = this.pool.gates.filter((gate) => gate !== part)
    this.crew.seatGates = this.crew.seatGates.filter((gate) => gate !== part)
  }

  /** Decides about the size from now on; undefined for the fixed size. */
  setSizePolicy(policy: SizePolicy | undefined): void {
    this.#sizePolicy = policy ?? this.#fixedSize
  }

  /** Gives a member up while its handler runs: its requests fail with `cause`, and it is replaced. */
  abandon(member: Member, cause: unknown): void {
    this.recorder.stuck(this.turn.now())
    for (const listener of this.listeners.memberAbandoned) listener.memberAbandoned(member, cause)
    member.abandon(cause)
  }

  start(): void {
    this.lifecycle.start(this.behaviour.properties.shutdownAfter)
  }

  /** Takes other settings over. */
  configure(settings: Settings): void {
    this.settings.current = settings
    this.commitOptions = commitOptionsOf(settings.state)
    this.pool.settingsChanged()
  }

  // --- how its parts are joined ---

  #ownPort(options: BrokerOptions): BrokerPort {
    return new BrokerPort(options, {
      clock: this.settings.current.clock,
      turn: this.turn,
      listeners: this.listeners,
      random: () => this.settings.current.random(),
      dropped: (drop) => this.pool.dropped(drop),
      seatDropped: (member) => this.#seatDropped(member),
      failed: (error) => this.lifecycle.giveUp(error, 'its queue failed'),
    })
  }

  #meet(shared: BrokerRef<never, never>): ExternalPort {
    return new ExternalPort(
      {
        name: this.#host.name,
        turn: this.turn,
        failures: this.failures,
        countDrop: (request, facts) => this.pool.countDrop(request, facts),
        stopWith: (error, why) => this.lifecycle.stopWith(error, why),
      },
      shared,
    )
  }

  #lifecyclePorts(): ConstructorParameters<typeof Lifecycle>[0] {
    const kernel = this
    return {
      host: this.#host,
      turn: this.turn,
      status: this.status,
      listeners: this.listeners,
      callbacks: this.callbacks,
      timers: this.timers,
      get cell() {
        return kernel.cell
      },
      get quiet() {
        return kernel.quiet
      },
      get empty() {
        return kernel.roster.isEmpty
      },
      makeState: () => this.sharedState.makeAgain(),
      start: () => (this.sharesState ? this.sharedState.start() : this.#populate(0)),
      closed: () => this.pool.closed(),
      shutDown: () => this.#shutDown(),
      resetMembers: () => this.roster.members.forEach((member) => member.leave('reset')),
    }
  }

  #newMember(info: MemberInfo): Member {
    return new Member(info, this.crew, { workers: this.#workers, cell: this.cell }, this.turn.now())
  }

  #addressFor(member: Member): ReturnType<Host['addressFor']> {
    return this.#host.addressFor({
      name: member.name,
      tell: (message, sender) => this.directMessages.tell(member, message, sender),
      query: (message, timeout) => this.directMessages.query(member, message, timeout),
      stopped: () => member.leave('shutdown'),
    })
  }

  #stateReady(cell: Cell<unknown>, step: InitStep | undefined): void {
    for (const listener of this.listeners.stateReady) listener.stateReady(cell)
    this.#populate(step === undefined ? 0 : 1)
    const [first] = this.roster.members
    if (step !== undefined && first !== undefined) this.directMessages.continueWith(first, step.reason)
    this.lifecycle.memberReady()
  }

  #populate(atLeast: number): void {
    this.populated = true
    this.#sizePolicy.populate(atLeast)
    // A pool without members can take requests: the first one starts a member.
    if (this.roster.size === 0) this.lifecycle.memberReady()
  }

  /** Members of a shared state are told of together, when all have started. */
  #memberReady(): void {
    if (!this.sharesState) this.lifecycle.memberReady()
  }

  #seatDropped(member: Member): void {
    if (member.status === 'idle' && this.#sizePolicy.mayEnd()) this.roster.dismiss(member)
    else member.seatDropped()
  }

  #turnEnded(): void {
    const { turn } = this
    this.recorder.turnEnded(turn.lasted, turn.last)
    this.pool.rest()
    for (const listener of this.listeners.turnEnded) listener.turnEnded(turn.last)
    if (this.status.phase === 'draining') this.lifecycle.settle()
  }

  #shutDown(): void {
    const stopped = (request: Request): void => void request.fail(this.failures.stopped(request))
    this.#sizePolicy.end()
    this.port.drain().forEach(stopped)
    ;[...this.pool.awaitingReply].forEach(stopped)
    this.roster.shutDown('shutdown')
    this.port.close()
  }
}
