import { keepShape, type Nanos } from '@genpool/runtime'
import { byArrival, cameAfter } from './arrival'
import { DropQueue } from './drop-queue'
import { FairQueue } from './fair-queue'
import { LeafQueue } from './leaf-queue'
import { Landmarks } from './landmarks'
import { type Part } from './part'
import { type Drop, NO_DROPS, type Queue } from './queue'
import { type Waiting } from './waiting'
import { WaitingList } from './waiting-list'

/**
 * The requests of one priority: a queue, and requests that come to it from elsewhere.
 *
 * Each gets the place of its age, before all that came later: in a fair queue among those of its own key. All that is sent in one
 * turn of the event loop is sent at the same time. Limits number it (see `Numbered`). Without numbers, the first of it is one that a
 * member had already; the last is one that its key held back, since what stands in the queue was sent before it, or has another key.
 * A queue that serves the newest first, and a user's own, have no such places; there they take turns.
 */
export class Level<E extends Waiting> implements Iterable<E> {
  /** Those that a member had. */
  readonly returning = new WaitingList<E>()
  /** Those that were held back. */
  readonly heldBack = new WaitingList<E>()
  /** Drops of the last call. */
  dropped: readonly Drop<E>[] = NO_DROPS
  wakeAt: Nanos | null
  /** Its queue if that is a drop queue; otherwise null. Fast path: `instanceof` reads all prototypes of a queue. */
  dropQueue: DropQueue<E> | null
  private returningNext = true
  /** Made when the first one comes that was held back. */
  private landmarks: Landmarks<E> | null = null

  constructor(
    readonly priority: number,
    public queue: Queue<E>,
  ) {
    this.wakeAt = queue.decision.wakeAt
    this.dropQueue = dropQueueOf(queue)
  }

  get length(): number {
    return this.queue.length + this.returning.length + this.heldBack.length
  }

  *[Symbol.iterator](): Iterator<E> {
    yield* this.returning
    yield* this.queue
    yield* this.heldBack
  }

  /** The lists that it is made of. */
  *parts(): Iterable<Part<E>> {
    yield this.returning
    if (this.dropQueue === null && this.queue instanceof FairQueue) yield* (this.queue as FairQueue<E>).parts()
    else yield this.queue
    yield this.heldBack
  }

  /** When its oldest request was sent; null if it is empty. */
  oldest(): Nanos | null {
    const least = Math.min(this.queue.oldest() ?? Infinity, ageOf(this.returning), ageOf(this.heldBack))
    return least === Infinity ? null : least
  }

  enqueue(entry: E, now: Nanos): void {
    this.queue.enqueue(entry, now)
    this.take()
  }

  dequeue(now: Nanos): E | null {
    this.dropped = NO_DROPS
    const first = this.isTurnOfQueue() ? null : this.firstOfLists()
    if (first !== null) {
      this.takeShown(first)
      return first
    }
    const entry = this.queue.dequeue(now)
    this.take()
    return entry ?? this.returning.shift() ?? this.heldBack.shift()
  }

  /** Fast path: `enqueue` where no rule applies; otherwise false, and nothing changes. */
  tryEnqueue(entry: E): boolean {
    return this.dropQueue !== null && this.dropQueue.tryEnqueue(entry)
  }

  /** Fast path: what `dequeue` takes where no rule applies, if it has more than `enough` of its time left; otherwise null. */
  peek(now: Nanos, enough: Nanos): E | null {
    const queue = this.dropQueue
    if (queue === null) return null
    const first = this.returning.first === null && this.heldBack.first === null ? null : this.firstOfLists()
    if (first === null) return queue.peek(now, enough)
    return first.tag === undefined && first.deadline - now > enough && !queue.newestFirst ? first : null
  }

  /** Takes what `peek` has just shown. */
  takeShown(entry: E): void {
    const list = entry.list as WaitingList<E>
    list.remove(entry)
    if (this.landmarks !== null) this.landmarks.trim()
  }

  timeout(now: Nanos): void {
    this.queue.timeout(now)
    this.take()
  }

  cancel(tag: unknown, now: Nanos): void {
    if (tag !== undefined) {
      for (const list of [this.returning, this.heldBack])
        for (const entry of list) if (entry.tag === tag) list.remove(entry)
    }
    this.queue.cancel(tag, now)
    this.take()
  }

  remove(entry: E, now: Nanos): boolean {
    this.dropped = NO_DROPS
    if (this.returning.remove(entry) || this.heldBack.remove(entry)) {
      this.landmarks?.trim()
      return true
    }
    const here = this.queue.remove(entry, now)
    this.take()
    return here
  }

  /** Adds one back that a member had: before all that were sent at the same time. */
  readmit(entry: E, now: Nanos): void {
    if (!(this.queue instanceof FairQueue)) return this.returning.insertByAge(entry)
    this.queue.readmit(entry, now)
    this.take()
  }

