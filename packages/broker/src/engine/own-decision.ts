import { type Nanos } from '@genpool/runtime'
import { type DropReason } from '../errors'
import { type Drop, NO_DROPS } from '../queues/queue'
import { type Waiting } from '../queues/waiting'
import { type BrokerDecision } from './broker'

/** The figures of a drop. */
interface DropFigures {
  readonly now: Nanos
  /** How many are still waiting. */
  readonly waiting: number
  readonly retryAfter?: Nanos | undefined
}

/** The decision of a broker while it is built; the next call reuses it. A list that was returned never changes. */
export class OwnDecision<A extends Waiting, R extends Waiting> implements BrokerDecision<A, R> {
  dropped: readonly Drop<A>[] = NO_DROPS
  droppedR: readonly Drop<R>[] = NO_DROPS
  wakeAt: Nanos | null = null

  begin(): void {
    this.dropped = NO_DROPS
    this.droppedR = NO_DROPS
  }

  /** Adds the drops of a queue. */
  add(dropped: readonly Drop<A>[]): void {
    if (dropped.length > 0) this.dropped = concat(this.dropped, dropped)
  }

  addR(dropped: readonly Drop<R>[]): void {
    if (dropped.length > 0) this.droppedR = concat(this.droppedR, dropped)
  }

  drop(entry: A, reason: DropReason, figures: DropFigures): void {
    this.add([dropOf(entry, reason, figures)])
  }

  dropR(entry: R, reason: DropReason, figures: DropFigures): void {
    this.addR([dropOf(entry, reason, figures)])
  }
}

function dropOf<E extends Waiting>(entry: E, reason: DropReason, { now, waiting, retryAfter }: DropFigures): Drop<E> {
  return { entry, reason, sojourn: now - entry.sentAt, waiting, retryAfter }
}

function concat<T>(before: readonly T[], after: readonly T[]): readonly T[] {
  return before.length === 0 ? after : [...before, ...after]
}
