import { type Nanos } from '@genpool/runtime'
import { CodelQueue } from './codel-queue'
import { byKey, type FairKey, Lane } from './fair-lane'
import { type CheckedFairOptions } from './fair-options'
import { weightOf } from './fair-weight'
import { RetiredLanes } from './retired-lanes'
import { TagIndex } from './tag-index'
import { RoundRobin, type Turns } from './turns'
import { type Waiting } from './waiting'
import { WeightedTurns } from './weighted-turns'

/** The lanes of all keys of a fair queue: those that take turns, and the empty ones that are still remembered. */
export class FairLanes<E extends Waiting> implements Iterable<Lane<E>> {
  readonly tags = new TagIndex<E>()
  readonly #active = new Map<unknown, Lane<E>>()
  readonly #retired = new RetiredLanes<E>()
  /** Null while all keys have the same weight. */
  #weightOf: ((key: unknown) => number) | null
  /** The lanes that may have requests. */
  #turns: Turns<Lane<E>>
  #serial = 0

  constructor(private options: CheckedFairOptions) {
    this.#weightOf = weightOf(options.weight)
    this.#turns = this.#newTurns()
  }

  /** Those that are not retired. */
  [Symbol.iterator](): Iterator<Lane<E>> {
    return this.#active.values()
  }

  /** The lane of a key, with its old state if it was retired; undefined if it has none. `join` it, or `rejoin`. */
  find(id: unknown): Lane<E> | undefined {
    return this.#active.get(id) ?? this.#recall(id)
  }

  /** Adds the lane of a new key. `join` it, or `rejoin`. */
  add(key: FairKey, items: readonly E[], now: Nanos): Lane<E> {
    const lane = new Lane<E>(this, { ...key, serial: this.#serial++ }, this.tags)
    lane.fill(this.options.queue, now, items)
    if (this.#weightOf !== null) lane.weight = this.#weightOf(key.value)
    this.#active.set(key.id, lane)
    return lane
  }

  /** A lane has a new request. */
  join(lane: Lane<E>): void {
    this.#turns.join(lane)
  }

  /** A lane has a request again that was held back elsewhere: its key did not have nothing to do. */
  rejoin(lane: Lane<E>): void {
    this.#turns.rejoin(lane)
  }

  /** The lane whose turn it is, which may be empty. Call `served` or `passOver` for it before anything else. */
  next(): Lane<E> | null {
    return this.#turns.next()
  }

  /** Ends the turn of a lane in which one request was served. */
  served(lane: Lane<E>): void {
    this.#turns.served(lane)
  }

  /** Ends the turn of a lane in which nothing was to be served. */
  passOver(lane: Lane<E>, now: Nanos): void {
    const done = this.#turns.passOver(lane)
    if (done !== null) this.#retire(done, now)
  }

  /** Retires an empty lane; a CoDel lane is remembered while its state may matter. */
  #retire(lane: Lane<E>, now: Nanos): void {
    this.#active.delete(lane.key.id)
    const until = lane.queue instanceof CodelQueue ? lane.queue.rememberUntil : now
    if (until > now) this.#retired.add(lane, until)
  }

  /** Whether something is a lane of this queue. */
  owns(holder: unknown): holder is Lane<E> {
    return holder instanceof Lane && holder.owner === this
  }

  /** Recalls all lanes and returns them, those that were retired first. */
  recallAll(): readonly Lane<E>[] {
    const retired = [...this.#retired.all].sort(byKey)
    const serving = [...this].sort(byKey)
    for (const lane of retired) {
      this.#recall(lane.key.id)
      this.#turns.join(lane)
    }
    return [...retired, ...serving]
  }

  /** Takes other options over, for lanes that are added from now on. */
  configure(options: CheckedFairOptions): void {
    this.options = options
    const hadWeights = this.#weightOf !== null
    this.#weightOf = weightOf(options.weight)
    if (hadWeights === (this.#weightOf !== null)) return
    const lanes = this.#turns.drain()
    this.#turns = this.#newTurns()
    for (const lane of lanes) this.#turns.join(lane)
  }

  /** Applies the options to a lane. */
  reconfigure(lane: Lane<E>, now: Nanos): void {
    lane.configure(this.options.queue, now)
    lane.weight = this.#weightOf === null ? 1 : this.#weightOf(lane.key.value)
  }

  /** Forgets the retired lanes whose time is over. */
  collect(now: Nanos): void {
    this.#retired.collect(now)
  }

  clear(): void {
    this.#active.clear()
    this.#retired.clear()
    this.#turns.clear()
  }

  /** Makes a retired lane active again, with its old state. */
  #recall(id: unknown): Lane<E> | undefined {
    const lane = this.#retired.take(id)
    if (lane === undefined) return undefined
    this.#active.set(id, lane)
    return lane
  }

  #newTurns(): Turns<Lane<E>> {
    return this.#weightOf === null ? new RoundRobin<Lane<E>>() : new WeightedTurns<Lane<E>>()
  }
}
