import {
  callSafely,
  type Clock,
  type ConcreteSystem,
  type Nanos,
  OptionsError,
  Turn,
  warnOf,
  warnOfCallback,
  RunMeter,
} from '@genpool/runtime'
import { titleOf } from '../requests/callback-title'
import type { CommitOptions } from '@genpool/state-ane'
import { CompiledBehaviour } from '../behaviours/compiled-behaviour'
import type { Definition } from '../behaviours/define-pool'
import { readable } from '../behaviours/ended-drafts'
import { type FacedActor, PoolFacts } from '../behaviours/pool-facts'
import type { CheckedBackOff } from '../requests/back-off'
import { Failures } from '../requests/failures'
import { noRemedies } from '../requests/remedies'
import type { Request } from '../requests/request'
import type { RequestOwner } from '../requests/request-owner'
import type { InProcessPool } from '../work/in-process-pool'
import { commitOptionsOf, type StateOptions } from '../work/state-options'
import type { Errand } from './errand'

/** The actor of a pool that is elsewhere. */
export interface DistantActor extends FacedActor {
  readonly system: ConcreteSystem
}

/** What is known here of the pool. */
export interface LocalPoolSetup {
  readonly definition: Definition
  readonly actor: DistantActor
  readonly stateOptions: StateOptions
  /** In the time of the pool. */
  readonly clock: Clock
}

/** A pool that is elsewhere, as its workers and requests here need it. */
export class LocalPool implements InProcessPool, RequestOwner<Request> {
  readonly name: string
  readonly behaviour: CompiledBehaviour
  readonly facts: PoolFacts
  readonly turn: Turn
  /** What it measures is not asked for: whoever sent the errand measures. */
  readonly turnWork: { readonly runs: RunMeter }
  readonly system: ConcreteSystem
  readonly stateOptions: StateOptions
  commitOptions: CommitOptions
  isExclusive: boolean
  readonly status = { stopping: false, mailbox: [], cause: undefined }
  readonly failures: Failures
  readonly callbacks = {
    callSafely: (callback: () => unknown, name?: string): void =>
      callSafely(callback, (error) => this.#warn(readable(error), name)),
  }
  readonly backOffs = {
    hold: (request: Request, backOff: CheckedBackOff): void => {
      const { pool } = request
      if ((request as Errand).backedOff(backOff)) return
      const message = 'the queue of this pool is elsewhere. Throw an error that the pool knows how to retry instead'
      throw new OptionsError(`A handler of pool "${pool}" cannot back off: ${message}.`, [{ path: [], message }])
    },
  }
  overlaps = false
  selfWait = null
  readonly workforce = {
    hasFreeMember: true,
    isExclusive: false,
    waiting: [],
    running: (): Iterable<Request> => [],
    kept: (): readonly [] => [],
    limitOf: (): null => null,
  }
  readonly #clock: Clock

  constructor({ definition, actor, stateOptions, clock }: LocalPoolSetup) {
    this.name = actor.name
    this.behaviour = new CompiledBehaviour(definition)
    this.facts = new PoolFacts(actor)
    this.system = actor.system
    this.stateOptions = stateOptions
    this.commitOptions = commitOptionsOf(stateOptions)
    this.isExclusive = stateOptions.commit === 'exclusive'
    this.#clock = clock
    this.turn = Turn.of(clock)
    this.turnWork = { runs: new RunMeter(this.turn) }
    this.failures = new Failures(this.name, this.turn, this.status, noRemedies)
  }

  /** The pool has other options now. */
  configure(options: Pick<StateOptions, 'commit' | 'retries'>): void {
    this.commitOptions = commitOptionsOf(options)
    this.isExclusive = options.commit === 'exclusive'
  }

  beforeCommits(): void {
    // Nothing is watched here.
  }

  clockNow(): Nanos {
    return this.#clock.now()
  }

  settled(): void {
    // The pool counts its outcomes.
  }

  awaitReply(): void {
    // The pool waits.
  }

  takeBack(): void {
    // The pool has the queue.
  }

  tellFailure(tell: (value: unknown) => void, failure: unknown): void {
    tell(failure)
  }

  lost(): void {
    // The pool keeps its dead letters.
  }

  sendAnswer(): void {
    // The pool answers the sender.
  }

  tell(callback: () => unknown, name?: string): void {
    this.callbacks.callSafely(callback, name)
  }

  #warn(error: unknown, name?: string): void {
    if (name === undefined) warnOfCallback('pool', this.name, error)
    else warnOf(titleOf(name, this.name), error)
  }
}
