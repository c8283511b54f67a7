import { NS_PER_MS } from '@genpool/runtime'
import { runOf } from './ahead'
import { circleFrom } from './circle'
import { Deadlocks } from './deadlocks'
import type { Request } from './request'
import type { Circle, RequestOwner } from './request-owner'

/** Calls of several handlers expire together. The first of them is told of the same wait as the last. */
const TOGETHER_NS = 50 * NS_PER_MS
/** From how many handlers that have called something a look starts. */
const MOST_STARTS = 100

/**
 * Whether a request waits for itself: for members that all wait for calls which none of them can take, or for a handler that waits
 * for a call which must wait for that handler: with its key, for the state that it holds, for its place under a limit, or for its own
 * shared run.
 *
 * Of a handler, only the calls before its first `await` are known. They may be more than it waits for, so this is for texts and
 * ends nothing.
 *
 * @returns undefined if it does not
 */
export function selfWaitOf(caller: Request): Circle | undefined {
  const request = runOf(caller)
  const deadlocks = new Deadlocks((call) => call.outcome === null || hasJustExpired(call))
  if (!deadlocks.holds(request)) return request.isCalled ? undefined : knownLately(request)
  const circle = circleFrom(request, deadlocks)
  for (const owner of deadlocks.pools) owner.selfWait = { ...circle, at: request.owner.turn.now() }
  return circle
}

/** A circle that has just been broken: another call in it expired first, and its handler went on. */
function knownLately({ owner, sentAt }: Request): Circle | undefined {
  const { selfWait } = owner
  const isOfNow = selfWait !== null && selfWait.at > sentAt && owner.turn.now() - selfWait.at < TOGETHER_NS
  return isOfNow ? selfWait : undefined
}

function hasJustExpired({ outcome, deadline, owner }: Request): boolean {
  return outcome === 'expired' && owner.turn.now() - deadline < TOGETHER_NS
}

/** Whether all members of a pool wait for themselves, or one of them does. */
export function selfWaitIn(owner: RequestOwner<Request>): Circle | undefined {
  const deadlocks = new Deadlocks(({ outcome }) => outcome === null)
  if (deadlocks.holdAll(owner)) {
    for (const running of owner.workforce.running()) return circleFrom(running, deadlocks)
  }
  let starts = 0
  for (const running of owner.workforce.running()) {
    if (!running.rarely?.calls) continue
    if (deadlocks.holds(running)) return circleFrom(running, deadlocks)
    if (++starts === MOST_STARTS) break
  }
  return undefined
}
