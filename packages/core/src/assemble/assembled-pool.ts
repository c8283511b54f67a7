import type { BrokerRef } from '@genpool/broker'
import { type Change, type ConcreteActor, type Nanos, Turn } from '@genpool/runtime'
import { type ChildFault, Supervisor } from '../policies/supervision/supervisor'
import type { Intake } from '../pool/intake'
import { Kernel } from '../pool/kernel'
import type { Host } from '../pool/ports'
import type { Sizing } from '../pool/fixed-size'
import { workersOf } from '../work/with-workers'
import type { ExplainedOptions } from '../views/explain/evidence'
import { RemediesByEvidence } from '../views/explain/remedies'
import { Conditions } from '../views/conditions'
import type { PolicyFigures, PoolView } from '../views/pool-view'
import type { Source } from '../views/sources'
import { Stats } from '../views/stats/stats'
import type { PoolEvent } from '../views/telemetry/events'
import { Publisher } from '../views/telemetry/publisher'
import { StateChanges } from '../views/telemetry/state-changes'
import { engineOptionsOf } from './combined-options'
import type { Retries } from '../policies/retry/retries'
import type { CallOptions } from '../pool/message-options'
import { type Blueprint, settingsOf } from './blueprint'
import { changesTo, checkedChanges } from './changes'
import { explainedOptions } from './explained-options'
import { KernelFigures } from './kernel-figures'
import type { CheckedPoolOptions, PoolChanges, PoolOptions } from './options'
import { Policies } from './policies'
import { retriesOf, splitRetry } from './retried-calls'
import { PoolSupervisorPorts } from './supervisor-ports'
import { ViewPorts } from './view-ports'

/** What follows for `configure`. */
const UNCHANGED = 'nothing was changed'

/** A pool with all its parts: the kernel, the policies that its options ask for, and the views. The one place that joins them. */
export class AssembledPool extends KernelFigures implements PoolView, Sizing {
  readonly kernel: Kernel
  readonly intake: Intake
  readonly #stats: Stats
  readonly stateChanges: StateChanges
  readonly policies: Policies
  readonly #supervisor: Supervisor
  readonly #ports: ViewPorts
  #conditions: Conditions | null = null
  #sources: Set<Source> | null = null
  #retries: Retries | null = null
  #options: CheckedPoolOptions
  #given: PoolOptions

