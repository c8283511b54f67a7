import type { LimitFigures } from '@genpool/broker'
import { type Change, type ConcreteActor, type Nanos, Turn } from '@genpool/runtime'
import { CompiledBehaviour } from '../behaviours/compiled-behaviour'
import type { Definition } from '../behaviours/define-pool'
import type { PoolRef } from '../behaviours/protocol'
import { type ChildFault, Supervisor } from '../policies/supervision/supervisor'
import type { Intake } from '../pool/intake'
import { Kernel } from '../pool/kernel'
import type { Host, Seat } from '../pool/ports'
import type { Settings } from '../pool/settings'
import type { Phase } from '../pool/status'
import type { RequestFacts } from '../requests/request-facts'
import { selfWaitIn } from '../requests/self-wait'
import { workersOf } from '../work/with-workers'
import { stateOptionsOf } from '../work/state-options'
import type { ExplainedOptions } from '../views/explain/evidence'
import { RemediesByEvidence } from '../views/explain/remedies'
import type { RetryOptions } from '../requests/retry-options'
import { Conditions } from '../views/conditions'
import type { PolicyFigures, PoolView } from '../views/pool-view'
import { Stats } from '../views/stats/stats'
import type { PoolEvent } from '../views/telemetry/events'
import { Publisher } from '../views/telemetry/publisher'
import { StateChanges } from '../views/telemetry/state-changes'
import { engineOptionsOf } from './combined-options'
import { Retries } from '../policies/retry/retries'
import type { CallOptions } from '../pool/message-options'
import { checkedChanges } from './changes'
import { type CheckedPoolOptions, isBrokerRef, type PoolChanges, type PoolOptions } from './options'
import { Policies } from './policies'
import { PolicyPorts } from './policy-ports'
import { supervisorPorts } from './supervisor-ports'

/** What a pool is made of. */
export interface PoolSetup {
  readonly definition: Definition
  readonly options: CheckedPoolOptions
  /** The options as the user wrote them, which changes are merged into. */
  readonly given: PoolOptions
  /** The number of members if the options do not say. */
  readonly defaultSize: number
}

/** A pool with all its parts: the kernel, the policies that its options ask for, and the views. The one place that joins them. */
export class AssembledPool implements PoolView {
  readonly kernel: Kernel
  readonly intake: Intake
  readonly stats: Stats
  readonly identity: PoolEvent
  readonly stateChanges: StateChanges
  readonly policies: Policies
  readonly conditions: Conditions
  readonly #supervisor: Supervisor
  #retries: Retries | null = null
  #options: CheckedPoolOptions
  #given: PoolOptions
  readonly #isPlain: boolean

