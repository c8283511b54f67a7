import { type Nanos, readSafely } from '@genpool/runtime'
import { identifyOf } from '../queues/fair-keys'
import { type Waiting } from '../queues/waiting'
import { heldUntil, holdOf } from './hold'
import { type KeyedLimit } from './keyed-limit'
import { type LimitLane } from './limit-lane'
import { type LimitRules } from './limit-rules'
import { type Pass } from './pass'

/** What backs off: one key, or all. */
export interface BackOffScope<E extends Waiting> {
  /** The request whose key it is, if `key` does not say. */
  readonly entry: E
  /** The key; null for all. Left out: the key of the entry. */
  readonly key?: unknown
  /** The requests that run again after it: each waits until then, whatever its key. */
  readonly again?: Iterable<E>
}

/**
 * Holds one key of `limits`, or else of `rate`, until a time. Without such a key it holds all. The longest hold wins.
 *
 * @param pass that of the entry: its message may have changed since it was found
 * @returns the key that is held; undefined for all
 */
export function holdBack<E extends Waiting>(
  rules: LimitRules<E>,
  { entry, key }: BackOffScope<E>,
  until: Nanos,
  pass: Pass<E> | undefined,
): unknown {
  const found =
    key === undefined
      ? laneOf(rules, entry, pass)
      : key === null
        ? null
        : laneByKey(rules, identifyOf('a back-off', key))
  if (found === null) {
    rules.gate = heldUntil(rules.gate, until)
    return undefined
  }
  hold(found, until)
  return found.limit.keyIn(found.lane)
}

/**
 * Holds a request that will come back until a time, if what is held already does not do so: with its own key or, without one, alone.
 *
 * @param pass its pass, which is counted
 */
export function holdOne<E extends Waiting>({ gate, keyed, rated }: LimitRules<E>, pass: Pass<E>, until: Nanos): void {
  const lanes = [pass.keyed, pass.rated].filter((lane) => lane !== null)
  if (holdOf(gate) >= until || lanes.some(({ rate }) => holdOf(rate) >= until)) return
  const limit = keyed ?? rated
  if (limit === null) return
  const lane = lanes[0] ?? pass.joinAlone(limit.loneLane(), limit === keyed)
  hold({ limit: lane.owner as KeyedLimit<E>, lane }, until)
}

function hold<E extends Waiting>({ limit, lane }: Found<E>, until: Nanos): void {
  lane.rate = heldUntil(lane.rate, until)
  limit.timers.set(lane, lane.wakeAt)
}

interface Found<E extends Waiting> {
  readonly limit: KeyedLimit<E>
  readonly lane: LimitLane<E>
}

function laneByKey<E extends Waiting>({ keyed, rated }: LimitRules<E>, key: unknown): Found<E> | null {
  const limit = keyed ?? rated
  return limit === null ? null : { limit, lane: limit.laneByKey(key) }
}

/**
 * The lanes of a request are those that its pass has, as long as the options that found them are the same. One whose key cannot be found
 * has none.
 */
function laneOf<E extends Waiting>(
  { keyed, rated }: LimitRules<E>,
  entry: E,
  pass: Pass<E> | undefined,
): Found<E> | null {
  const foundBy = pass?.foundBy
  const lanes = [
    { limit: keyed, lane: keyed !== null && keyed === foundBy?.keyed ? pass?.keyed : undefined },
    { limit: rated, lane: rated !== null && rated === foundBy?.rated ? pass?.rated : undefined },
  ]
  for (const { limit, lane = readSafely(() => limit?.laneOf(entry.subject) ?? null, null) } of lanes)
    if (limit !== null && lane !== null && !limit.isLone(lane)) return { limit, lane }
  return null
}

/** Before when no rate and no back-off lets an entry with these keys begin, also if nothing waits now. */
export function opensFor<E extends Waiting>(rules: LimitRules<E>, entry: Waiting, now: Nanos): Nanos {
  const ofAll = rules.gate === null ? now : rules.gate.opensAt(rules.leastCost, now)
  const ofKeys = rules.all.map((limit) => limit.opensAt(entry, rules.leastIn(limit), now))
  return Math.max(ofAll, ...ofKeys)
}

/** What waits for the end of a back-off. */
export interface BackOffFigures {
  /** How many requests it holds back. */
  readonly waiting: number
  /** Whether all requests are held, not only those of some keys. */
  readonly all: boolean
  /** How many keys are held, and requests without a key that run again. */
  readonly keys: number
  /** The key that is held for longest; undefined if none is, or if it is a request without a key. */
  readonly key: unknown
  /** When the next may begin, from now, in milliseconds: of all or, if keys are held, of that key. */
  readonly opensInMs: number
}
