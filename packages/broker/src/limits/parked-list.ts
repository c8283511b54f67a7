import { type Scheduled } from '@genpool/runtime'
import { type Waiting } from '../queues/waiting'
import { type Pass } from './pass'

/** The parked requests of one priority, in the order in which they were parked. Their passes are the nodes. */
export class ParkedList<E extends Waiting> implements Scheduled {
  heapAt = Infinity
  heapIndex = -1
  first: Pass<E> | null = null
  private last: Pass<E> | null = null

  push(pass: Pass<E>): void {
    pass.previous = this.last
    if (this.last === null) this.first = pass
    else this.last.next = pass
    this.last = pass
  }

  remove(pass: Pass<E>): void {
    const { previous, next } = pass
    if (previous === null) this.first = next
    else previous.next = next
    if (next === null) this.last = previous
    else next.previous = previous
    pass.previous = pass.next = null
  }
}
