import { type Expiring, keepShape, type Nanos } from '@genpool/runtime'
import { Waiting } from './waiting'

/** Builds a request from its message when its turn comes. What it is given are the values that were given to `pack`. */
export interface Maker<E extends Waiting> {
  (message: unknown, about: unknown, sentAt: Nanos, caller: unknown): E
  /** For requests whose callers wait for an answer, and not for ever. */
  readonly calls?: CallWatch<E>
}

/** Watches the deadlines of packed requests. All that share a maker have the same time. */
export interface CallWatch<E extends Waiting> {
  /** How long after a request was sent its caller gives up. */
  readonly patience: Nanos
  /** A pack has begun. When its deadline comes, which is that of its oldest request, call `unpack`. */
  packed(pack: PackedCalls<E>): void
  /** The pack holds nothing any more. */
  unpacked(pack: PackedCalls<E>): void
  /** A request was built and has left its pack: its own deadline counts. */
  built(entry: E): void
}

/** A pack, as its watch sees it. Its `deadline` moves while its requests are served. */
export interface PackedCalls<E extends Waiting> extends Expiring {
  /** Builds all of its requests, which wait in its place from now on. Returns them, oldest first. */
  unpack(): readonly E[]
}

/** A request that may become the next one of the pack in which it was built. */
export interface PackedRequest {
  message: unknown
  sentAt: Nanos
}

/** The queue of a pack. */
interface Unpacking {
  unpack(pack: Waiting): readonly Waiting[]
}

/** The size of a pack: above about 16 000 entries, V8 does not copy the list in a garbage collection. */
const SIZE = 20_000
/** The tag that marks a pack. It is private, so `cancel` cannot find it. */
const PACK = Symbol('pack')

/**
 * A run of queued requests of one kind that are not built yet: 8 bytes each instead of about 200, 16 with a caller, and no work
 * for the garbage collector. The pack is one entry in the list.
 *
 * Only for requests without tag, key and priority, and with the same time.
 */
export class Pack<E extends Waiting> extends Waiting implements PackedCalls<E> {
  wheelPrevious: Expiring | null = null
  wheelNext: Expiring | null = null
  wheelSlot = -1
  readonly #messages: unknown[]
  /** Who waits for each; null if nobody does. */
  readonly #callers: unknown[] | null
  readonly #patience: Nanos
  /** The index of the oldest, and the index after the newest. */
  #at = 0
  #end = 0
  /** The send times, each with the index of the first request that was sent then. Many share one time. */
  readonly #times: Nanos[]
  readonly #from: number[] = [0]
  /** The index of the oldest request's time, and the request index at which the next time starts. */
  #time = 0
  #until = Infinity

  /** @param isLong whether the pack is likely to become full */
  constructor(
    readonly make: Maker<E>,
    readonly about: unknown,
    sentAt: Nanos,
    isLong: boolean,
  ) {
    super(sentAt)
    this.tag = PACK
    this.#times = [sentAt]
    const list = (): unknown[] => (isLong ? new Array<unknown>(SIZE) : [])
    this.#messages = list()
    this.#callers = make.calls === undefined ? null : list()
    this.#patience = make.calls?.patience ?? Infinity
    this.deadline = sentAt + this.#patience
  }

  get length(): number {
    return this.#end - this.#at
  }

  /** Whether the pack takes no more. Requests that have left free no room. */
  get isFull(): boolean {
    return this.#end === SIZE
  }

  /** Whether one more request of this kind fits. */
  takes(make: Maker<E>, about: unknown): boolean {
    return make === this.make && about === this.about && this.#end < SIZE
  }

  /** When the newest was sent. */
  get newestSentAt(): Nanos {
    return this.#times.at(-1) as Nanos
  }

  /** When the caller of the newest gives up. */
  get newestDeadline(): Nanos {
    return this.newestSentAt + this.#patience
  }

  push(message: unknown, sentAt: Nanos, caller: unknown): void {
    if (sentAt !== this.#times[this.#times.length - 1]) this.#pushTime(sentAt)
    if (this.#callers !== null) this.#callers[this.#end] = caller
    this.#messages[this.#end++] = message
  }

  #pushTime(sentAt: Nanos): void {
    this.#times.push(sentAt)
    this.#from.push(this.#end)
    if (this.#until === Infinity) this.#until = this.#end
  }

  /** Builds and removes the oldest. */
  shift(): E {
    const entry = this.#build(this.#at, this.sentAt)
    this.#forget(this.#at++)
    if (this.#at === this.#until) this.#nextTime()
    this.make.calls?.built(entry)
    return entry
  }

  /**
   * Removes the oldest of some without callers: `into`, which was built here and is done, becomes that one. False, and nothing changes, if
   * it is the last.
   */
  shiftInto(into: PackedRequest): boolean {
    const at = this.#at
    if (at + 1 === this.#end) return false
    this.#at++
    into.message = this.#messages[at]
    into.sentAt = this.sentAt
    this.#messages[at] = undefined
    if (at + 1 === this.#until) this.#nextTime()
    return true
  }

  #build(at: number, sentAt: Nanos): E {
    return this.make(this.#messages[at], this.about, sentAt, this.#callers === null ? undefined : this.#callers[at])
  }

  #forget(at: number): void {
    this.#messages[at] = undefined
    if (this.#callers !== null) this.#callers[at] = undefined
  }

  #nextTime(): void {
    this.sentAt = this.#times[++this.#time] as Nanos
    this.deadline = this.sentAt + this.#patience
    this.#until = this.#from[this.#time + 1] ?? Infinity
  }

  /** Builds and removes the newest. */
  pop(): E {
    const entry = this.#build(--this.#end, this.newestSentAt)
    this.#forget(this.#end)
    if (this.#from.at(-1) === this.#end && this.length > 0) {
      this.#times.pop()
      this.#from.pop()
      if (this.#until === this.#end) this.#until = Infinity
    }
    this.make.calls?.built(entry)
    return entry
  }

  /** Builds a copy of each request, oldest first. The pack stays as it is. */
  *[Symbol.iterator](): Iterator<E> {
    let time = this.#time
    for (let i = this.#at; i < this.#end; i++) {
      if (i === this.#from[time + 1]) time++
      yield this.#build(i, this.#times[time] as Nanos)
    }
  }

  unpack(): readonly E[] {
    return ((this.list?.holder as Unpacking | undefined)?.unpack(this) as readonly E[] | undefined) ?? []
  }
}

keepShape(new Pack(() => undefined as never, undefined, 0, false))