  constructor(
    private readonly host: Host & ConcreteActor,
    { definition, options, given, defaultSize }: PoolSetup,
  ) {
    this.#options = options
    this.#given = given
    this.#isPlain = definition.form === 'plain'
    this.identity = { pool: host.name, ref: host.reference as unknown as PoolRef }
    this.stats = new Stats(Turn.of(options.clock).now())
    this.#supervisor = new Supervisor(options, supervisorPorts(host, definition, this))
    const { broker } = options
    this.kernel = new Kernel({
      host,
      behaviour: new CompiledBehaviour(definition),
      settings: this.#settings(options),
      broker: isBrokerRef(broker) ? { shared: broker } : { own: engineOptionsOf(options) },
      recorder: this.stats,
      supervision: this.#supervisor,
      remedies: new RemediesByEvidence(this),
      workers: workersOf(definition),
      size: () => (typeof this.#options.size === 'number' ? this.#options.size : defaultSize),
    })
    this.intake = this.kernel.intake
    const publisher = new Publisher(this.#publisherPorts())
    this.stateChanges = new StateChanges(this.#stateChangesPorts())
    this.conditions = new Conditions(this.#conditionPorts())
    this.kernel.attach(publisher)
    this.policies = new Policies(new PolicyPorts(this.kernel, publisher))
    this.policies.configure(options)
  }

  call(message: unknown, options: CallOptions): Promise<unknown> {
    const split = splitRetry(options)
    if (split === undefined) return this.intake.call(message, options)
    this.#retries ??= new Retries(this.#retryPorts())
    return this.#retries.call(message, split.one, split.retry)
  }

  /** How many calls were repeated, and how many were not because there were too many. */
  get retries(): { readonly made: number; readonly overBudget: number; readonly overBudgetLately: number } {
    return this.#retries ?? { made: 0, overBudget: 0, overBudgetLately: 0 }
  }

  start(): void {
    this.kernel.start()
  }

  /** Changes options: all of them or, if one is wrong, none. @throws {OptionsError | StoppedError} */
  configure(changes: PoolChanges): readonly Change[] {
    const { kernel } = this
    if (kernel.status.stopping) throw kernel.failures.closed()
    const facts = { name: this.name, isPlain: this.#isPlain, sharesState: kernel.sharesState, size: this.size }
    const { options, given, changed } = checkedChanges({ options: this.#options, given: this.#given }, changes, facts)
    this.#apply(options, changed)
    this.#given = given
    if (changed.length > 0) for (const listener of kernel.listeners.configured) listener.configured(changed)
    return changed
  }

  #apply(options: CheckedPoolOptions, changed: readonly Change[]): void {
    const { kernel } = this
    if (changed.some(({ path }) => /^(broker|rate|limits)\b/.test(path)))
      kernel.port.configure(engineOptionsOf(options))
    this.#options = options
    kernel.configure(this.#settings(options))
    this.#supervisor.configure(options)
    this.policies.configure(options)
    // Members of a shared state that is not made yet are started when it is.
    if (kernel.population.populated && typeof options.size === 'number' && options.size !== this.size) {
      kernel.roster.resize(options.size)
    }
  }

  #settings(options: CheckedPoolOptions): Settings {
    const { startTimeout } = options.restart
    return { ...options, startTimeout, state: stateOptionsOf(options.state, this.#isPlain) }
  }

  /** The actor has stopped. Called once. */
  stopped(): void {
    this.kernel.status.phase = 'stopped'
    this.stateChanges.end()
    this.policies.end()
    this.kernel.lifecycle.stop()
  }

  childFailed(fault: ChildFault): void {
    this.#supervisor.childFailed(fault)
  }

  // --- as views read it ---

  get name(): string {
    return this.host.name
  }

  get phase(): Phase {
    return this.kernel.status.phase
  }

  get cause(): unknown {
    return this.kernel.status.cause
  }

  get size(): number {
    return this.kernel.roster.size
  }

  /** How many requests can be worked on at once, when an elastic size has grown. */
  get mostAtOnce(): number {
    const { size } = this.#options
    const limit = this.kernel.crew.seatGates.reduce((least, gate) => Math.min(least, gate.limit), Infinity)
    return Math.max(1, Math.min(limit, typeof size === 'object' ? size.max : this.size))
  }

  get starting(): number {
    return this.kernel.roster.slots.starting
  }

  get failedStarts(): number {
    return Math.max(this.kernel.roster.slots.failedStarts, this.kernel.sharedState.failedStarts)
  }

  get oldestStart(): PoolView['oldestStart'] {
    return this.kernel.starts.oldest
  }

  get timedOutStarts(): number {
    return this.kernel.starts.timedOut
  }

  get restarts(): number {
    return this.kernel.roster.slots.restarts
  }

  get seats(): readonly Seat[] {
    return this.kernel.roster.members
  }

  get waiting(): readonly RequestFacts[] {
    return this.kernel.port.waiting
  }

  get waitingCount(): number {
    return this.kernel.port.length
  }

  oldestWait(now: Nanos): Nanos {
    return Math.max(0, this.kernel.port.relativeTime(now))
  }

  get awaitingReply(): ReadonlySet<RequestFacts> {
    return this.kernel.pool.awaitingReply
  }

  get deadLetters(): number {
    return this.kernel.deadLetters.count
  }

  get stateVersion(): number | undefined {
    return this.kernel.cell?.version
  }

  get selfWait(): string | undefined {
    return selfWaitIn(this.kernel.pool)
  }

  figures(now: Nanos): PolicyFigures {
    return this.policies.figures(now)
  }

  limits(now: Nanos): LimitFigures {
    return this.kernel.port.limits(now)
  }

  now(): Nanos {
    return this.kernel.turn.refresh()
  }

  turnNow(): Nanos {
    return this.kernel.turn.now()
  }

  /** The options in force, with all defaults. */
  get options(): CheckedPoolOptions {
    return { ...this.#options, size: this.#options.size ?? this.size }
  }

  /** The options that an explanation depends on. */
  get explained(): ExplainedOptions {
    const { timeout, size, concurrency, broker, stuckAfter, rate, limits } = this.#options
    const client = isBrokerRef(broker) ? undefined : broker.client
    return {
      timeoutMs: timeout,
      stuckAfterMs: stuckAfter,
      ownsQueue: !isBrokerRef(broker),
      maxSize: typeof size === 'object' ? size.max : null,
      concurrencyLearns: typeof concurrency !== 'number',
      fairBy: typeof client === 'object' && client.type === 'fair' ? { by: client.by } : null,
      rate,
      limits,
      exclusive: this.kernel.stateOptions.commit === 'exclusive' && this.kernel.sharesState,
    }
  }

  // --- ports of the views ---

  #publisherPorts(): ConstructorParameters<typeof Publisher>[0] {
    const { kernel } = this
    return {
      identity: this.identity,
      path: this.host.path.parts.join('/'),
      turnNow: () => kernel.turn.now(),
      now: () => kernel.turn.refresh(),
      work: () => ({ waiting: kernel.port.length, busy: kernel.crew.busy }),
      tell: (callback) => kernel.callbacks.tell(callback),
    }
  }

  #retryPorts(): ConstructorParameters<typeof Retries>[0] {
    const { kernel } = this
    const options = (): CheckedPoolOptions => this.#options
    return {
      ...this.#conditionPorts(),
      get stopping() {
        return kernel.status.stopping
      },
      get cause() {
        return kernel.status.cause
      },
      get accepted() {
        return kernel.recorder.counters.accepted
      },
      get timeout() {
        return options().timeout
      },
      get poisonAfter() {
        return options().poisonAfter
      },
      rerunsOf: (type) => options().retryOnCrash[type] ?? 0,
      now: () => kernel.turn.refresh(),
      random: () => options().random(),
      after: (ms, fn, holds) => kernel.timers.after(ms, fn, holds),
      call: (message, one, crashes) => kernel.intake.callAgain(message, one, crashes),
    }
  }

  #conditionPorts(): ConstructorParameters<typeof Conditions>[0] {
    const { kernel } = this
    return {
      name: this.name,
      get stopping() {
        return kernel.status.stopping
      },
      get cause() {
        return kernel.status.cause
      },
      attach: (part) => kernel.attach(part),
      detach: (part) => kernel.detach(part),
    }
  }

  #stateChangesPorts(): ConstructorParameters<typeof StateChanges>[0] {
    const { kernel, identity } = this
    return {
      identity,
      get cell() {
        return kernel.cell
      },
      get stopping() {
        return kernel.status.stopping
      },
      attach: (part) => kernel.attach(part),
      detach: (part) => kernel.detach(part),
      callSafely: (callback) => kernel.callbacks.callSafely(callback),
      tell: (callback) => kernel.callbacks.tell(callback),
    }
  }
}

/** The `retry` of a call and its other options; undefined without it. What cannot be read is refused where all options are. */
function splitRetry(options: CallOptions): { retry: RetryOptions; one: Omit<CallOptions, 'retry'> } | undefined {
  try {
    if (options.retry === undefined) return undefined
    const { retry, ...one } = options
    return { retry, one }
  } catch {
    return undefined
  }
}