  /** Adds one that was held back: behind all that were sent at the same time. */
  rejoin(entry: E, now: Nanos): void {
    if (!(this.queue instanceof FairQueue)) return this.insertHeldBack(entry)
    this.queue.rejoin(entry, now)
    this.take()
  }

  /** Fast path: `rejoin` if its queue is a drop queue. */
  insertHeldBack(entry: E): void {
    if (this.heldBack.length === 0) {
      if (!this.tryEnqueueAlone(entry)) this.heldBack.push(entry)
      return
    }
    this.landmarks ??= new Landmarks(this.heldBack)
    this.landmarks.insert(entry)
  }

  /** Fast path: where nothing else waits, its queue is as good a place, and is looked at first. Saves 5 % of a call whose key waits. */
  private tryEnqueueAlone(entry: E): boolean {
    const { dropQueue } = this
    const isAlone = dropQueue !== null && dropQueue.length === 0 && this.returning.first === null
    return isAlone && !dropQueue.newestFirst && dropQueue.tryEnqueue(entry)
  }

  /** The request to drop if one must be: the oldest or the newest of the queue, before those that came to it from elsewhere. */
  victim(oldest: boolean): E | null {
    const { returning, heldBack } = this
    if (oldest) return frontOf(this.queue) ?? returning.first ?? heldBack.first
    return backOf(this.queue) ?? heldBack.last ?? returning.last
  }

  /** Takes what was held back elsewhere. Where places matter, all that wait stand in one list then, as they came. */
  gather(entries: readonly E[], now: Nanos): void {
    const { queue } = this
    if (queue instanceof LeafQueue) {
      const all = [...emptied(this.returning), ...queue.drain(), ...emptied(this.heldBack), ...entries]
      queue.adopt(all.sort(byArrival))
    } else for (const entry of [...entries].sort(byArrival)) this.rejoin(entry, now)
    this.take()
  }

  /** Applies new options to the queue with `change`. */
  reconfigure(change: (queue: Queue<E>) => Queue<E>, now: Nanos): void {
    const before = this.queue
    const queue = (this.queue = change(before))
    this.dropQueue = dropQueueOf(queue)
    this.take()
    if (queue === before || !(queue instanceof FairQueue)) return
    for (const entry of emptied(this.returning)) queue.readmit(entry, now)
    for (const entry of emptied(this.heldBack)) queue.rejoin(entry, now)
    this.wakeAt = queue.decision.wakeAt
  }

  drain(): void {
    this.queue.drain()
    emptied(this.returning)
    emptied(this.heldBack)
    this.take()
  }

  /** Whether one that waits here came before `entry`. */
  hasOlder(entry: E): boolean {
    const { returning, heldBack, queue } = this
    const queued = queue instanceof LeafQueue ? (queue.front as E | null) : frontOf(queue)
    return [returning.first, heldBack.first, queued].some((first) => first !== null && cameAfter(entry, first))
  }

  /** Whether its queue serves the next one, where places say nothing. */
  private isTurnOfQueue(): boolean {
    if (this.queue.length === 0 || (this.returning.first === null && this.heldBack.first === null)) return false
    if (this.queue instanceof LeafQueue && !this.queue.newestFirst) return false
    this.returningNext = !this.returningNext
    return this.returningNext
  }

  /** The first of the two lists, if it comes before all others; otherwise null. */
  private firstOfLists(): E | null {
    const returned = this.returning.first
    const held = this.heldBack.first
    if (returned === null && held === null) return null
    const queued = this.frontWithPlace()
    if (returned !== null && (held === null || !cameAfter(returned, held)))
      return queued !== null && cameAfter(returned, queued) ? null : returned
    return queued === null || cameAfter(queued, held as E) ? held : null
  }

  /** The front of a queue in which places matter. */
  private frontWithPlace(): Waiting | null {
    const { dropQueue, queue } = this
    if (dropQueue !== null) return dropQueue.newestFirst ? null : dropQueue.front
    return queue instanceof LeafQueue && !queue.newestFirst ? queue.front : null
  }

  private take(): void {
    if (this.landmarks !== null) this.landmarks.trim()
    this.dropped = this.queue.decision.dropped
    this.wakeAt = this.queue.decision.wakeAt
  }
}

/** When the first of a list was sent; Infinity if there is none. */
function ageOf({ first }: WaitingList): Nanos {
  return first === null ? Infinity : first.sentAt
}

/** Takes all out of a list. */
function emptied<E extends Waiting>(list: WaitingList<E>): E[] {
  const entries = [...list]
  for (const entry of entries) list.remove(entry)
  return entries
}

function dropQueueOf<E extends Waiting>(queue: Queue<E>): DropQueue<E> | null {
  return queue instanceof DropQueue ? (queue as DropQueue<E>) : null
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
