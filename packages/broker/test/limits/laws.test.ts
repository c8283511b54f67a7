import fc from 'fast-check'
import { type Broker, createBroker, type EngineOptions } from '../../src'
import { RUNS } from '../laws/runs'
import { Job, LimitModel, type ModelRules } from './model'

const MS = 1_000_000

const rate = fc.record({
  limit: fc.integer({ min: 3, max: 5 }),
  interval: fc.integer({ min: 1, max: 20 }),
  cost: fc.boolean(),
})
const anyRules: fc.Arbitrary<ModelRules> = fc.record({
  rate: fc.option(fc.tuple(rate, fc.boolean()).map(([rest, by]) => ({ ...rest, by }))),
  limits: fc.option(fc.record({ concurrency: fc.constantFrom(1, 2, 3, Infinity), rate: fc.option(rate) }), { freq: 3 }),
})
/** Which of two keys holds a costly request depends on when each was full: costs go with one key only. */
const rules = anyRules.map(({ rate, limits }): ModelRules => {
  if (rate === null || !rate.by) return { rate, limits }
  const unit = limits?.rate ? { ...limits.rate, cost: false } : null
  return { rate: { ...rate, cost: limits === null && rate.cost }, limits: limits && { ...limits, rate: unit } }
})
const step = fc.record({
  op: fc.constantFrom(
    'ask',
    'ask',
    'ask',
    'askR',
    'askR',
    'done',
    'done',
    'unrun',
    'back',
    'remove',
    'time',
    'time',
    'wake',
    'backOff',
  ),
  tenant: fc.constantFrom('a', 'a', 'b', undefined),
  user: fc.constantFrom('u', 'u', 'v', undefined),
  cost: fc.integer({ min: 0, max: 3 }),
  priority: fc.constantFrom(0, 0, 0, 1, 2),
  key: fc.constantFrom(undefined, undefined, undefined, 'k', 'l'),
  pick: fc.nat(100),
  ms: fc.integer({ min: 0, max: 8 }),
  scope: fc.constantFrom({}, {}, { key: 'a' }, { key: 'u' }, { key: null }),
})
const change = fc.option(rules, { freq: 30 })

const tenantOf = (message: unknown): unknown => (message as { readonly tenant?: string }).tenant

function toOptions({ rate, limits }: ModelRules): EngineOptions {
  const rateOf = ({ limit, interval, cost }: { limit: number; interval: number; cost: boolean }) => ({
    limit,
    interval,
    ...(cost && { cost: 'cost' }),
  })
  return {
    client: { type: 'drop', order: 'fifo' },
    rate: rate !== null && { ...rateOf(rate), ...(rate.by && { by: 'user' }) },
    limits: limits !== null && {
      by: tenantOf,
      concurrency: limits.concurrency,
      rate: limits.rate !== null && rateOf(limits.rate),
    },
  } as EngineOptions
}

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** Steps in words: what is done, the tenant, the cost. */
function planOf(...steps: readonly string[]): [Step, null][] {
  return steps.map((words) => {
    const [op, tenant = 'a', cost = '0'] = words.split(' ') as [Step['op'], Step['tenant']?, string?]
    const ms = op === 'backOff' ? 1 : 0
    return [{ op, tenant, cost: Number(cost), user: 'u', priority: 0, key: undefined, pick: 0, ms, scope: {} }, null]
  })
}

/** Delivers matches as a pool does: what a call returned, and then all that `match` returns. */
class Owner {
  readonly begun: Job[] = []
  #members = 0

  constructor(readonly broker: Broker<Job, Job>) {}

  ask(job: Job, now: number): void {
    if (this.broker.ask(job, now) !== null) this.begun.push(job)
  }

