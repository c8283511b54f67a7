import { type Waiting } from '../queues/waiting'
import { type RateRules } from './begins'
import { type CostFinder, type Finders, ONE_EACH } from './finders'
import { type Gate, rateOf, withRate } from './hold'
import { KeyedLimit } from './keyed-limit'
import { type KeyRules } from './limit-lane'
import { type LimitLane } from './limit-lane'
import {
  type CheckedLimitsOptions,
  type CheckedRateOptions,
  type CostOf,
  costOf,
  mayBegin,
  toRateRules,
} from './limit-options'
import { Pass } from './pass'
import { type Rate, rateOfAll } from './rate'

/** The checked options of all limits. */
export interface LimitsInForce {
  readonly rate: false | CheckedRateOptions
  readonly limits: false | CheckedLimitsOptions
}

/** What the limits of a broker count: the rate of all requests, and the lanes of two kinds of keys. */
export class LimitRules<E extends Waiting> {
  /** The rate of all requests together, or a hold over it; null if there is none, or if each key has its own. */
  gate: Gate | null = null
  keyed: KeyedLimit<E> | null = null
  rated: KeyedLimit<E> | null = null
  /** The limits of keys. */
  all: readonly KeyedLimit<E>[] = []
  private keyedCost: CostOf | null = null
  private cost: CostOf | null = null
  /** What finds keys and costs now. */
  private finders: Finders<E> = { keyed: null, rated: null, keyedCost: ONE_EACH, cost: ONE_EACH }

  constructor(
    public options: LimitsInForce,
    newestFirst: boolean,
    /** Whether the time of each begin is kept, so that it can be taken back later. */
    private readonly keepsBegins = false,
  ) {
    this.take(null, newestFirst)
  }

  /** The least that a request costs in the rate of all, as far as is known before it is looked at. */
  get leastCost(): number {
    return this.cost === null ? 1 : 0
  }

  /** The same in one lane. */
  leastIn(limit: KeyedLimit<E>): number {
    return (limit === this.keyed ? this.keyedCost : this.cost) === null ? 1 : 0
  }

  /** Whether nothing but the number of begins counts: no keys, each costs 1, and none is taken back later. */
  isPlain = true
  /** Whether what waits of each key is ranked: see `KeyBound`. Then each that waits has a pass. */
  ranks = false
  /** The only limit of keys, while each request costs 1; otherwise null. */
  only: KeyedLimit<E> | null = null

  /**
   * The pass of a new request.
   *
   * @param free passes that may be used again
   * @throws {InvalidError} if a cost is wrong or more than may ever begin, or if a user's function throws
   */
  passOf({ subject }: E, free: Pass<E>[]): Pass<E> {
    const keyedCost = this.keyedCost === null ? 1 : this.keyedCost(subject)
    const cost = this.cost === null ? 1 : this.cost(subject)
    // A user's function may throw: no lane is made before.
    const key = this.keyed === null ? undefined : this.keyed.keyOf(subject)
    const ratedKey = this.rated === null ? undefined : this.rated.keyOf(subject)
    const pass = free.length === 0 ? new Pass<E>() : (free.pop() as Pass<E>)
    pass.keyed = laneOf(this.keyed, key)
    pass.rated = laneOf(this.rated, ratedKey)
    pass.keyedCost = keyedCost
    pass.cost = cost
    pass.foundBy = this.finders
    return pass
  }

  /**
   * The pass of a request that had another one, which is still counted. Only what other options find now is looked for: its message may
   * have changed since.
   *
   * @throws {InvalidError} as `passOf`
   */
  passAgain({ subject }: E, before: Pass<E>): Pass<E> {
    const { finders } = this
    const was = before.foundBy ?? finders
    if (was === finders) return before
    const costAgain = (to: CostFinder, old: CostFinder, known: number, find: CostOf | null): number =>
      to.from === old.from ? mayBegin(known, to.most) : find === null ? 1 : find(subject)
    const keyedCost = costAgain(finders.keyedCost, was.keyedCost, before.keyedCost, this.keyedCost)
    const cost = costAgain(finders.cost, was.cost, before.cost, this.cost)
    const findKey = (limit: KeyedLimit<E> | null, old: KeyedLimit<E> | null): unknown =>
      limit === null || limit === old ? undefined : limit.keyOf(subject)
    // A user's function may throw: no lane is made before.
    const key = findKey(finders.keyed, was.keyed)
    const ratedKey = findKey(finders.rated, was.rated)
    const pass = new Pass<E>()
    pass.keyed = finders.keyed === was.keyed ? before.keyed : laneOf(finders.keyed, key)
    pass.rated = finders.rated === was.rated ? before.rated : laneOf(finders.rated, ratedKey)
    pass.keyedCost = keyedCost
    pass.cost = cost
    pass.foundBy = finders
    return pass
  }

