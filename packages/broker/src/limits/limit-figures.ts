import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import { type Waiting } from '../queues/waiting'
import { type BackOffFigures } from './back-off'
import { holdOf, rateOf } from './hold'
import { type KeyedLimit } from './keyed-limit'
import { type LimitLane } from './limit-lane'
import { type LimitRules } from './limit-rules'

/** What one kind of limit holds back. Times are milliseconds. */
export interface HeldBy {
  /** How many requests it holds back. */
  readonly waiting: number
  /** How many keys have something that waits, runs, or has begun lately; 0 for a rate of all. */
  readonly keys: number
  /** How many messages had no key since `by` is in force, so that nothing limits them; 0 for a rate of all. */
  readonly keyless: number
  /** Whether any message had a key since then. If none had one, `by` may be misspelt. */
  readonly keyFound: boolean
  /** The key for which most wait; undefined if none waits, or for a rate of all. */
  readonly key: unknown
  /** How many wait for that key, how many of it run, and how much of it began within the last interval. */
  readonly ofKey: number
  readonly running: number
  readonly used: number
  /** When the rate lets the next one begin, from now; 0 if it is not the rate that holds it. */
  readonly opensInMs: number
}

/** What rates and limits hold back now. */
export interface LimitFigures {
  readonly rate: HeldBy | undefined
  readonly limits: HeldBy | undefined
  /** What waits for the end of a back-off; undefined while there is none. */
  readonly backOff: BackOffFigures | undefined
}

interface Counts {
  readonly now: Nanos
  /** How many stand in the queue, and when the rate of all lets the next of them begin. */
  readonly ready: number
  readonly opensAt: Nanos
}

/** Reads the figures. O(keys). */
export function figuresOf<E extends Waiting>(rules: LimitRules<E>, counts: Counts): LimitFigures {
  const { gate, rated, keyed } = rules
  const { now, ready, opensAt } = counts
  const limits = keyed === null ? undefined : heldBy(keyed, now)
  const waiting = ready + behindReady(rules, now)
  const backOff = backOffOf(rules, waiting, now)
  const rate = rateOf(gate)
  if (rate === null) return { rate: rated === null ? undefined : heldBy(rated, now), limits, backOff }
  // While all back off, it is not the rate that holds them.
  const opensInMs = backOff?.all === true ? 0 : Math.max(0, opensAt - now) / NS_PER_MS
  const none = { keys: 0, keyless: 0, keyFound: false, key: undefined, ofKey: 0, running: 0 }
  return { rate: { ...none, waiting: opensInMs > 0 ? waiting : 0, used: rate.used(now), opensInMs }, limits, backOff }
}

/**
 * Whether the limit of a key is what its parked requests wait for. If one of them stands in the queue and may begin, they all wait
 * for what that one waits for: a member, or the rate of all.
 */
function holds<E extends Waiting>(lane: LimitLane<E>, now: Nanos): boolean {
  return holdOf(lane.rate) <= now && (lane.ready === 0 || lane.isBlocked(0, now))
}

/** How many are parked though the limit of their key is not what holds them. */
export function behindReady<E extends Waiting>({ all }: LimitRules<E>, now: Nanos): number {
  let count = 0
  for (const limit of all) {
    for (const lane of limit.lanes()) if (lane.ready > 0 && !lane.isBlocked(0, now)) count += lane.parked
  }
  return count
}

function heldBy<E extends Waiting>(limit: KeyedLimit<E>, now: Nanos): HeldBy {
  let waiting = 0
  let keys = limit.countOthers(now)
  let most: LimitLane<E> | null = null
  for (const lane of limit.lanes()) {
    const counts = lane.running > 0 || lane.waiting > 0 || (lane.rate !== null && lane.rate.used(now) > 0)
    if (counts && !limit.isLone(lane)) keys++
    if (!holds(lane, now)) continue
    waiting += lane.parked
    if (lane.parked > 0 && (most === null || comesFirst(limit, lane, most))) most = lane
  }
  const opensAt = most?.hasPlace() === true ? most.fitsAt(1, now) : now
  return {
    waiting,
    keys,
    keyless: limit.keyless,
    keyFound: limit.keyFound,
    key: most === null ? undefined : limit.keyIn(most),
    ofKey: most?.parked ?? 0,
    running: most?.running ?? 0,
    used: most?.rate?.used(now) ?? 0,
    opensInMs: opensAt === Infinity ? 0 : (opensAt - now) / NS_PER_MS,
  }
}

/** Whether more wait for a key than for another. */
function comesFirst<E extends Waiting>(limit: KeyedLimit<E>, a: LimitLane<E>, b: LimitLane<E>): boolean {
  return a.parked > b.parked || (a.parked === b.parked && limit.isBefore(a, b))
}

function backOffOf<E extends Waiting>(rules: LimitRules<E>, ready: number, now: Nanos): BackOffFigures | undefined {
  const ofAll = holdOf(rules.gate)
  const all = ofAll > now
  let [waiting, keys, key, until]: [number, number, unknown, Nanos] = [all ? ready : 0, 0, undefined, now]
  let longest: LimitLane<E> | null = null
  for (const limit of rules.all) {
    for (const lane of limit.lanes()) {
      const heldUntil = holdOf(lane.rate)
      if (heldUntil <= now) continue
      keys++
      waiting += lane.parked
      const isSame = longest !== null && longest.owner === limit && heldUntil === until
      const isFirst = isSame && limit.isBefore(lane, longest as LimitLane<E>)
      if (heldUntil > until || isFirst) [longest, key, until] = [lane, limit.keyIn(lane), heldUntil]
    }
  }
  if (!all && keys === 0) return undefined
  return { waiting, all, keys, key, opensInMs: ((all ? ofAll : until) - now) / NS_PER_MS }
}
