import { type Nanos } from '@genpool/runtime'
import { type Waiting } from '../queues/waiting'
import { KeyRanks } from './key-ranks'
import { type LimitLane } from './limit-lane'
import { type Pass } from './pass'
import { type Passes } from './passes'

/** What waits, of all keys. */
export interface KeyBoundPorts<E extends Waiting> {
  /** How many wait, parked or not. */
  length(): number
  /** All of them, in order of arrival. */
  waiting(): Iterable<E>
  /** Drops one that waits, for a more urgent one. */
  shed(entry: E, now: Nanos): void
}

/**
 * How many requests of one key may wait, wherever they stand: `max` of `limits`. A more urgent one replaces the least urgent.
 *
 * From the first time that a key is full and something of it may be less urgent, what waits is ranked, each key of its own, until
 * nothing waits at all. So each request is looked at once, whoever else waits; what comes is ranked in O(log priorities). Without `max`
 * or without priorities nothing is ever ranked.
 */
export class KeyBound<E extends Waiting> {
  private readonly ranks = new Map<LimitLane<E>, KeyRanks<E>>()
  /** No request has had a lower priority than this. */
  private lowest = 0

  constructor(
    private readonly passes: Passes<E>,
    private readonly ports: KeyBoundPorts<E>,
  ) {}

  /**
   * Makes sure that a new request may wait: false if its key has its `max`, and nothing that waits is less urgent.
   *
   * @param lane the lane of its key in `limits`, in which it is counted; null if it has none
   */
  hasRoomFor(entry: E, lane: LimitLane<E> | null, now: Nanos): boolean {
    this.saw(entry)
    if (lane === null || lane.hasRoom) return true
    if (entry.priority <= this.lowest) return false
    if (!this.passes.rules.ranks) this.rankAll()
    const least = this.ranks.get(lane)?.least ?? null
    if (least === null || least.priority >= entry.priority) return false
    this.ports.shed(least, now)
    return true
  }

  /** A request is about to wait. @param isNew whether it came last */
  willWait(entry: E, pass: Pass<E>, isNew: boolean): void {
    const { rules } = this.passes
    if (!isNew) this.saw(entry)
    if (!rules.ranks) return
    if (this.ranks.size === 0 && this.ports.length() === 0) rules.ranks = false
    else this.rank(entry, pass, isNew)
  }

  /** All that waits gets other passes, or leaves: forgets what is ranked. */
  reset(): void {
    this.passes.rules.ranks = false
    this.ranks.clear()
  }

  /** A request came, also one that came before there were limits. */
  saw({ priority }: E): void {
    if (priority < this.lowest) this.lowest = priority
  }

  /** Ranks all that wait. Each has a pass from now on, which knows when it waits no longer. */
  private rankAll(): void {
    this.passes.rules.ranks = true
    for (const entry of this.ports.waiting()) this.rank(entry, this.passes.of(entry), true)
  }

  private rank(entry: E, pass: Pass<E>, isNew: boolean): void {
    const { keyed } = pass
    if (keyed === null || keyed.rules.max === Infinity) return
    let ranks = this.ranks.get(keyed)
    if (ranks === undefined) this.ranks.set(keyed, (ranks = new KeyRanks<E>(() => this.ranks.delete(keyed))))
    pass.ranked = ranks.add(entry, isNew)
  }
}
