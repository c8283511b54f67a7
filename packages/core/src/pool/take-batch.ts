import type { Member } from '../members/member'
import type { Request } from '../requests/request'

interface Batch {
  readonly member: Member
  readonly first: Request
  /** How many more it may have. */
  readonly limit: number
}

/** Takes the others of a batch from a queue. A request for another handler ends the batch; the member gets it next. */
export function takeBatch(take: () => Request | null, { member, first, limit }: Batch): readonly Request[] {
  const others: Request[] = []
  while (others.length < limit) {
    const next = take()
    if (next === null) break
    if (next.handler !== first.handler) {
      member.deliver(next, true)
      break
    }
    next.runner = member
    others.push(next)
  }
  return others
}
