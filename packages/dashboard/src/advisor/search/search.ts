import type { Advice, Candidate } from '../advice'
import type { CheckedGoal } from '../goal'
import type { Trace } from '../trace'
import { Certainty } from './certainty'
import { Instead } from './instead'
import type { Lab } from './lab'
import { offeredLoad } from './offered-load'
import { type QueueKind, kindsFor } from './queue-kind'
import { AS_IT_WAS } from './scene'
import { larger, nameOf, optionsOf, type Setting, step } from './setting'
import { elasticSizes, smallestFixed } from './sizes'
import { saysLacking, saysOf } from './words'
import { lostShare, meets } from './verdict'

/** A setting that meets the goal on the trace, with what it costs. */
interface Entry {
  readonly setting: Setting
  readonly cost: number
  readonly flooded: number
}

/** Costs within this share are the same. */
const SAME_COST = 0.01
/** An elastic size has to save this share of the cost of a fixed one: starts of members are not free. */
const WORTH_IT = 0.1
/** Of fixed and of elastic sizes, so many are looked at closely. */
const MOST_OPEN = 4
const MOST_SHOWN = 8
const FLOOD = { ...AS_IT_WAS, crowd: 2 }

/** Looks for the cheapest setting that meets a goal. */
export class Search {
  readonly #certainty: Certainty

  constructor(
    private readonly trace: Trace,
    private readonly goal: CheckedGoal,
    private readonly lab: Lab,
  ) {
    this.#certainty = new Certainty(lab, goal)
  }