  constructor(
    private readonly host: Host & ConcreteActor,
    private readonly blueprint: Blueprint,
  ) {
    super()
    const { definition, options } = blueprint
    this.#options = options
    this.#given = blueprint.given
    this.#stats = new Stats(Turn.of(options.clock).now())
    this.#supervisor = new Supervisor(options, this)
    this.kernel = new Kernel({
      host,
      behaviour: blueprint.behaviour,
      settings: blueprint.settings,
      broker:
        blueprint.engine === null ? { shared: options.broker as BrokerRef<never, never> } : { own: blueprint.engine },
      recorder: this.#stats,
      supervision: this.#supervisor,
      views: this,
      workers: workersOf(definition),
      sizing: this,
    })
    this.intake = this.kernel.intake
    const ports = (this.#ports = new ViewPorts(host, this.kernel))
    const publisher = new Publisher(ports)
    this.stateChanges = new StateChanges(ports)
    this.kernel.attachments.attach(publisher)
    this.policies = new Policies(this.kernel, publisher)
    this.policies.configure(options)
  }

  /** With all runs: those that were not measured count as the last ones before them. */
  get stats(): Stats {
    const rest = this.kernel.turnWork.unmeasuredRuns()
    if (rest !== undefined) this.#stats.ran(rest.mean, this.now(), rest.pieces)
    return this.#stats
  }

  /** What supervision sees of the pool. Made when it is read. */
  get supervisorPorts(): PoolSupervisorPorts {
    return new PoolSupervisorPorts(this.host, this.blueprint.definition, this)
  }

  /** What errors say about causes. Made when it is read. */
  get remedies(): RemediesByEvidence {
    return new RemediesByEvidence(this)
  }

  get identity(): PoolEvent {
    return this.#ports.identity
  }

  call(message: unknown, options: CallOptions): Promise<unknown> {
    const split = splitRetry(options)
    if (split === undefined) return this.intake.call(message, options)
    this.#retries ??= retriesOf(this)
    return this.#retries.call(message, split.one, split.retry)
  }

  get conditions(): Conditions {
    return (this.#conditions ??= new Conditions(this.#ports))
  }

  /** What brings messages to it and keeps them until they are done. */
  get sources(): Set<Source> {
    return (this.#sources ??= new Set())
  }

  /** How many calls were repeated, and how many were not because there were too many. */
  get retries(): { readonly made: number; readonly overBudget: number; readonly overBudgetLately: number } {
    return this.#retries ?? { made: 0, overBudget: 0, overBudgetLately: 0 }
  }

  /** The options as they are now. */
  get options(): CheckedPoolOptions {
    return this.#options
  }

  start(): void {
    this.kernel.start()
  }

  /** Changes options: all of them or, if one is wrong, none. @throws {OptionsError | StoppedError} */
  configure(changes: PoolChanges): readonly Change[] {
    const { options, given, changed } = this.checked(changes)
    this.apply(options, changed)
    this.#given = given
    if (changed.length > 0) for (const listener of this.kernel.listeners.configured) listener.configured(changed)
    return changed
  }

  /** What `configure` would change. Changes nothing. @throws {OptionsError | StoppedError} */
  preview(changes: PoolChanges): readonly Change[] {
    return this.checked(changes).changed
  }

  private checked(changes: PoolChanges): ReturnType<typeof checkedChanges> {
    const { kernel } = this
    if (kernel.status.stopping) throw kernel.failures.over(UNCHANGED)
    const facts = {
      name: this.name,
      isolates: this.blueprint.isolates,
      sharesState: kernel.sharesState,
      size: this.size,
    }
    const checked = checkedChanges({ options: this.#options, given: this.#given }, changes, facts)
    this.blueprint.check(checked.options, changesTo(this.name))
    return checked
  }

  private apply(options: CheckedPoolOptions, changed: readonly Change[]): void {
    const { kernel } = this
    if (changed.some(({ path }) => /^(broker|rate|limits)\b/.test(path))) this.#configureBroker(options)
    this.#options = options
    kernel.configure(settingsOf(options, this.blueprint.isolates))
    this.#supervisor.configure(options)
    this.policies.configure(options)
    // Members of a shared state that is not made yet are started when it is.
    if (kernel.population.populated && typeof options.size === 'number' && options.size !== this.size) {
      kernel.roster.resize(options.size)
    }
  }

  /** It finds the keys of what waits anew: a function of the user's may stop the pool then. */
  #configureBroker(options: CheckedPoolOptions): void {
    const { port, status, failures, roster } = this.kernel
    const wasRated = port.isRated
    port.configure(engineOptionsOf(options))
    if (port.isRated && !wasRated) for (const seat of roster.members) seat.giveBackAhead()
    if (!status.stopping) return
    this.kernel.failWaiting()
    throw failures.over(UNCHANGED)
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

  get fixedSize(): number {
    const { size } = this.#options
    return typeof size === 'number' ? size : this.blueprint.defaultSize
  }

  /** How many requests can be worked on at once, when an elastic size has grown. */
  get mostAtOnce(): number {
    const { size } = this.#options
    const limit = this.kernel.crew.seatGates.reduce((least, gate) => Math.min(least, gate.limit), Infinity)
    return Math.max(1, Math.min(limit, typeof size === 'object' ? size.max : this.size))
  }

  figures(now: Nanos): PolicyFigures {
    return this.policies.figures(now)
  }

  get explained(): ExplainedOptions {
    return explainedOptions(this.#options, this.kernel.stateOptions)
  }
}
