import { DroppedError } from '@genpool/broker'
import { type GenPoolError, type Nanos, NS_PER_MS, type Timer } from '@genpool/runtime'
import { eventually } from '../../behaviours/eventually'
import type { Attaching, Gate, Listener, Refusal, Seat } from '../../pool/ports'
import type { Outcome } from '../../requests/outcome'
import type { RequestFacts } from '../../requests/request-facts'
import { Breaker, breakerOptions, type BreakerState, type CheckedBreakerOptions, REFUSED } from './breaker'
import { Throttle, throttleOptions, type ThrottleRules } from './throttle'

/** What a door needs of its pool. */
export interface DoorPorts extends Attaching {
  /** The time of this turn. */
  turnNow(): Nanos
  /** The time now. */
  now(): Nanos
  random(): number
  /** When what waits will have been served, from now; undefined if that is not known. */
  timeToServe(now: Nanos): Nanos | undefined
  /** Calls `fn` after `ms` milliseconds, unless it is cancelled or the pool stops. The process does not wait for it. */
  after(ms: number, fn: () => void): Timer
  /** Reports an error thrown by a user callback. */
  report(error: unknown, callback: string, then: string): void
  /** Reports that the breaker has changed its state. */
  breakerChanged(change: {
    readonly from: BreakerState
    readonly to: BreakerState
    readonly retryAfterMs: number
  }): void
}

/** The options of a door. False for none, true for all defaults. */
export interface DoorOptions {
  readonly breaker: boolean | CheckedBreakerOptions
  readonly throttle: boolean | ThrottleRules
}

/** The current figures of a door. */
export interface DoorFigures {
  /** The state of the circuit breaker, and how long a refused caller should wait before a retry; undefined without one. */
  readonly breaker: { readonly state: BreakerState; readonly retryAfterMs: number } | undefined
  /** The probability with which the throttle refuses the next request; undefined without one. */
  readonly throttle: { readonly probability: number } | undefined
}

/**
 * Refuses requests before they reach the broker: while earlier ones crash (breaker) or are refused (throttle).
 *
 * It does not check messages to one member, nor messages that are retried after a crash.
 */
export class Door implements Gate, Listener {
  #attached = false
  #breaker: Breaker | null = null
  #throttle: Throttle | null = null
  #counts: ((error: unknown) => boolean) | undefined = undefined
  /** The state of the breaker that was reported last. */
  #told: BreakerState = 'closed'
  /** When an open breaker half-opens. */
  #halfOpening: Timer | null = null
  /** The probes of the breaker, each with the number of its trial. */
  readonly #probes = new Map<RequestFacts, number>()

  constructor(private readonly pool: DoorPorts) {}

  configure({ breaker, throttle }: DoorOptions): void {
    this.#breaker = reconfigured(this.#breaker, breaker, breakerOptions, Breaker)
    this.#counts = typeof breaker === 'object' ? breaker.counts : undefined
    // Without a breaker all requests pass, as with a closed one, and there are no probes.
    if (this.#breaker === null) {
      this.#probes.clear()
      this.#tellState('closed', 0)
    }
    this.#throttle = reconfigured(this.#throttle, throttle, throttleOptions, Throttle)
    this.#attach(this.#breaker !== null || this.#throttle !== null)
  }

  #attach(wanted: boolean): void {
    if (wanted === this.#attached) return
    this.#attached = wanted
    if (wanted) this.pool.attach(this)
    else this.pool.detach(this)
  }

