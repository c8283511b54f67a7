import { type Nanos } from '@genpool/runtime'

/** The list that holds an entry, as the entry sees it. */
export interface HoldingList {
  readonly length: number
  /** Whatever owns the list. */
  readonly holder: unknown
}

/**
 * A request while it waits: a member of one queue, and the node of that queue's linked list at the same time.
 *
 * Extend it with what the owner has to remember (a reply address, a message), so that a waiting request is one object.
 * Every field is set here, in this order, so that all entries have one shape. A queue writes only `previous`, `next`
 * and `list`; the owner must leave those alone, and must not change `tag`, `priority` or `key` while `list` is not null.
 */
export class Waiting {
  /** Towards the oldest. */
  previous: Waiting | null = null
  /** Towards the newest. */
  next: Waiting | null = null
  /** The list that holds the entry now, or null: it does not wait (any more). */
  list: HoldingList | null = null
  /** When the request was sent; sojourn times count from here. */
  sentAt: Nanos
  /** When its caller gives up; `Infinity` for never. It is not started at or after this moment. */
  deadline: Nanos = Infinity
  /** What `cancel(tag)` finds it by, or undefined. Several entries may share one. */
  tag: unknown = undefined
  /** Greater is more urgent. Under one bound the lowest are shed first. */
  priority = 0
  /** Requests of one key are served one at a time and in order; undefined for no such bond. */
  key: unknown = undefined

  constructor(sentAt: Nanos) {
    // Once something else than a number, so that V8 keeps a pointer to a number here that others share, and not a copy of
    // each entry's own: 16 bytes less, and 1 % of a short call.
    this.sentAt = null as unknown as Nanos
    this.sentAt = sentAt
  }

  /** What the request is about, for the functions and properties that options name (`by`). Override it. */
  get subject(): unknown {
    return undefined
  }
}
