import type { Request } from './request'
import type { Circle, RequestOwner } from './request-owner'
import { SharedCall } from './shared-run'

type Owner = RequestOwner<Request>

/** What a request waits for, whoever is free. */
export interface Ahead {
  readonly by: Circle['by']
  /** Those whose places it waits for. Lazy: mostly the first of them is not held up. */
  readonly requests: Iterable<Request>
  /** How many those are if it waits for them: for as long as none of them ends. */
  readonly most: number
}

/** The request by which a run is known: of calls that share it their run, of a batch the first. */
export function runOf(request: Request): Request {
  const run = request instanceof SharedCall ? (request.run ?? request) : request
  return run.runner?.batch?.first ?? run
}

/**
 * What a request waits for that no handler was called for yet, whoever is free: the one member that it is for, a running one of its
 * key, the state, or those under its limit.
 */
export function aheadOf(request: Request): readonly Ahead[] {
  if (request.runner !== null) return present(stateAheadOf(request))
  // In the hand of a member, or kept for one, it has its key and its place already.
  const kept = request.list === null ? memberAheadOf(request) : null
  if (kept !== null) return present(kept, stateAheadOf(request))
  return present(keyAheadOf(request), stateAheadOf(request), limitAheadOf(request))
}

function present(...found: readonly (Ahead | null)[]): readonly Ahead[] {
  return found.filter((ahead) => ahead !== null)
}

function memberAheadOf(request: Request): Ahead | null {
  for (const { request: kept, after } of request.owner.workforce.kept()) {
    if (kept === request) return { by: 'members', requests: after === null ? [] : [after], most: 1 }
  }
  return null
}

function keyAheadOf(request: Request): Ahead | null {
  const { key, owner } = request
  if (key === undefined) return null
  for (const taken of allTaken(owner)) if (taken.key === key) return { by: 'key', requests: [taken], most: 1 }
  // One that its limit holds back keeps the turn of its key. All else that waits with a key waits for a member, as this one does.
  if (!mayHoldLimits(owner) || owner.workforce.limitOf(request) === null) return null
  const first = owner.workforce.waiting.find((waiting) => waiting.key === key)
  return first === undefined || first === request ? null : { by: 'key', requests: [first], most: 1 }
}

function stateAheadOf({ owner }: Request): Ahead | null {
  if (!owner.workforce.isExclusive) return null
  for (const running of owner.workforce.running()) {
    if (running.isCalled) return { by: 'state', requests: [running], most: 1 }
  }
  return null
}

function limitAheadOf(request: Request): Ahead | null {
  const { owner } = request
  const { workforce } = owner
  const limit = mayHoldLimits(owner) ? workforce.limitOf(request) : null
  if (limit === null) return null
  return { by: 'limit', requests: underLimit(owner, limit.key), most: limit.concurrency }
}

function* underLimit(owner: Owner, key: unknown): Iterable<Request> {
  for (const taken of allTaken(owner)) if (owner.workforce.limitOf(taken)?.key === key) yield taken
}

/** Whether something in hand may wait. Mostly nothing does, and this says so at little cost. */
function mayHoldLimits({ workforce }: Owner): boolean {
  for (const { rarely, isCalled } of workforce.running()) if (!isCalled || rarely?.calls) return true
  return false
}

/** All that the members of a pool have: in hand, each of a batch, and kept for one of them. */
function* allTaken({ workforce }: Owner): Iterable<Request> {
  for (const running of workforce.running()) {
    yield running
    if (running.companions !== null) yield* running.companions
  }
  for (const { request } of workforce.kept()) yield request
}
