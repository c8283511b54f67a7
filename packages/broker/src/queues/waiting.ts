import { type Nanos } from '@genpool/runtime'

/** The list that holds an entry, as the entry sees it. */
export interface HoldingList {
  readonly length: number
  /** The owner of the list. */
  readonly holder: unknown
}

/**
 * A request in a queue, which is also the node of that queue's linked list.
 *
 * Extend it with the owner's data (a reply address, a message), so that a waiting request is one object. Every field is set
 * here, in this order, so that all entries have one shape. A queue writes only `previous`, `next` and `list`; the owner must
 * not write those, and must not change `tag`, `priority` or `key` while `list` is not null.
 */
export class Waiting {
  /** Towards the oldest. */
  previous: Waiting | null = null
  /** Towards the newest. */
  next: Waiting | null = null
  /** The list that holds the entry; null if it is not queued. */
  list: HoldingList | null = null
  /** When the request was sent; sojourn times count from here. Of one that took over the place of another, when that was sent. */
  sentAt: Nanos
  /** When its caller gives up; `Infinity` for never. It is not started at or after this time. */
  deadline: Nanos
  /** The tag for `cancel(tag)`, or undefined. Several entries may share a tag. */
  tag: unknown = undefined
  /** A greater priority is more urgent. A full queue drops the lowest first. */
  priority = 0
  /** Requests with the same key are served one at a time, in order; undefined for no key. */
  key: unknown = undefined

  /** @param isSentOften whether its `sentAt` changes again and again, as that of a member */
  constructor(sentAt: Nanos, isSentOften = false) {
    // Fast path: the first value is not a number, so V8 stores a pointer to a shared number instead of a copy in each entry.
    // Saves 16 bytes per entry and number, and 1 % of a short call. Where the number changes often, a copy of its own is
    // faster: V8 keeps a list of the pointers from old objects to new ones.
    this.deadline = null as unknown as Nanos
    if (!isSentOften) this.sentAt = null as unknown as Nanos
    this.sentAt = sentAt
    this.deadline = Infinity
  }

  /** From when on its own waiting counts: later than `sentAt` if it took over the place of an older one. */
  get cameAt(): Nanos {
    return this.sentAt
  }

  /** The value that functions and properties in options (`by`) read. Override it. */
  get subject(): unknown {
    return undefined
  }
}
