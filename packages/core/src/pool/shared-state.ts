import { OptionsError } from '@genpool/runtime'
import type { Cell } from '@genpool/state-ane'
import { isOf } from '../behaviours/answerable'
import { InitStep } from '../behaviours/behaviour'
import type { CompiledBehaviour } from '../behaviours/compiled-behaviour'
import type { MemberInfo } from '../behaviours/context'
import type { PoolFacts } from '../behaviours/pool-facts'
import { initialise, terminate } from '../work/callbacks'
import { sharedCell } from '../work/state-options'
import type { LiveSettings } from './settings'
import { StartLoop, type StartPorts } from './start-loop'
import { MISFIT, Start, type Starts } from './starts'
import type { Supervision } from './ports'
import type { Status } from './status'

/** What making the shared state needs of the pool. */
export interface SharedStatePorts extends StartPorts {
  readonly behaviour: CompiledBehaviour
  readonly facts: PoolFacts
  readonly settings: LiveSettings
  readonly status: Status
  readonly supervision: Supervision
  readonly starts: Starts
  /** `init` runs once for the pool, in the name of slot 0. */
  readonly roster: { identify(slot: number, incarnation: number): MemberInfo }
  readonly population: {
    /** The state is there. `step`: what `init` asked for; undefined if it was simply a state. */
    stateReady(cell: Cell<unknown>, step: InitStep | undefined): void
  }
  readonly lifecycle: { giveUp(error: unknown, why: string): void; release(member: string, end: () => unknown): void }
}

/** The one state of all members: made by `init` once, before the first member. */
export class SharedState {
  cell: Cell<unknown> | undefined = undefined
  /** What `init` has made, for a store that has not opened: the next start waits for it again. */
  #opening: { readonly info: MemberInfo; readonly cell: Cell<unknown>; readonly made: unknown } | undefined = undefined
  /** Made with the first start that failed. */
  #starts: StartLoop | null = null

  constructor(private readonly kernel: SharedStatePorts) {}

  /** How many times in a row it could not be made. */
  get failedStarts(): number {
    return this.cell === undefined ? (this.#starts?.failures ?? 0) : 0
  }

  /** Makes the state. Tried again after a failure, as supervision says. */
  start(): void {
    const info = this.kernel.roster.identify(0, this.failedStarts + 1)
    if (this.#opening !== undefined) return this.open(info, this.#opening.made)
    this.initialise(
      info,
      (made) => this.made(info, made),
      (error) => this.failed(info, error),
    )
  }

  private failed(info: MemberInfo, error: unknown): void {
    if (this.kernel.status.stopping) return
    const withoutState = (): void => {
      this.startLoop.gaveUp(info, error)
      this.made(info, undefined)
    }
    this.kernel.supervision.startFailed({ seekWork: withoutState, leave: () => this.tryAgain(info, error) }, error)
  }

  /** Another first value, for a reset. */
  makeAgain(): Promise<unknown> {
    const info = this.kernel.roster.identify(0, 1)
    return new Promise((resolve, reject) => {
      this.initialise(info, (made) => resolve(made instanceof InitStep ? made.value : made), reject)
    })
  }

  /** The pool stops. */
  end(): void {
    if (this.#opening !== undefined) this.release(this.#opening.info, this.#opening.made, 'shutdown')
    this.#opening = undefined
  }

  private initialise(info: MemberInfo, done: (made: unknown) => void, failed: (error: unknown) => void): void {
    const { behaviour, facts, starts } = this.kernel
    const make = (): unknown => initialise(behaviour, facts, info)
    const late = (made: unknown): void => this.release(info, made, start.timedOut ? 'startTimeout' : 'shutdown')
    const abandoned = (): void => behaviour.routes?.hurryInit?.(info)
    const start = new Start({ of: { info }, make, done, failed, abandoned, late })
    starts.begin(start)
  }

  /** Nothing will use what `init` has made. */
  private release(info: MemberInfo, made: unknown, reason: unknown): void {
    if (made instanceof InitStep && made.kind !== 'continue') return
    const { behaviour, facts, status, lifecycle } = this.kernel
    const state: unknown = made instanceof InitStep ? made.value : made
    const ending = { info, state, reason, poolStops: status.stopping, mailbox: status.mailbox }
    lifecycle.release(info.name, () => terminate(behaviour, facts, ending))
  }

  private made(info: MemberInfo, made: unknown): void {
    if (this.kernel.status.stopping) return this.release(info, made, 'shutdown')
    const step = made instanceof InitStep ? made : undefined
    if (step?.kind === 'refuse') return this.kernel.lifecycle.giveUp(step.reason, 'its init refused to start')
    if (step?.kind === 'ignore') return this.kernel.lifecycle.giveUp(undefined, 'its init wants no member')
    const misfit = this.kernel.supervision.misfit()
    if (misfit !== undefined) {
      this.release(info, made, 'shutdown')
      return this.kernel.lifecycle.giveUp(misfit, MISFIT)
    }
    this.open(info, made)
  }

  /** Waits for a store that reads a journal first, as long as for an `init`. */
  private open(info: MemberInfo, made: unknown): void {
    const step = made instanceof InitStep ? made : undefined
    const before = this.#opening
    const { facts, settings, starts } = this.kernel
    let opening: Cell<unknown> | undefined
    const start = new Start({
      of: { info },
      waitsFor: 'store',
      make: () => {
        const { state } = settings.current
        opening = before?.cell ?? sharedCell(facts.name, state, step === undefined ? made : step.value)
        return (state.store as { readonly ready?: PromiseLike<void> } | undefined)?.ready
      },
      done: () => this.opened(opening as Cell<unknown>, step),
      failed: (error) => {
        if (isOf(error, OptionsError)) return this.refused(info, made, error)
        this.#opening = before ?? (opening === undefined ? undefined : { info, cell: opening, made })
        this.tryAgain(info, error, 'opening its store')
      },
      late: () => {
        if (!start.timedOut && before === undefined) this.release(info, made, 'shutdown')
      },
    })
    starts.begin(start)
  }

  /** Its store does not take the options of the state: the next start would end in the same way. */
  private refused(info: MemberInfo, made: unknown, error: OptionsError): void {
    this.startLoop.gaveUp(info, error)
    this.release(info, made, 'shutdown')
    this.kernel.lifecycle.giveUp(error, 'its store does not take the options of its state')
  }

  private opened(cell: Cell<unknown>, step: InitStep | undefined): void {
    if (this.kernel.status.stopping) return
    this.cell = cell
    this.#opening = undefined
    this.kernel.population.stateReady(cell, step)
  }

  private tryAgain(info: MemberInfo, error: unknown, what = 'its init'): void {
    if (this.kernel.status.stopping) return
    if (this.startLoop.failed(info, error, () => this.start())) return
    this.kernel.lifecycle.giveUp(error, `${what} ${this.startLoop.says}`)
  }

  private get startLoop(): StartLoop {
    return (this.#starts ??= new StartLoop(this.kernel.supervision.startCounter(), this.kernel))
  }
}
