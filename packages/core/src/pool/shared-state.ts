import type { Cell } from '@genpool/state-ane'
import { InitStep } from '../behaviours/behaviour'
import type { CompiledBehaviour } from '../behaviours/compiled-behaviour'
import type { MemberInfo } from '../behaviours/context'
import { eventually } from '../behaviours/eventually'
import type { PoolFacts } from '../behaviours/pool-facts'
import { initialise } from '../work/callbacks'
import { sharedCell } from '../work/state-options'
import type { LiveSettings } from './settings'
import { StartLoop, type StartPorts } from './start-loop'
import type { Supervision } from './ports'
import type { Status } from './status'

/** What making the shared state needs of the pool. */
export interface SharedStatePorts extends StartPorts {
  readonly behaviour: CompiledBehaviour
  readonly facts: PoolFacts
  readonly settings: LiveSettings
  readonly status: Status
  readonly supervision: Supervision
  /** `init` runs once for the pool, in the name of slot 0. */
  readonly roster: { identify(slot: number, incarnation: number): MemberInfo }
  /** The state is there. `step`: what `init` asked for; undefined if it was simply a state. */
  stateReady(cell: Cell<unknown>, step: InitStep | undefined): void
  readonly lifecycle: { giveUp(error: unknown, why: string): void }
}

/** The one state of all members: made by `init` once, before the first member. */
export class SharedState {
  cell: Cell<unknown> | undefined = undefined
  readonly #starts: StartLoop

  constructor(private readonly kernel: SharedStatePorts) {
    this.#starts = new StartLoop(kernel.supervision.startCounter(), kernel)
  }

  /** How many times in a row it could not be made. */
  get failedStarts(): number {
    return this.cell === undefined ? this.#starts.failures : 0
  }

  /** Makes the state. Tried again after a failure, as supervision says. */
  start(): void {
    const info = this.kernel.roster.identify(0, this.#starts.failures + 1)
    eventually(
      () => initialise(this.kernel.behaviour, this.kernel.facts, info),
      (made) => this.#made(info, made),
      (error) => this.#failed(info, error),
    )
  }

  #failed(info: MemberInfo, error: unknown): void {
    if (this.kernel.status.stopping) return
    const withoutState = (): void => {
      this.#starts.gaveUp(info, error)
      this.#made(info, undefined)
    }
    this.kernel.supervision.startFailed({ seekWork: withoutState, leave: () => this.#tryAgain(info, error) }, error)
  }

  /** Another first value, for a reset. */
  async makeAgain(): Promise<unknown> {
    const made = await initialise(this.kernel.behaviour, this.kernel.facts, this.kernel.roster.identify(0, 1))
    return made instanceof InitStep ? made.value : made
  }

  #made(info: MemberInfo, made: unknown): void {
    if (this.kernel.status.stopping) return
    const step = made instanceof InitStep ? made : undefined
    if (step?.kind === 'refuse') return this.kernel.lifecycle.giveUp(step.reason, 'its init refused to start')
    if (step?.kind === 'ignore') return this.kernel.lifecycle.giveUp('ignore', 'its init wants no member')
    let opening: Cell<unknown> | undefined
    eventually(
      () => {
        const { state } = this.kernel.settings.current
        opening = sharedCell(this.kernel.facts.name, state, step === undefined ? made : step.value)
        // A store that reads a journal first is waited for.
        return (state.store as { readonly ready?: PromiseLike<void> } | undefined)?.ready
      },
      () => this.#opened(opening as Cell<unknown>, step),
      (error) => this.#tryAgain(info, error),
    )
  }

  #opened(cell: Cell<unknown>, step: InitStep | undefined): void {
    if (this.kernel.status.stopping) return
    this.cell = cell
    this.kernel.stateReady(cell, step)
  }

  #tryAgain(info: MemberInfo, error: unknown): void {
    if (this.kernel.status.stopping) return
    if (this.#starts.failed(info, error, () => this.start())) return
    this.kernel.lifecycle.giveUp(error, `its init failed ${this.#starts.failures} times in a row`)
  }
}
