import { type Nanos } from '@genpool/runtime'
import { CodelQueue } from './codel-queue'
import { byKey, Lane } from './fair-lane'
import { type CheckedFairOptions } from './fair-options'
import { weightOf } from './fair-weight'
import { RetiredLanes } from './retired-lanes'
import { TagIndex } from './tag-index'
import { Turns } from './turns'
import { type Waiting } from './waiting'

/** So many empty lanes keep their turns. */
const MOST_KEPT = 1000

/** The lanes of all keys of a fair queue: those that take turns, and the empty ones that are still remembered. */
export class FairLanes<E extends Waiting> implements Iterable<Lane<E>> {
  /** The lanes that may have requests, in the order of their turns. */
  readonly turns = new Turns<Lane<E>>()
  readonly tags = new TagIndex<E>()
  readonly #active = new Map<unknown, Lane<E>>()
  readonly #retired = new RetiredLanes<E>()
  /** Empty ones whose turns are not over: they are in no round. The first was passed over first. */
  readonly #passedOver = new Set<Lane<E>>()
  /** Null while all keys have the same weight. */
  #weightOf: ((key: unknown) => number) | null
  #serial = 0

  constructor(private options: CheckedFairOptions) {
    this.#weightOf = weightOf(options.weight)
  }

  /** Those that are not retired. */
  [Symbol.iterator](): Iterator<Lane<E>> {
    return this.#active.values()
  }

  /** The lane of a key, with its old state if it was retired. */
  find(id: unknown): Lane<E> | undefined {
    return this.#active.get(id) ?? this.#recall(id)
  }

  /** Adds the lane of a new key. It has no turn yet. */
  add(key: { value: unknown; id: unknown }, items: readonly E[], now: Nanos): Lane<E> {
    const lane = new Lane<E>(this, { ...key, serial: this.#serial++ }, this.tags)
    lane.fill(this.options.queue, now, items)
    if (this.#weightOf !== null) lane.weight = this.#weightOf(key.value)
    this.#active.set(key.id, lane)
    return lane
  }

  /**
   * An empty lane has its turn. With weights it keeps what is left of that: limits may hold requests of its key back, and it goes on
   * when they come. Otherwise a key that runs as much as it may would lose its weight.
   */
  passOver(lane: Lane<E>, now: Nanos): void {
    if (this.#weightOf === null) return this.retire(lane, now)
    this.#passedOver.add(lane)
    if (this.#passedOver.size <= MOST_KEPT) return
    const [first] = this.#passedOver
    if (first === undefined) return
    this.#passedOver.delete(first)
    this.retire(first, now)
  }

  /** A new request is about to come into a lane: the turn that it kept is over. */
  arriving(lane: Lane<E>): void {
    if (!this.#takeKept(lane)) return
    lane.credit = 0
    this.turns.append(lane)
  }

  /** One that was held back is about to come into a lane, which goes on with the turn that it kept. */
  comingBack(lane: Lane<E>): void {
    if (this.#takeKept(lane)) this.turns.prepend(lane)
  }

  #takeKept(lane: Lane<E>): boolean {
    return this.#passedOver.size > 0 && this.#passedOver.delete(lane)
  }

  /** Retires an empty lane; a CoDel lane is remembered while its state may matter. */
  retire(lane: Lane<E>, now: Nanos): void {
    this.#active.delete(lane.key.id)
    lane.credit = 0
    const until = lane.queue instanceof CodelQueue ? lane.queue.rememberUntil : now
    if (until > now) this.#retired.add(lane, until)
  }

  /** Whether something is a lane of this queue. */
  owns(holder: unknown): holder is Lane<E> {
    return holder instanceof Lane && holder.owner === this
  }

  /** Ends a turn in which one request was served; a lane with credit left has the next turn, too (deficit round robin). */
  endTurn(lane: Lane<E>): void {
    if (this.#weightOf === null || lane.spend()) this.turns.append(lane)
    else this.turns.prepend(lane)
  }

  /** Recalls all lanes and returns them, those that were retired first. */
  recallAll(): readonly Lane<E>[] {
    const retired = [...this.#retired.all].sort(byKey)
    const serving = [...this].sort(byKey)
    for (const lane of retired) this.#recall(lane.key.id)
    return [...retired, ...serving]
  }

  /** Takes other options over, for lanes that are added from now on. */
  configure(options: CheckedFairOptions): void {
    this.options = options
    this.#weightOf = weightOf(options.weight)
  }

  /** Applies the options to a lane. */
  reconfigure(lane: Lane<E>, now: Nanos): void {
    lane.configure(this.options.queue, now)
    lane.weight = this.#weightOf === null ? 1 : this.#weightOf(lane.key.value)
    lane.credit = 0
  }

  /** Forgets the retired lanes whose time is over. */
  collect(now: Nanos): void {
    this.#retired.collect(now)
  }

  clear(): void {
    this.#active.clear()
    this.#retired.clear()
    this.#passedOver.clear()
    this.turns.clear()
  }

  /** Makes a retired lane active again, with its old state. */
  #recall(id: unknown): Lane<E> | undefined {
    const lane = this.#retired.take(id)
    if (lane === undefined) return undefined
    this.#active.set(id, lane)
    this.turns.append(lane)
    return lane
  }
}
