import type { DropReason } from '@genpool/broker'
import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { CheckedPoolOptions } from '../pool/options'
import type { Pool } from '../pool/pool'
import type { Outcome, Request } from '../pool/request'
import { breakerChanged } from '../telemetry/channels'
import { ofPool } from '../telemetry/payloads'
import { Breaker, breakerOptions, type BreakerState, REFUSED } from './rules/breaker'
import { Throttle, throttleOptions } from './rules/throttle'

type DoorOptions = Pick<CheckedPoolOptions, 'breaker' | 'throttle'>

/** What a pool's door does now. */
export interface DoorView {
  /** What the circuit breaker does, and when one that it refuses may try again; undefined without one. */
  readonly breaker: { readonly state: BreakerState; readonly retryAfterMs: number } | undefined
  /** With which probability a newcomer is refused because those before it were; undefined without a throttle. */
  readonly throttle: { readonly probability: number } | undefined
}

/**
 * Refuses requests before they reach the broker: while those before them crash (breaker), or are refused anyhow (throttle).
 *
 * What is meant for one member alone, and a message that is run again after a crash, does not come through the door.
 */
export class Door {
  #breaker: Breaker | null = null
  #throttle: Throttle | null = null
  /** What the breaker did when it was looked at last. */
  #told: BreakerState = 'closed'
  /** While a request is refused here: that is no result of those that passed. */
  #refusing = false

  constructor(
    private readonly pool: Pool,
    options: DoorOptions,
  ) {
    this.configure(options)
  }

  /** Whether the options ask for a door at all. */
  static isWanted({ breaker, throttle }: DoorOptions): boolean {
    return breaker !== false || throttle !== false
  }

  configure({ breaker, throttle }: DoorOptions): void {
    this.#breaker = reconfigured(this.#breaker, breaker, breakerOptions, Breaker)
    // Without a breaker all pass, as with one that is closed.
    if (this.#breaker === null) this.#tellState('closed', 0)
    this.#throttle = reconfigured(this.#throttle, throttle, throttleOptions, Throttle)
  }

  view(now: Nanos): DoorView {
    const [breaker, throttle] = [this.#breaker, this.#throttle]
    return {
      breaker: breaker === null ? undefined : viewOf(breaker, now),
      throttle: throttle === null ? undefined : { probability: throttle.probability(now) },
    }
  }

  /** Whether a request may not go on; it is settled then. */
  refuses(request: Request): boolean {
    const now = this.pool.turn.now()
    const [breaker, throttle] = [this.#breaker, this.#throttle]
    if (breaker !== null) {
      const pass = breaker.admit(now)
      this.#tell(breaker, now)
      if (pass === REFUSED) return this.#refuse(request, 'breaker', now, breaker.retryAfter(now))
      if (pass > 0) request.extend().trial = pass
    }
    if (throttle === null || !throttle.refuses(this.pool.options.random(), now)) return false
    return this.#refuse(request, 'throttled', now)
  }

  /** A request that may have come through the door has its outcome. */
  settled(request: Request, outcome: Outcome): void {
    const now = this.pool.turn.now()
    const trial = request.extras?.trial ?? 0
    if (outcome === 'replied' && this.#breaker !== null) {
      this.#breaker.succeeded(trial, now)
      this.#tell(this.#breaker, now)
    } else if (trial > 0) this.#breaker?.forgotten(trial)
    if (this.#throttle === null || this.#refusing || request.kind === 'direct') return
    const accepted = wasAccepted(request, outcome)
    if (accepted !== undefined) this.#throttle.settled(accepted, now)
  }

  /** A handler has thrown, or hangs. */
  crashed(requests: readonly Request[], cause: unknown): void {
    const breaker = this.#breaker
    if (breaker === null || !this.#counts(cause)) return
    const now = this.pool.turn.now()
    const trials = requests.map((request) => request.extras?.trial ?? 0)
    breaker.failed(Math.max(0, ...trials), now)
    this.#tell(breaker, now)
  }

  /** `init` has failed. */
  startFailed(cause: unknown): void {
    const breaker = this.#breaker
    if (breaker === null || !this.#counts(cause)) return
    const now = this.pool.turn.refresh()
    breaker.startFailed(now)
    this.#tell(breaker, now)
  }

  /** Tells those who listen if the breaker does something else than before. */
  #tell(breaker: Breaker, now: Nanos): void {
    this.#tellState(breaker.state(now), breaker.retryAfter(now))
  }

  #tellState(to: BreakerState, retryAfter: Nanos): void {
    const from = this.#told
    if (to === from) return
    this.#told = to
    if (!breakerChanged.hasSubscribers) return
    breakerChanged.publish({ ...ofPool(this.pool), from, to, retryAfterMs: retryAfter / NS_PER_MS })
  }

  #counts(cause: unknown): boolean {
    const { breaker } = this.pool.options
    if (typeof breaker !== 'object' || breaker.counts === undefined) return true
    try {
      return breaker.counts(cause)
    } catch (error) {
      this.pool.warn(error)
      return true
    }
  }

  #refuse(entry: Request, reason: DropReason, now: Nanos, retryAfter?: Nanos): true {
    this.#refusing = true
    this.pool.dropped({ entry, reason, sojourn: now - entry.sentAt, waiting: this.pool.port.length, retryAfter })
    this.#refusing = false
    return true
  }
}

/** Whether the pool took a request on, or refused it; undefined if its outcome does not tell. */
function wasAccepted({ attempt }: Request, outcome: Outcome): boolean | undefined {
  if (outcome === 'dropped') return false
  if (outcome === 'expired') return attempt > 0
  return outcome === 'replied' || outcome === 'crashed' || outcome === 'conflict' ? true : undefined
}

function viewOf(breaker: Breaker, now: Nanos): DoorView['breaker'] {
  return { state: breaker.state(now), retryAfterMs: breaker.retryAfter(now) / NS_PER_MS }
}

/** The rule that the options ask for: the old one with new numbers if there is one, so that what it knows is kept. */
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