  figures(now: Nanos): DoorFigures {
    const [breaker, throttle] = [this.#breaker, this.#throttle]
    return {
      breaker: breaker === null ? undefined : figuresOf(breaker, now),
      throttle: throttle === null ? undefined : { probability: throttle.probability(now) },
    }
  }

  refusal(request: RequestFacts, now: Nanos): Refusal | null {
    const breaker = this.#breaker === null ? null : this.#breakerRefusal(this.#breaker, request, now)
    if (breaker !== null) return breaker
    if (this.#throttle === null || !this.#throttle.refuses(this.pool.random(), now)) return null
    const timeToServe = this.pool.timeToServe(now) ?? 0
    return { reason: 'throttled', retryAfter: Math.max(timeToServe, this.#throttle.forgetsIn(now)) }
  }

  #breakerRefusal(breaker: Breaker, request: RequestFacts, now: Nanos): Refusal | null {
    const pass = breaker.tryPass(now)
    this.#tell(breaker, now)
    if (pass === REFUSED) return { reason: 'breaker', retryAfter: breaker.retryAfter(now) }
    if (pass > 0) this.#probes.set(request, pass)
    return null
  }

  requestSettled(request: RequestFacts, outcome: Outcome, error: GenPoolError | undefined): void {
    const now = this.pool.turnNow()
    if (this.#breaker !== null) this.#settleProbe(this.#breaker, request, outcome, now)
    if (this.#throttle === null || wasRefusedHere(error) || request.kind === 'direct') return
    const accepted = wasAccepted(request, outcome)
    if (accepted !== undefined) this.#throttle.settled(accepted, now)
  }

  #settleProbe(breaker: Breaker, request: RequestFacts, outcome: Outcome, now: Nanos): void {
    const trial = this.#probes.get(request) ?? 0
    this.#probes.delete(request)
    if (outcome === 'replied') {
      breaker.succeeded(trial, now)
      this.#tell(breaker, now)
    } else if (trial > 0) breaker.forgotten(trial)
  }

  memberCrashed(_seat: Seat, requests: readonly RequestFacts[], cause: unknown): void {
    this.#failed(requests, cause)
  }

  memberAbandoned(_seat: Seat, request: RequestFacts, cause: unknown): void {
    this.#failed([request], cause)
  }

  #failed(requests: readonly RequestFacts[], cause: unknown): void {
    const breaker = this.#breaker
    if (breaker === null || !this.#isFailure(cause)) return
    const now = this.pool.turnNow()
    breaker.failed(Math.max(0, ...requests.map((request) => this.#probes.get(request) ?? 0)), now)
    this.#tell(breaker, now)
  }

  startFailed(_info: unknown, { error }: { readonly error: unknown }): void {
    const breaker = this.#breaker
    if (breaker === null || !this.#isFailure(error)) return
    const now = this.pool.now()
    breaker.startFailed(now)
    this.#tell(breaker, now)
  }

  /** Reports a change of the breaker's state. */
  #tell(breaker: Breaker, now: Nanos): void {
    this.#tellState(breaker.state(now), breaker.retryAfter(now))
  }

  #tellState(to: BreakerState, retryAfter: Nanos): void {
    const from = this.#told
    if (to === from) return
    this.#told = to
    this.#halfOpening?.cancel()
    this.#halfOpening = null
    if (to === 'open') this.#tellLater(retryAfter)
    this.pool.breakerChanged({ from, to, retryAfterMs: retryAfter / NS_PER_MS })
  }

  /** Half-opens in the eyes of those who are told, though no request comes then. */
  #tellLater(retryAfter: Nanos): void {
    this.#halfOpening = this.pool.after(retryAfter / NS_PER_MS, () => {
      const [breaker, now] = [this.#breaker, this.pool.now()]
      if (breaker === null) return
      // A timer may come a little too early.
      if (breaker.state(now) === 'open') this.#tellLater(breaker.retryAfter(now))
      else this.#tell(breaker, now)
    })
  }

  #isFailure(cause: unknown): boolean {
    if (this.#counts === undefined) return true
    let counts = true
    eventually(
      () => this.#counts?.(cause),
      (answer) => (counts = answer === true),
      (error) => this.pool.report(error, 'breaker.counts', 'the error counts as a failure'),
    )
    // A promise would come too late; the crash counts.
    return counts
  }
}

/** Whether this door refused the request; that does not count as a result. */
function wasRefusedHere(error: GenPoolError | undefined): boolean {
  return error instanceof DroppedError && (error.reason === 'breaker' || error.reason === 'throttled')
}

/** Whether the pool accepted a request or refused it; undefined if the outcome does not tell. */
function wasAccepted({ attempt }: RequestFacts, outcome: Outcome): boolean | undefined {
  if (outcome === 'dropped') return false
  if (outcome === 'expired') return attempt > 0
  return outcome === 'replied' || outcome === 'crashed' || outcome === 'conflict' ? true : undefined
}

function figuresOf(breaker: Breaker, now: Nanos): DoorFigures['breaker'] {
  return { state: breaker.state(now), retryAfterMs: breaker.retryAfter(now) / NS_PER_MS }
}

/** Returns the rule for the options: the old one with new numbers if there is one, so that its counts are kept. */
function reconfigured<R, T extends { configure(rules: R): void }>(
  old: T | null,
  options: boolean | R,
  schema: { parse(value: object): R },
  Rule: new (rules: R) => T,
): T | null {
  if (options === false) return null
  const rules = options === true ? schema.parse({}) : options
  if (old === null) return new Rule(rules)
  old.configure(rules)
  return old
}