  askR(now: number): void {
    const member = new Job({ id: --this.#members, tenant: undefined, user: undefined, cost: 0 }, now)
    const job = this.broker.askR(member, now)
    if (job !== null) this.begun.push(job)
  }

  back(job: Job, ran: boolean, now: number): void {
    if (this.broker.putBack(job, now, ran) !== null) this.begun.push(job)
  }

  done(job: Job, ran: boolean, now: number): void {
    const match = this.broker.release(job, now, ran)
    if (match !== null) this.begun.push(match.ask)
  }

  matchAll(now: number): Job[] {
    for (let match = this.broker.match(now); match !== null; match = this.broker.match(now)) this.begun.push(match.ask)
    return this.begun.splice(0)
  }
}

describe('the laws of rates and limits', () => {
  it('are those of the plain model: the same requests begin at the same times, with priorities, keys, costs, back-offs and changes', () => {
    fc.assert(
      fc.property(
        rules,
        fc.boolean(),
        fc.array(fc.tuple(step, change), { maxLength: 80 }),
        (initial, comesBack, plan) => {
          const model = new LimitModel(initial)
          const owner = new Owner(createBroker<Job, Job>(toOptions(initial), 0, { comesBack }))
          let now = 0
          let wakeAt: number | null = null
          let id = 0
          for (const [{ op, tenant, user, cost, priority, key, pick, ms, scope }, changed] of plan) {
            now++
            const running = [...model.running]
            const picked = running[pick % running.length]
            // Without being told, a plain rate knows only of what began just now that it did not run.
            const { rate, limits } = model.rules
            const isKnown = comesBack || limits !== null || rate?.by === true || rate?.cost === true
            const unrun = isKnown && (op === 'unrun' || (op === 'back' && ms % 2 === 1))
            const forget = (job: Job): void => {
              // What it began before it waited again was a run.
              const last = unrun ? model.begins.map(({ job }) => job).lastIndexOf(job) : -1
              if (last >= 0) model.begins.splice(last, 1)
            }
            if (changed !== null && isSameShape(changed, model.rules)) {
              model.rules = changed
              owner.broker.configure(toOptions(changed), now)
            } else if (op === 'ask') {
              const job = Object.assign(new Job({ id: id++, tenant, user, cost }, now), { priority, key })
              model.waiting.push(job)
              owner.ask(job, now)
            } else if (op === 'askR') {
              model.idle++
              owner.askR(now)
            } else if ((op === 'done' || op === 'unrun') && picked !== undefined) {
              model.running.delete(picked)
              forget(picked)
              owner.done(picked, !unrun, now)
            } else if (op === 'back' && picked !== undefined && picked.key === undefined) {
              model.running.delete(picked)
              model.waiting.push(picked)
              forget(picked)
              owner.back(picked, !unrun, now)
            } else if (op === 'remove' && model.waiting.length > 0) {
              const [gone] = model.waiting.splice(pick % model.waiting.length, 1) as [Job]
              expect(owner.broker.remove(gone, now)).toBe(true)
            } else if (op === 'backOff' && picked !== undefined) {
              const held = model.backOff(picked, scope, now + ms * MS)
              expect(owner.broker.backOff({ entry: picked, ...scope }, now + ms * MS, now)).toBe(held)
            } else if (op === 'time') {
              now += ms * MS
              owner.broker.timeout(now)
            } else if (op === 'wake') {
              // Nothing may begin before `wakeAt`, if nothing happens meanwhile.
              const at = Math.max(wakeAt ?? now, now)
              if (wakeAt !== null && at - 1 > now) expect(model.match(at - 1)).toEqual([])
              if (wakeAt === null) expect(model.match(now + 3_600_000 * MS)).toEqual([])
              now = at
              owner.broker.timeout(now)
            }
            const begun = owner.matchAll(now)
            expect(begun.map(({ task }) => task.id)).toEqual(model.match(now).map(({ task }) => task.id))
            expect([owner.broker.length, owner.broker.lengthR]).toEqual([model.waiting.length, model.idle])
            const [oldest] = owner.broker.requests
            expect(owner.broker.oldestWait(now)).toBe(oldest === undefined ? 0 : now - oldest.sentAt)
            expect(new Set(owner.broker.sample(Infinity))).toEqual(new Set(owner.broker.requests))
            owner.broker.timeout(now)
            expect(owner.matchAll(now)).toEqual([])
            wakeAt = owner.broker.decision.wakeAt
          }
        },
      ),
      {
        numRuns: RUNS * 5,
        examples: [
          // It runs, waits again, and begins once more without running: the first begin counts.
          [
            { rate: { limit: 4, interval: 1, cost: true, by: false }, limits: null },
            false,
            planOf('ask a 2', 'askR', 'askR', 'back', 'askR', 'unrun', 'ask a 3'),
          ],
          // The rate of all holds a great one in front of the others, and then its key backs off: they go on.
          [
            { rate: { limit: 3, interval: 1, cost: true, by: false }, limits: { concurrency: Infinity, rate: null } },
            false,
            planOf('ask a 1', 'askR', 'ask a 3', 'ask b 0', 'askR', 'backOff'),
          ],
        ],
      },
    )
  })
})

/**
 * Whether the keys of the rules stay: otherwise counting starts anew. A longer interval would know only of what began within the
 * old one, and the model knows of all.
 */
function isSameShape(a: ModelRules, b: ModelRules): boolean {
  if (a.rate === null || b.rate === null || a.limits === null || b.limits === null) return false
  if (a.limits.rate === null || b.limits.rate === null) return false
  if (a.rate.interval > b.rate.interval || a.limits.rate.interval > b.limits.rate.interval) return false
  const shape = ({ rate, limits }: ModelRules): string => JSON.stringify([rate?.by, rate?.cost, limits?.rate?.cost])
  return shape(a) === shape(b)
}