  async run(): Promise<Advice> {
    const { lab, goal, trace } = this
    const kinds = kindsFor(goal, trace)
    lab.begin('the smallest sizes', kinds.length * 5 + 40 + 4 * goal.resamples)
    const fixed = await this.#fixed(kinds)
    lab.begin('elastic sizes', 40 + 4 * goal.resamples)
    const open = [...fixed, ...(await this.#elastic(fixed))]
    const looked: Entry[] = []
    lab.begin('how sure they are', 4 * goal.resamples)
    const best = await this.#firstSure(open, looked)
    if (best === null) return this.#noneDoes(kinds, looked)
    const entries = [...looked, ...open].sort((a, b) => a.cost - b.cost)
    const near = entries.slice(0, Math.max(MOST_SHOWN, entries.indexOf(best) + 1))
    const smaller = this.#smaller(best.setting)
    const settings = near.map(({ setting }) => setting)
    const all = smaller === null || has(settings, smaller) ? settings : [smaller, ...settings]
    lab.begin('the figures of all', all.length * goal.resamples)
    const candidates = await this.#candidates(all)
    const recommended = candidates.find(({ name }) => name === nameOf(best.setting)) ?? null
    return this.#advice({ recommended, candidates, instead: null })
  }

  async #fixed(kinds: readonly QueueKind[]): Promise<Entry[]> {
    const guess = Math.ceil(offeredLoad(this.trace))
    const range = { low: 1, high: this.goal.maxSize, guess }
    const found = await Promise.all(kinds.map((kind) => smallestFixed(this.lab, kind, range)))
    const entries = await Promise.all(found.map((setting) => this.#entry(setting)))
    return entries.flat().sort(byWorth).slice(0, MOST_OPEN)
  }

  /** Elastic sizes that cost clearly less than the best fixed one. */
  async #elastic([best, second]: readonly Entry[]): Promise<Entry[]> {
    if (best === undefined) return []
    const around = [best, ...(second === undefined ? [] : [second])]
    const found = await Promise.all(around.map(({ setting }) => elasticSizes(this.lab, setting, this.goal.maxSize)))
    const costs = await Promise.all(
      found.flat().map(async (setting) => ({ setting, cost: await this.lab.cost(setting) })),
    )
    const cheaper = costs.filter(({ cost }) => cost !== null && isCheaper(cost, best.cost))
    const first = cheaper.sort((a, b) => (a.cost ?? 0) - (b.cost ?? 0)).slice(0, MOST_OPEN)
    return (await Promise.all(first.map(({ setting }) => this.#entry(setting)))).flat()
  }

  /** Takes the cheapest of those that are open until one is sure; each that is not leaves its place to the next larger one. */
  async #firstSure(open: Entry[], looked: Entry[]): Promise<Entry | null> {
    for (;;) {
      const best = open.sort(byWorth).shift()
      if (best === undefined) return null
      looked.push(best)
      if (await this.#certainty.isSure(best.setting)) return best
      open.push(...(await this.#nextLarger(best.setting)))
    }
  }

  /** The next larger setting that meets the goal on the trace; none if even the largest is not sure to. */
  async #nextLarger({ size, kind }: Setting): Promise<Entry[]> {
    const { maxSize } = this.goal
    if (typeof size === 'number' && !(await this.#certainty.isSure({ size: maxSize, kind }))) return []
    for (let next = larger({ size, kind }, maxSize); next !== null; next = larger(next, maxSize)) {
      const entry = await this.#entry(next)
      if (entry.length > 0) return entry
    }
    return []
  }

  async #entry(setting: Setting | null): Promise<Entry[]> {
    const cost = setting === null ? null : await this.lab.cost(setting)
    if (setting === null || cost === null) return []
    return [{ setting, cost, flooded: (await this.lab.figures(setting, FLOOD)).inTime }]
  }

  async #noneDoes(kinds: readonly QueueKind[], looked: readonly Entry[]): Promise<Advice> {
    const { lab, goal, trace } = this
    lab.begin('what would do instead', 20 + 4 * goal.resamples)
    const most = kinds.map((kind): Setting => ({ size: goal.maxSize, kind }))
    const figures = await Promise.all(most.map((setting) => lab.figures(setting)))
    // The nearest to the goal: those that answer most in time.
    const nearest = most
      .map((setting, i) => ({ setting, inTime: figures[i]?.inTime ?? 0 }))
      .sort((a, b) => b.inTime - a.inTime)
      .slice(0, 3)
      .map(({ setting }) => setting)
    const instead = await new Instead(lab, goal, trace).find(nearest.map(({ kind }) => kinds.indexOf(kind)))
    const others = looked.map(({ setting }) => setting).filter((setting) => !has(nearest, setting))
    const candidates = await this.#candidates([...others.slice(-MOST_SHOWN), ...nearest])
    return this.#advice({ recommended: null, candidates, instead })
  }

  async #candidates(settings: readonly Setting[]): Promise<Candidate[]> {
    const candidates = await Promise.all(settings.map((setting) => this.#candidate(setting)))
    return candidates.sort((a, b) => a.prediction.memberSeconds - b.prediction.memberSeconds)
  }

  async #candidate(setting: Setting): Promise<Candidate> {
    const [{ prediction }, { inTime: flooded }, confidence] = await Promise.all([
      this.lab.figures(setting),
      this.lab.figures(setting, FLOOD),
      this.#certainty.share(setting),
    ])
    if (prediction === null) throw new Error('a whole trial has a prediction')
    return {
      name: nameOf(setting),
      options: optionsOf(setting, this.goal.options),
      prediction,
      lost: lostShare(prediction),
      confidence,
      flooded,
      meets: meets(prediction, this.goal) && confidence >= this.goal.confidence - 1e-9,
    }
  }

  /** One member less: people ask whether that would not do. */
  #smaller({ size, kind }: Setting): Setting | null {
    if (typeof size !== 'number') return null
    const less = size - step(size)
    return less > 0 ? { size: less, kind } : null
  }

  #advice(found: Pick<Advice, 'recommended' | 'candidates' | 'instead'>): Advice {
    const { goal, lab, trace } = this
    return { ...found, says: saysOf(found, goal) + saysLacking(trace), simulations: lab.simulations }
  }
}

function isCheaper(a: number | null, b: number): boolean {
  return a !== null && a < b * (1 - WORTH_IT)
}

/** The cheapest first; of those that cost the same, what answers most in a flood. */
function byWorth(a: Entry, b: Entry): number {
  const costs = Math.round(Math.log(a.cost) / SAME_COST) - Math.round(Math.log(b.cost) / SAME_COST)
  return costs !== 0 ? costs : Math.round(b.flooded * 50) - Math.round(a.flooded * 50)
}

function has(settings: readonly Setting[], setting: Setting): boolean {
  return settings.some((each) => nameOf(each) === nameOf(setting))
}
