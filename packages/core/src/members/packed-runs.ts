import type { Request } from '../requests/request'
import type { Worker } from '../work/worker'
import type { Crew } from './crew'
import type { Hand } from './hand'

/** A member that runs packed casts. */
interface Running<M> {
  readonly crew: Crew<M>
  readonly hand: Hand
  /** Whether it takes any request. */
  readonly isPlain: boolean
  handled: number
  assign(request: Request): void
  seekWork(): void
}

/** How many a member runs before it is the turn of the others. */
const MOST = 16

/**
 * Fast path: while casts wait in packs, a member whose handler returned at once takes the next one, up to 16. Otherwise it asks the
 * broker after each, and stands in line behind the other members. Saves 15 % of a cast if 10 000 are sent at once.
 *
 * @returns false, and nothing done, if what the member has in hand has to be run in the general way
 */
export function runPacked<M extends Running<M>>(member: M, worker: Worker<Request>): boolean {
  const { crew, hand } = member
  const { work, turn } = crew
  const { runs } = crew.turnWork
  if (worker.runAtOnce === undefined || hand.count !== 1 || hand.given > 0 || !isPlain(hand.first as Request))
    return false
  let request = hand.give()
  for (let left = MOST; left > 0; left--) {
    if (!worker.runAtOnce(request)) return true
    const runNs = runs.tick()
    if (request.outcome === null) request.reply(undefined, false)
    member.handled++
    crew.finished(member, request, runNs, runs.measured)
    const next = left > 1 && !turn.exhausted && member.isPlain ? work.takePacked(member) : null
    if (next === null) break
    if (next.handler.batch > 0) {
      hand.remove(request)
      member.assign(next)
      return true
    }
    hand.first = request = next
  }
  hand.remove(request)
  work.release(request)
  member.seekWork()
  return true
}

/** Whether it is a cast without options that nobody has ended. */
function isPlain({ rarely, deadline, outcome, handler }: Request): boolean {
  return rarely === null && deadline === Infinity && outcome === null && handler.batch === 0
}
