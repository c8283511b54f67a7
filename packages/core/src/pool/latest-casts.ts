import { keyName } from '@genpool/runtime'
import type { Failures } from '../requests/failures'
import { type LatestCast, LatestKey } from '../requests/latest-cast'
import type { Request } from '../requests/request'
import type { Entrance } from './entrance'
import type { Port } from './port'
import type { Recorder } from './ports'
import type { TurnWork } from './turn-work'

/** What casts that replace each other need of their pool. */
interface LatestPool {
  readonly port: Port
  readonly entrance: Entrance
  /** Fails a request that came into the queue of a pool that had stopped meanwhile. */
  readonly requeue: { stoppedMeanwhile(request: Request): void }
  /** Where each request is timed that was not submitted. */
  readonly deadlines: { add(request: Request): void }
  submit(request: Request): void
  ask(request: Request): void
}

interface LatestParts {
  readonly failures: Failures
  readonly status: { readonly stopping: boolean }
  readonly recorder: Recorder
  readonly turnWork: TurnWork
}

/**
 * Casts of one type and one `latest`: at most one runs and one waits, the newest. It takes the place in the queue of the one that
 * it replaces, so that a stream of new ones does not put the work off for ever.
 */
export class LatestCasts {
  readonly #lanes = new Map<string, Map<unknown, LatestKey>>()

  constructor(
    private readonly pool: LatestPool,
    private readonly parts: LatestParts,
  ) {}

  /** Takes in a cast whose message and options are right. */
  take(cast: LatestCast, key: unknown): void {
    const lane = this.#laneOf(cast.type, key)
    cast.key = cast.lane = lane
    const before = lane.waiting
    if (before === null) {
      lane.add(cast, false)
      return this.pool.submit(cast)
    }
    if (!this.pool.port.waits(before)) {
      lane.add(cast, true)
      return this.pool.submit(cast)
    }
    this.#replace(before, cast, lane)
  }

  #replace(before: LatestCast, cast: LatestCast, lane: LatestKey): void {
    const { entrance } = this.pool
    this.parts.recorder.counters.accepted++
    this.parts.turnWork.join()
    if (entrance.looksForContext) entrance.wrap(cast)
    if (!entrance.admits(cast) || !this.#isAllowed(cast)) return
    // A user's function was called: it may have let the other one begin, or end.
    if (!this.pool.port.remove(before)) {
      lane.add(cast, lane.waiting !== null)
      return this.#enqueue(cast, false)
    }
    lane.add(cast, false)
    cast.sentAt = before.sentAt
    before.replace()
    this.#enqueue(cast, !lane.isServed)
  }

  /** @param hasTurn whether it has the turn of its key, from the one that it replaces */
  #enqueue(cast: LatestCast, hasTurn: boolean): void {
    if (hasTurn) this.pool.port.putBack(cast, true)?.assign(cast)
    else this.pool.ask(cast)
    // A user's key function was called: it may have stopped the pool.
    if (cast.outcome !== null) return
    if (this.parts.status.stopping) this.pool.requeue.stoppedMeanwhile(cast)
    else this.pool.deadlines.add(cast)
  }

  /** Whether the queue would take it; otherwise it is refused, and the one that waits stays. */
  #isAllowed(cast: LatestCast): boolean {
    try {
      this.pool.port.check(cast)
      return true
    } catch (error) {
      cast.fail(this.parts.failures.refused(cast, error))
      return false
    }
  }

  #laneOf(type: string, key: unknown): LatestKey {
    let ofType = this.#lanes.get(type)
    if (ofType === undefined) this.#lanes.set(type, (ofType = new Map()))
    let lane = ofType.get(key)
    if (lane === undefined) ofType.set(key, (lane = new LatestKey(keyName(key), () => this.#forget(type, key))))
    return lane
  }

  #forget(type: string, key: unknown): void {
    const ofType = this.#lanes.get(type)
    ofType?.delete(key)
    if (ofType?.size === 0) this.#lanes.delete(type)
  }
}
