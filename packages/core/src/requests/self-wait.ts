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
    const way: Step[] = []
    let call: Request | undefined = request
    while (call !== undefined && way.length < MOST_NAMES) {
      const running = call.isCalled ? call : runningBefore(call)
      if (running === undefined) break
      way.push({ call, running })
      call = this.#blockedCallOf(running)
      const start = call === undefined ? -1 : startOfCircle(way, call)
      if (call !== undefined && start >= 0) return closedCircle(way, start, call)
    }
    return inNames(way, call)
  }
}

/** A running handler on a way, and the call that has led to it: its own, or one that waits for it. */
interface Step {
  readonly call: Request
  readonly running: Request
}

/** Where a way that goes on with a call has been before; -1 if nowhere. */
function startOfCircle(way: readonly Step[], call: Request): number {
  if (call.isCalled) return way.findIndex(({ running }) => running === call)
  const ahead = aheadOf(call)?.running
  return way.findIndex(({ running }) => (ahead === undefined ? running.owner === call.owner : running === ahead))
}

/**
 * A circle, told so that it ends with a call that waits in a queue: that one says what would have to change. If all its calls run,
 * one of them shares the run that it belongs to.
 */
function closedCircle(way: readonly Step[], start: number, last: Request): Circle {
  if (!last.isCalled) return inNames(way, last)
  const queued = way.findLastIndex(({ call }, place) => place > start && !call.isCalled)
  const step = way[queued]
  if (step === undefined) return inNames(way, last)
  return inNames([...way.slice(0, start), ...way.slice(queued), ...way.slice(start, queued)], step.call)
}

function inNames(way: readonly Step[], last?: Request): Circle {
  const named = way.map(({ running }) => running)
  if (last !== undefined) named.push(last)
  const names = named.map(({ pool, type }) => `pool "${pool}" (type "${type}")`)
  return {
    way: names.join(' waits for '),
    pool: named.at(-1)?.pool ?? '',
    by: last === undefined ? 'members' : closedBy(last),
  }
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