  /** What has found the key of a request that holds nothing else. */
  foundByOnly(limit: KeyedLimit<E>): Finders<E> {
    if (limit === this.only) return this.finders
    const { isRate } = limit
    return { keyed: isRate ? null : limit, rated: isRate ? limit : null, keyedCost: ONE_EACH, cost: ONE_EACH }
  }

  /** Takes other options over. Lanes of the same keys stay, with what they have counted. */
  configure(options: LimitsInForce, newestFirst: boolean): void {
    const before = this.options
    this.options = options
    this.take(before, newestFirst)
  }

  private take(before: LimitsInForce | null, newestFirst: boolean): void {
    const { rate, limits } = this.options
    const rules = rate === false ? null : toRateRules(rate)
    const by = rate === false ? undefined : rate.by
    this.gate = withRate(this.gate, by === undefined && rules !== null ? this.rateOfAll(rules) : null)
    const forRate: KeyRules = {
      concurrency: Infinity,
      rate: rules,
      max: Infinity,
      newestFirst,
      inOrder: rate !== false && rate.cost !== undefined,
    }
    const oldBy = before === null || before.rate === false ? undefined : before.rate.by
    this.rated = by === undefined ? null : limitOf(oldBy === by ? this.rated : null, by, forRate, true)
    this.cost = rate === false || rules === null ? null : costOf(rate.cost, rules)
    this.takeLimits(limits, before === null ? false : before.limits, newestFirst)
    this.all = [this.keyed, this.rated].filter((limit) => limit !== null)
    const isOneEach = this.cost === null && this.keyedCost === null
    this.isPlain = this.all.length === 0 && isOneEach && !this.keepsBegins
    this.only = this.all.length === 1 && isOneEach ? (this.keyed ?? this.rated) : null
    this.finders = {
      keyed: this.keyed,
      rated: this.rated,
      keyedCost: costFinder(limits !== false && limits.rate),
      cost: costFinder(rate),
    }
  }

  private rateOfAll(rules: RateRules): Rate {
    const before = rateOf(this.gate)
    before?.configure(rules)
    return before ?? rateOfAll(rules)
  }

  private takeLimits(limits: LimitsInForce['limits'], before: LimitsInForce['limits'], newestFirst: boolean): void {
    if (limits === false) {
      this.keyed = this.keyedCost = null
      return
    }
    const rate = limits.rate === false ? null : toRateRules(limits.rate)
    const rules: KeyRules = {
      concurrency: limits.concurrency,
      rate,
      max: limits.max,
      newestFirst,
      inOrder: limits.rate !== false && limits.rate.cost !== undefined,
    }
    const isSame = before !== false && before.by === limits.by
    this.keyed = limitOf(isSame ? this.keyed : null, limits.by, rules, false)
    this.keyedCost = limits.rate === false || rate === null ? null : costOf(limits.rate.cost, rate)
  }
}

function costFinder(rate: false | Pick<CheckedRateOptions, 'cost' | keyof RateRules>): CostFinder {
  return rate === false ? ONE_EACH : { from: rate.cost, most: Math.min(rate.limit, rate.burst ?? rate.limit) }
}

/** The lane of a message that has this key; counts one without a key. */
function laneOf<E extends Waiting>(limit: KeyedLimit<E> | null, key: unknown): LimitLane<E> | null {
  if (limit === null) return null
  if (key !== undefined) return limit.laneByKey(key)
  limit.keyless++
  return null
}

function limitOf<E extends Waiting>(
  old: KeyedLimit<E> | null,
  by: CheckedLimitsOptions['by'],
  rules: KeyRules,
  isRate: boolean,
): KeyedLimit<E> {
  if (old === null) return new KeyedLimit<E>(by, rules, isRate)
  old.configure(rules)
  return old
}
