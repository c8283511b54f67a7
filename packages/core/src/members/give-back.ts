import type { GenPoolError } from '@genpool/runtime'
import { hasPassed } from '../requests/deadline'
import type { Failures } from '../requests/failures'
import type { Request } from '../requests/request'
import type { Worker } from '../work/worker'
import { type Hand, splitBatch } from './hand'

/** Takes the requests that a member has and will not run, or whose handler asks for another run. */
export interface GivesBack {
  readonly failures: Failures
  /** The request has left its member's hand: the next one of its key may start. */
  readonly work: { release(request: Request): void }
  /** Queues it again, in front, if the pool still takes work; otherwise it fails. */
  runAgain(request: Request): void
}

/** Gives requests that have not begun, or are to run again, to other members. A message for this member alone is lost with it, as a mailbox is. */
export function giveBack(requests: readonly Request[], pool: GivesBack): void {
  for (const request of requests) {
    if (request.kind !== 'direct' && request.outcome === null) {
      pool.runAgain(request)
      continue
    }
    if (request.outcome === null) request.fail(lossOf(request, pool))
    pool.work.release(request)
  }
}

/** A message for a member alone has waited too long there, or is lost with it. */
function lossOf(request: Request, { failures }: GivesBack): GenPoolError {
  return hasPassed(request.deadline, request.owner.turn) ? failures.expired(request) : failures.stopped(request)
}

/** Takes requests that have not begun out of a hand, with the others of their batches, and gives them to other members. */
export function giveBackFrom(hand: Hand, requests: readonly Request[], pool: GivesBack): void {
  for (const request of requests) {
    const batch = splitBatch(request)
    hand.remove(request)
    giveBack(batch, pool)
  }
}

/** Takes those requests out of a member's hand that its worker has got ahead and has not begun, and gives them to other members. */
export function giveBackAhead(
  { hand, worker }: { readonly hand: Hand; readonly worker: Pick<Worker<Request>, 'depth' | 'revoke'> },
  requests: readonly Request[],
  pool: GivesBack,
): void {
  if (worker.depth === 1 && hand.count <= 1 && hand.count === hand.given) return
  const given = new Set(hand.allGiven)
  const ahead = requests.filter((request) => !given.has(request) || worker.revoke(request))
  giveBackFrom(hand, ahead, pool)
}
