import { keepShape, type Nanos } from '@genpool/runtime'
import { DropQueue } from './drop-queue'
import { FairQueue } from './fair-queue'
import { LeafQueue } from './leaf-queue'
import { type Drop, NO_DROPS, type Queue } from './queue'
import { type Waiting } from './waiting'
import { WaitingList } from './waiting-list'

/**
 * The requests of one priority: a queue, and requests that come back after earlier ones of their key.
 *
 * A request that comes back gets its old place, before all that were sent later: in a fair queue that of its own key. A queue
 * that serves the newest first, and a user's own, have no such place; there the two take turns.
 */
export class Level<E extends Waiting> {
  readonly returning = new WaitingList<E>()
  /** Drops of the last call. */
  dropped: readonly Drop<E>[] = NO_DROPS
  wakeAt: Nanos | null
  #returningNext = true

  constructor(
    readonly priority: number,
    public queue: Queue<E>,
  ) {
    this.wakeAt = queue.decision.wakeAt
  }

  get length(): number {
    return this.queue.length + this.returning.length
  }

  /** When its oldest request was sent; null if it is empty. */
  oldest(): Nanos | null {
    const queued = this.queue.oldest()
    const returned = this.returning.first?.sentAt ?? null
    return queued === null || returned === null ? (queued ?? returned) : Math.min(queued, returned)
  }

  enqueue(entry: E, now: Nanos): void {
    this.queue.enqueue(entry, now)
    this.#take()
  }

  dequeue(now: Nanos): E | null {
    this.dropped = NO_DROPS
    if (this.#isReturnsTurn()) return this.returning.shift()
    const entry = this.queue.dequeue(now)
    this.#take()
    return entry ?? this.returning.shift()
  }

  /** Its queue if that is a drop queue; otherwise null. */
  get dropQueue(): DropQueue<E> | null {
    return this.queue instanceof DropQueue ? (this.queue as DropQueue<E>) : null
  }

  /** Fast path: `enqueue` where no rule applies; otherwise false, and nothing changes. */
  tryEnqueue(entry: E): boolean {
    return this.queue instanceof DropQueue && (this.queue as DropQueue<E>).tryEnqueue(entry)
  }

  /** Fast path: what `dequeue` takes where no rule applies, if it has more than `enough` of its time left; otherwise null. */
  peek(now: Nanos, enough: Nanos): E | null {
    if (!(this.queue instanceof DropQueue)) return null
    const queue = this.queue as DropQueue<E>
    const { first } = this.returning
    if (first === null || first.sentAt > (queue.oldest() ?? Infinity)) return queue.peek(now, enough)
    return first.tag === undefined && first.deadline - now > enough && !queue.newestFirst ? first : null
  }

  /** Takes what `peek` has just shown. */
  takeShown(entry: E): void {
    const list = entry.list as WaitingList<E>
    list.remove(entry)
  }

  timeout(now: Nanos): void {
    this.queue.timeout(now)
    this.#take()
  }

  cancel(tag: unknown, now: Nanos): void {
    if (tag !== undefined) for (const entry of this.returning) if (entry.tag === tag) this.returning.remove(entry)
    this.queue.cancel(tag, now)
    this.#take()
  }

  remove(entry: E, now: Nanos): boolean {
    this.dropped = NO_DROPS
    if (this.returning.remove(entry)) return true
    const here = this.queue.remove(entry, now)
    this.#take()
    return here
  }

  /** Adds `entry` back, at the place of its age. */
  readmit(entry: E, now: Nanos): void {
    if (!(this.queue instanceof FairQueue)) return this.returning.insertByAge(entry)
    this.queue.readmit(entry, now)
    this.#take()
  }

  /** The request to drop if one must be: the oldest or the newest of the queue, before those that came back. */
  victim(oldest: boolean): E | null {
    const found = oldest ? frontOf(this.queue) : backOf(this.queue)
    return found ?? (oldest ? this.returning.first : this.returning.last)
  }

  /** Applies new options to the queue with `change`. */
  reconfigure(change: (queue: Queue<E>) => Queue<E>): void {
    this.queue = change(this.queue)
    this.#take()
  }

  drain(): void {
    this.queue.drain()
    while (this.returning.shift() !== null);
    this.#take()
  }

  #isReturnsTurn(): boolean {
    const first = this.returning.first
    if (first === null) return false
    if (this.queue.length === 0) return true
    if (this.queue instanceof LeafQueue && !this.queue.newestFirst)
      return first.sentAt <= (this.queue.oldest() ?? Infinity)
    this.#returningNext = !this.#returningNext
    return !this.#returningNext
  }

  #take(): void {
    this.dropped = this.queue.decision.dropped
    this.wakeAt = this.queue.decision.wakeAt
  }
}

function frontOf<E extends Waiting>(queue: Queue<E>): E | null {
  for (const entry of queue) return entry
  return null
}

function backOf<E extends Waiting>(queue: Queue<E>): E | null {
  if (queue instanceof LeafQueue) return queue.newest() as E | null
  let last: E | null = null
  for (const entry of queue) last = entry
  return last
}

keepShape(new Level(0, { decision: { wakeAt: null } } as never))
