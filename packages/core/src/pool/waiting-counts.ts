import type { Handler } from '../behaviours/handler'
import { NO_HANDLER } from '../behaviours/handler'

/** What is counted of a request. */
interface Counted {
  readonly handler: Handler
  readonly priority: number
}

interface Count {
  waiting: number
}

/** How many requests wait, by type and by priority. */
export interface WaitingBy {
  readonly type: ReadonlyMap<string, number>
  readonly priority: ReadonlyMap<number, number>
}

/** The count of `NO_HANDLER`, which no request has. */
const NONE: Count = { waiting: 0 }

/** With so many handlers, those that have nothing waiting are forgotten. A thread's routes may make new ones. */
const MANY_HANDLERS = 256

/**
 * Counts the requests that wait, by type and by priority, when they come and when they go: whoever reads the counts looks at none
 * of them, however many there are.
 */
export class WaitingCounts {
  /** Fast path: messages of one type come in a row, so most requests need no look into the map. */
  private handler: Handler = NO_HANDLER
  private count: Count = NONE
  /** Made for the first request that waits. */
  private byHandler: Map<Handler, Count> | null = null
  /** Those with another priority than 0. Made for the first one. */
  private urgent: Map<number, number> | null = null

  entered(request: Counted): void {
    this.packed(request.handler)
    if (request.priority !== 0) this.addUrgent(request.priority, 1)
  }

  /** The same for one that has no priority, and is not built yet. */
  packed(handler: Handler): void {
    if (handler !== this.handler) this.find(handler)
    this.count.waiting++
  }

  left(request: Counted): void {
    if (request.handler !== this.handler) this.find(request.handler)
    this.count.waiting--
    if (request.priority !== 0) this.addUrgent(request.priority, -1)
  }

  by(): WaitingBy {
    const type = new Map<string, number>()
    const priority = new Map(this.urgent)
    let usual = 0
    for (const [handler, { waiting }] of this.byHandler ?? []) {
      // A user's queue may hand out one twice.
      if (waiting <= 0) continue
      type.set(handler.type, (type.get(handler.type) ?? 0) + waiting)
      usual += waiting
    }
    for (const waiting of priority.values()) usual -= waiting
    if (usual > 0) priority.set(0, usual)
    return { type, priority }
  }

  private find(handler: Handler): void {
    const known = (this.byHandler ??= new Map<Handler, Count>())
    let count = known.get(handler)
    if (count === undefined) {
      if (known.size >= MANY_HANDLERS) forgetUnused(known)
      known.set(handler, (count = { waiting: 0 }))
    }
    this.handler = handler
    this.count = count
  }

  private addUrgent(priority: number, more: number): void {
    this.urgent ??= new Map()
    const waiting = (this.urgent.get(priority) ?? 0) + more
    if (waiting === 0) this.urgent.delete(priority)
    else this.urgent.set(priority, waiting)
  }
}

function forgetUnused(counts: Map<Handler, Count>): void {
  for (const [handler, { waiting }] of counts) if (waiting === 0) counts.delete(handler)
}
