import { type Nanos } from '@genpool/runtime'
import { type DropReason } from '../errors'
import { type Decision, type Drop, NO_DROPS, type Queue } from './queue'
import { TagIndex } from './tag-index'
import { type Waiting } from './waiting'
import { alreadyQueued } from './already-queued'
import { WaitingList } from './waiting-list'

/** The rules of every queue that holds requests itself, in internal units. */
export interface LeafRules {
  readonly lifo: boolean
  /** Whether to drop the oldest instead of the newcomer at `max`. */
  readonly dropHead: boolean
  readonly max: number
}

/** The further rules of every queue that drops by age. */
export interface AgeRules extends LeafRules {
  /** Dropping by age leaves at least this many. */
  readonly min: number
}

/** What the queues of one owner share. */
export interface LeafContext<E extends Waiting> {
  /** The value of `list.holder` in the entries. */
  readonly holder: unknown
  readonly tags: TagIndex<E>
}

/** The decision of a queue; only the queue writes it. */
export interface OwnDecision<E extends Waiting> extends Decision<E> {
  dropped: readonly Drop<E>[]
  wakeAt: Nanos | null
}

/**
 * A queue that holds requests in one list: bounds, drops, tags and removal. A subclass adds the rule for ages.
 *
 * Each public operation starts a new decision. In `whenChanged` a subclass does what is due after a cancel or a removal.
 */
export abstract class LeafQueue<E extends Waiting, R extends LeafRules> implements Queue<E> {
  readonly decision: OwnDecision<E> = { dropped: NO_DROPS, wakeAt: null }
  protected readonly list: WaitingList<E>
  protected rules: R
  /** Made with the first tag. */
  #tags: TagIndex<E> | null
  #drops: Drop<E>[] | null = null

  constructor(rules: R, context?: LeafContext<E>) {
    this.rules = rules
    this.list = new WaitingList<E>(context?.holder ?? this)
    this.#tags = context?.tags ?? null
  }

  get length(): number {
    return this.list.length
  }

  get max(): number {
    return this.rules.max
  }

  fromNewest(): Iterable<E> {
    return this.list.fromNewest()
  }

  [Symbol.iterator](): Iterator<E> {
    return this.list[Symbol.iterator]()
  }

  oldest(): Nanos | null {
    return this.list.first === null ? null : this.list.first.sentAt
  }

  /** The request at the front, or the pack that has it. */
  get front(): Waiting | null {
    return this.list.first
  }

  /** The request at the back. */
  newest(): E | null {
    return this.list.last
  }

  /** Whether the newest is served next, in the current state. */
  get newestFirst(): boolean {
    return this.rules.lifo
  }

  /** Whether a newcomer to a full queue replaces the oldest. */
  get makesRoom(): boolean {
    return this.rules.dropHead && this.rules.max > 0
  }

  abstract enqueue(entry: E, now: Nanos): void
  abstract dequeue(now: Nanos): E | null
  abstract configure(options: unknown, now: Nanos): void
  /** `configure` with rules that have been checked. */
  abstract apply(rules: R, now: Nanos): void

  timeout(now: Nanos): void {
    this.begin()
    this.decision.wakeAt = this.whenChanged(now)
  }

  cancel(tag: unknown, now: Nanos): number {
    return this.removeAll(this.#tags === null ? [] : this.#tags.get(tag), now)
  }

  /** Removes the `entries` that are queued here, in one step; returns how many. */
  removeAll(entries: readonly E[], now: Nanos): number {
    this.begin()
    const before = this.list.length
    for (const entry of entries) if (entry.list === this.list) this.take(entry)
    const count = before - this.list.length
    this.decision.wakeAt = this.whenChanged(now)
    return count
  }

  remove(entry: Waiting, now: Nanos): boolean {
    this.begin()
    const here = entry.list === this.list
    if (here) this.take(entry as E)
    this.decision.wakeAt = this.whenChanged(now)
    return here
  }

  /** Takes back one that was taken out: it stands where its age puts it. Drops nothing, whatever the bound. */
  readmit(entry: E): void {
    this.begin()
    this.list.insertOld(entry)
    this.index(entry)
  }

  /** Adds one that was held back elsewhere: behind all that were not sent later. Drops nothing, whatever the bound. */
  rejoin(entry: E): void {
    this.begin()
    this.list.insertBehind(entry)
    this.index(entry)
  }

  drain(): E[] {
    this.begin()
    const entries = [...this.list]
    for (const entry of entries) this.take(entry)
    return entries
  }

  /** Applies the rule for ages after a cancel, a removal or new options; returns the next wake-up. */
  protected abstract whenChanged(now: Nanos): Nanos | null

  /** Takes over requests, behind all others. Drops nothing: options that are applied next see to that. */
  adopt(items: Iterable<E>): void {
    for (const item of items) this.append(item)
  }

  protected begin(): void {
    this.decision.dropped = NO_DROPS
    this.decision.wakeAt = null
    this.#drops = null
  }

  /** Starts the decision about a newcomer. @throws {InvalidError} if it is already queued; nothing changes then */
  protected beginWith(entry: E): void {
    mustNotWait(entry)
    this.begin()
  }

  protected append(entry: E): void {
    this.list.push(entry)
    this.index(entry)
  }

  private index(entry: E): void {
    if (entry.tag === undefined) return
    this.#tags ??= new TagIndex<E>()
    this.#tags.add(entry)
  }

  protected take(entry: E): E {
    this.list.remove(entry)
    this.#tags?.delete(entry)
    return entry
  }

  /** Drops a request that has been removed, or was never added. */
  protected drop(entry: E, reason: DropReason, now: Nanos): void {
    if (this.#drops === null) this.decision.dropped = this.#drops = []
    this.#drops.push({ entry, reason, sojourn: now - entry.sentAt, waiting: this.list.length })
  }

  protected dropFirst(reason: DropReason, now: Nanos): E {
    const entry = this.take(this.list.first as E)
    this.drop(entry, reason, now)
    return entry
  }

  /** Drops down to `max`, from the side that `dropHead` says; drops are listed oldest first. */
  protected cut(now: Nanos): void {
    const excess = this.list.length - this.rules.max
    if (excess <= 0) return
    if (this.makesRoom) {
      for (let i = 0; i < excess; i++) this.dropFirst('max', now)
      return
    }
    const cut: E[] = []
    for (let i = 0; i < excess; i++) cut.push(this.take(this.list.last as E))
    for (const entry of cut.reverse()) this.drop(entry, 'max', now)
  }
}

/** @throws {InvalidError} if the entry is already queued */
export function mustNotWait(entry: Waiting): void {
  if (entry.list !== null) throw alreadyQueued()
}
