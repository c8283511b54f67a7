import { NS_PER_MS } from '@genpool/runtime'
import { Request } from './request'
import type { Circle, RequestOwner, SelfWait } from './request-owner'
import { SharedCall } from './shared-run'

/** Calls of several handlers expire together. The first of them is told of the same wait as the last. */
const TOGETHER_NS = 50 * NS_PER_MS
/** How many pools and runs are looked at. */
const MOST_PLACES = 2000
/** How many pools a text names. */
const MOST_NAMES = 10
/** From how many handlers that have called something a look starts. */
const MOST_STARTS = 100

/**
 * Whether a request waits for itself: for members that all wait for calls which none of them can take, or for a handler that waits
 * for a call which must wait for that handler: with its key, for the state that it holds, or for its own shared run.
 *
 * Of a handler, only the calls before its first `await` are known. They may be more than it waits for, so this is for texts and
 * ends nothing.
 *
 * @returns undefined if it does not
 */
export function selfWaitOf(caller: Request): Circle | undefined {
  const request = runOf(caller)
  const search = new Search()
  if (!search.callWaits(request)) return request.isCalled ? undefined : knownLately(request)
  const circle = search.circleFrom(request)
  search.remember({ ...circle, at: request.owner.turn.now() })
  return circle
}

/** What a caller waits for. */
function runOf(caller: Request): Request {
  return caller instanceof SharedCall ? (caller.run ?? caller) : caller
}

/** A circle that has just been broken: another call in it expired first, and its handler went on. */
function knownLately({ owner, sentAt }: Request): Circle | undefined {
  const { selfWait } = owner
  const isOfNow = selfWait !== null && selfWait.at > sentAt && owner.turn.now() - selfWait.at < TOGETHER_NS
  return isOfNow ? selfWait : undefined
}

/** Whether all members of a pool wait for themselves, or one of them does. */
export function selfWaitIn(owner: RequestOwner<Request>): Circle | undefined {
  const search = new Search()
  if (!search.poolWaits(owner)) return selfWaitOfOne(owner)
  for (const running of owner.workforce.running()) return search.circleFrom(running)
  return undefined
}

function selfWaitOfOne(owner: RequestOwner<Request>): Circle | undefined {
  let starts = 0
  for (const running of owner.workforce.running()) {
    if (!running.rarely?.calls) continue
    // What an earlier look took for waiting was so only if its start was.
    const search = new Search()
    if (search.runWaits(running)) return search.circleFrom(running)
    if (++starts === MOST_STARTS) break
  }
  return undefined
}

/** One look at who waits for whom. Visits each pool and each run once. */
class Search {
  /** What is being looked at counts as waiting: the way has led back to it. */
  readonly #waits = new Map<RequestOwner<Request> | Request, boolean>()

  /** Whether no member of a pool can take a request before one of its own calls is taken. */
  poolWaits(owner: RequestOwner<Request>): boolean {
    return this.#once(owner, () => !owner.workforce.hasFreeMember && this.#allWait(owner.workforce.running()))
  }

  /** Whether a running handler has called what cannot be taken. */
  runWaits(running: Request): boolean {
    return this.#once(running, () => this.#blockedCallOf(running) !== undefined)
  }

  callWaits(call: Request): boolean {
    if (call.isCalled) return this.runWaits(call)
    const ahead = aheadOf(call)
    return ahead === undefined ? this.poolWaits(call.owner) : this.runWaits(ahead.running)
  }

  #once(place: RequestOwner<Request> | Request, look: () => boolean): boolean {
    const known = this.#waits.get(place)
    if (known !== undefined) return known
    // So deep a chain is not worth a stack overflow.
    if (this.#waits.size > MOST_PLACES) return false
    this.#waits.set(place, true)
    const waits = look()
    this.#waits.set(place, waits)
    return waits
  }

  /** Tells the pools that wait. */
  remember(selfWait: SelfWait): void {
    for (const [place, waits] of this.#waits) if (waits && !(place instanceof Request)) place.selfWait = selfWait
  }

  #allWait(running: Iterable<Request>): boolean {
    let any = false
    for (const request of running) {
      if (!this.runWaits(request)) return false
      any = true
    }
    return any
  }

  #blockedCallOf(running: Request): Request | undefined {
    const calls = running.rarely?.calls as readonly Request[] | null | undefined
    return calls?.find((call) => isOpen(call) && this.callWaits(call))
  }

  /** The way from a request that waits, until it leads back. */
  circleFrom(request: Request): Circle {
    const way: Request[] = []
    let call: Request | undefined = request
    do {
      const running = call.isCalled ? call : runningBefore(call)
      if (running === undefined) break
      way.push(running)
      call = this.#blockedCallOf(running)
    } while (call !== undefined && !leadsBack(way, call) && way.length < MOST_NAMES)
    if (call !== undefined) way.push(call)
    const names = way.map(({ pool, type }) => `pool "${pool}" (type "${type}")`)
    return { way: names.join(' waits for '), by: call === undefined ? 'members' : closedBy(call) }
  }
}

/** A call that runs leads back only if the way has come from it: by a caller that shares its run. */
function leadsBack(way: readonly Request[], call: Request): boolean {
  return call.isCalled ? way.includes(call) : way.some(({ owner }) => owner === call.owner)
}

/** What the last call of a way waits for. */
function closedBy(call: Request): Circle['by'] {
  return call.isCalled ? 'share' : (aheadOf(call)?.by ?? 'members')
}

/** A running request that a waiting one waits for, as an example. */
function runningBefore(call: Request): Request | undefined {
  const ahead = aheadOf(call)
  if (ahead !== undefined) return ahead.running
  for (const running of call.owner.workforce.running()) return running
  return undefined
}

/** A running request that a waiting one has to wait for, whoever is free: of its key, or that holds the state. */
function aheadOf(call: Request): { readonly running: Request; readonly by: 'key' | 'state' } | undefined {
  const { owner, key } = call
  const holdsState = call.runner !== null && owner.workforce.isExclusive
  if (key === undefined && !holdsState) return undefined
  for (const running of owner.workforce.running()) {
    if (!running.isCalled) continue
    if (key !== undefined && running.key === key) return { running, by: 'key' }
    if (holdsState) return { running, by: 'state' }
  }
  return undefined
}

/** Whether a call has no answer, or has expired just now. */
function isOpen({ outcome, deadline, owner }: Request): boolean {
  return outcome === null || (outcome === 'expired' && owner.turn.now() - deadline < TOGETHER_NS)
}
