import type { Member } from '../members/member'
import type { Request } from '../requests/request'

interface Batch {
  readonly member: Member
  readonly first: Request
  /** How many more it may have. */
  readonly limit: number
}

interface Queue {
  takeNext(): Request | null
  putBack(request: Request, ran: boolean): Member | null
}

/** Takes the others of a batch from a queue. A request for another handler ends the batch, and waits in its place for any member. */
export function takeBatch(queue: Queue, { member, first, limit }: Batch): readonly Request[] {
  const others: Request[] = []
  while (others.length < limit) {
    const next = queue.takeNext()
    if (next === null) break
    if (next.handler !== first.handler) {
      queue.putBack(next, false)?.assign(next)
      break
    }
    next.runner = member
    others.push(next)
  }
  return others
}
