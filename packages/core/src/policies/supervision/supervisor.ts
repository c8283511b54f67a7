import { type Nanos, NS_PER_MS, type Reference } from '@genpool/runtime'
import type { PlainProperties } from '../../behaviours/define-pool'
import { eventually } from '../../behaviours/eventually'
import type { Fate, FailedStart, Seat, StartCounter, Supervision } from '../../pool/ports'
import type { RequestFacts } from '../../requests/request-facts'
import { carryOut, type Family, type Fault } from './nact-decisions'
import { RestartIntensity } from './restart-intensity'
import { StartAttempts, type StartLimits, type StartRules } from './start-attempts'
import { rerunsOf, type SupervisionOptions } from './supervision-options'

/** What supervision needs of its pool. */
export interface SupervisorPorts {
  readonly family: Family
  /** The `onCrash` of a plain nact function; undefined without one. */
  readonly onCrash: PlainProperties<unknown, unknown>['onCrash']
  /** Whether the pool runs a plain nact function. */
  readonly isPlain: boolean
  /** Whether `onCrash` decides about failed starts too: not if a worker of the user's makes ready. */
  readonly decidesStarts: boolean
  random(): number
  /** What of the options does not fit a behaviour that was loaded after them; undefined if all fits. */
  misfit(): Error | undefined
  /** The sender of a message, for `onCrash`. */
  senderOf(request: RequestFacts): unknown
  /** The context of `onCrash`. */
  crashContext(sender: unknown): object
}

/** A fault that a child escalates: to the pool, or to the member under whose address it is. */
export interface ChildFault extends Fault {
  readonly seat?: Pick<Seat, 'seekWork' | 'leave' | 'fail'> | undefined
  /** The address of the child. */
  readonly reference: Reference
  /** Whether the child is a pool that gives up: it ends in any case. */
  readonly gaveUp: boolean
}

/** Decides after a crash: which requests fail, which are retried, what happens to the member, and when the pool gives up. */
export class Supervisor implements Supervision, StartRules {
  /** How many members each request has crashed so far. */
  #crashes: WeakMap<RequestFacts, number> | null = null
  /** Made with the first crash. */
  #intensity: RestartIntensity | null = null

  constructor(
    private options: SupervisionOptions,
    private readonly owner: { readonly supervisorPorts: SupervisorPorts },
  ) {}

  private get pool(): SupervisorPorts {
    return this.owner.supervisorPorts
  }

  configure(options: SupervisionOptions): void {
    this.options = options
    if (this.#intensity !== null) this.#intensity.limits = limitsOf(options)
  }

  fateOf(request: RequestFacts): Fate {
    const { retryOnCrash, poisonAfter } = this.options
    this.#crashes ??= new WeakMap()
    const crashes = (this.#crashes.get(request) ?? request.before.crashes) + 1
    this.#crashes.set(request, crashes)
    if (crashes >= poisonAfter) return 'quarantine'
    return crashes <= (rerunsOf(request.type, retryOnCrash) ?? 0) ? 'retry' : 'fail'
  }

  memberCrashed(seat: Seat, request: RequestFacts | undefined, cause: unknown): void {
    const { onCrash } = this.pool
    if (onCrash === undefined || request === undefined || seat.leaving !== null) return seat.fail(cause)
    // The member waits for the decision.
    const sender = this.pool.senderOf(request)
    eventually(
      () =>
        request.within(() =>
          onCrash(
            request.message as never,
            cause as Error,
            this.pool.crashContext(sender) as never,
            undefined as never,
          ),
        ),
      (decision) => carryOut(decision, { error: cause, message: request.message, sender, seat }, this.pool.family),
      // An onCrash that throws has made no decision: the member ends. In nact, the process would end.
      (error) => seat.fail(error),
    )
  }

  /** As in nact, `onCrash` decides about an `initialStateFunc` that throws; unlike there, a `reset` waits before it tries again. */
  startFailed(start: FailedStart, error: unknown): void {
    const { onCrash, decidesStarts } = this.pool
    if (onCrash === undefined || !decidesStarts) return start.leave(error)
    eventually(
      // Never decides at once: the pool may be in the middle of starting its members.
      async () =>
        onCrash(undefined as never, error as Error, this.pool.crashContext(undefined) as never, undefined as never),
      (decision) => carryOut(decision, { error, message: undefined, sender: undefined, seat: start }, this.pool.family),
      () => start.leave(error),
    )
  }

  /**
   * An actor that a handler has spawned escalates its fault. Without a decision of `onCrash` its parent ends, as in nact: the pool
   * stops. A member, under whose own address the actor is, is replaced. A pool that gives up ends itself: that is enough, unless
   * the pool above it stands for an actor of nact.
   */
  childFailed(fault: ChildFault): void {
    const { message, sender, error, reference, seat } = fault
    const { onCrash, family, isPlain } = this.pool
    if (fault.gaveUp && !isPlain) return
    const end = (cause: unknown): void => {
      if (seat !== undefined) seat.fail(cause)
      else family.giveUp(cause, `its child "${reference.name ?? ''}" escalated a fault`)
    }
    if (onCrash === undefined) return end(error)
    eventually(
      () => onCrash(message as never, error as Error, this.pool.crashContext(sender) as never, reference as never),
      (decision) => carryOut(decision, fault, family),
      // It has decided nothing; nact would end the process.
      end,
    )
  }

  overTheLimit(now: Nanos): string | null {
    this.#intensity ??= new RestartIntensity(limitsOf(this.options))
    if (this.#intensity.record(now)) return null
    const { intensity, within } = this.options.restart
    return `more than ${intensity} members crashed within ${within} ms`
  }

  misfit(): Error | undefined {
    return this.pool.misfit()
  }

  isNew(age: Nanos): boolean {
    return age < this.options.restart.within * NS_PER_MS
  }

  startCounter(): StartCounter {
    return new StartAttempts(this)
  }

  get startLimits(): StartLimits {
    return this.options.restart
  }

  random(): number {
    return this.pool.random()
  }
}

function limitsOf({ restart: { intensity, within } }: SupervisionOptions): { intensity: number; within: Nanos } {
  return { intensity, within: within * NS_PER_MS }
}
