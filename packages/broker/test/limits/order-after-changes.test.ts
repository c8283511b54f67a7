import fc from 'fast-check'
import { type Broker, createBroker, type EngineOptions } from '../../src'
import { RUNS } from '../laws/runs'
import { Job } from './model'

/*
 * The plainest model of the order: of all of a key that wait and that no limit holds, the most urgent is next, and among these the one that came
 * first, also of those that were sent in one turn, at the same time. Which limits there were before does not matter.
 */

const MS = 1_000_000

type By = 'tenant' | 'user'
interface Rules {
  readonly by: By | null
  readonly concurrency: number
}

const rules: fc.Arbitrary<Rules> = fc.record({
  by: fc.constantFrom<By | null>('tenant', 'user', null),
  concurrency: fc.constantFrom(1, 2),
})
const kinds = fc.constantFrom(
  { type: 'drop', order: 'fifo' },
  { type: 'drop' },
  { type: 'timeout', timeout: 3_600_000 },
  { type: 'codel', target: 3_600_000 },
) as fc.Arbitrary<NonNullable<EngineOptions['client']>>
const step = fc.record({
  op: fc.constantFrom(
    'ask',
    'ask',
    'ask',
    'ask',
    'serve',
    'serve',
    'done',
    'back',
    'time',
    'backOff',
    'rate',
    'change',
    'kind',
  ),
  tenant: fc.constantFrom('a', 'b', 'c', undefined),
  user: fc.constantFrom('u', 'v', 'w', undefined),
  priority: fc.constantFrom(0, 0, 0, 1, -1),
  pick: fc.nat(100),
  ms: fc.integer({ min: 1, max: 8 }),
  of: fc.constantFrom('all', 'a', 'b', 'u', 'v'),
  rules,
  kind: kinds,
})

/** A request of which the model knows in which of the limits it counts. */
interface Running {
  readonly job: Job
  readonly countsIn: number
}

class Model {
  readonly waiting: Job[] = []
  readonly running: Running[] = []
  rules: Rules
  heldUntil = -Infinity
  heldKeys = new Map<string, number>()
  /** Whether there were limits all the time. Otherwise nothing numbers what is sent in one turn, and some of it may come back later. */
  numbersAll: boolean
  /** How many limits there have been: each counts anew. */
  private epoch = 0

  constructor(initial: Rules) {
    this.rules = initial
    this.numbersAll = initial.by !== null
  }

  change(to: Rules): void {
    if (to.by !== this.rules.by) {
      this.epoch++
      this.heldKeys = new Map()
    }
    this.rules = to
    this.numbersAll &&= to.by !== null
  }

  backOff(key: string | null, until: number): void {
    if (key === null || this.rules.by === null) this.heldUntil = Math.max(this.heldUntil, until)
    else this.heldKeys.set(key, Math.max(this.heldKeys.get(key) ?? -Infinity, until))
  }

  /**
   * The next of all; with limits, of those of one key. Among keys it holds with an exception: while a newer one, or a less urgent one, of
   * its own key stands in the queue, one that is parked comes no sooner than that.
   *
   * @param served what the broker serves
   */
  next(now: number, served: Job | null): Job | null {
    if (this.heldUntil > now) return null
    const { by } = this.rules
    const isEach = served === null || by === null
    const free = this.waiting.filter((job) => this.isFree(job, now) && (isEach || job.task[by] === served.task[by]))
    const [best] = free.sort((a, b) => b.priority - a.priority || a.task.id - b.task.id)
    if (best === undefined) return null
    this.waiting.splice(this.waiting.indexOf(best), 1)
    this.running.push({ job: best, countsIn: this.epoch })
    return best
  }

  private isFree(job: Job, now: number): boolean {
    const { by, concurrency } = this.rules
    const key = by === null ? undefined : job.task[by]
    if (by === null || key === undefined) return true
    if ((this.heldKeys.get(key) ?? -Infinity) > now) return false
    return this.running.filter((one) => one.countsIn === this.epoch && one.job.task[by] === key).length < concurrency
  }
}

const toOptions = ({ by, concurrency }: Rules, client: EngineOptions['client']): EngineOptions => ({
  client,
  limits: by !== null && { by, concurrency },
})

const serve = (broker: Broker<Job, Job>, now: number): Job | null => {
  const member = new Job({ id: -1, tenant: undefined, user: undefined, cost: 0 }, now)
  const job = broker.askR(member, now)
  if (job !== null) return job
  const match = broker.match(now)
  if (match === null) broker.remove(member, now)
  return match?.ask ?? null
}

describe('the order of what waits', () => {
  it('is that of priority and arrival, whatever limits and queues there were before, and which back-offs', () => {
    fc.assert(
      fc.property(rules, kinds, fc.array(step, { maxLength: 60 }), (initial, firstKind, plan) => {
        const model = new Model(initial)
        let kind = firstKind
        const broker = createBroker<Job, Job>(toOptions(initial, kind), 0)
        let [now, id] = [0, 0]
        const compare = (): void => {
          const job = serve(broker, now)
          expect(job?.task.id).toBe(model.next(now, job)?.task.id)
        }
        for (const { op, tenant, user, priority, pick, ms, of, rules: to, kind: other } of plan) {
          const at = pick % Math.max(1, model.running.length)
          if (op === 'ask') {
            // Without limits, nothing numbers what is sent in one turn.
            if (model.rules.by === null) now += MS
            const job = Object.assign(new Job({ id: id++, tenant, user, cost: 1 }, now), { priority })
            model.waiting.push(job)
            expect(broker.ask(job, now)).toBeNull()
          } else if (op === 'serve') compare()
          else if (op === 'done' && model.running[at] !== undefined) {
            const [{ job }] = model.running.splice(at, 1) as [Running]
            expect(broker.release(job, now)).toBeNull()
          } else if (op === 'back' && model.numbersAll && model.running[at] !== undefined) {
            const [{ job }] = model.running.splice(at, 1) as [Running]
            model.waiting.push(job)
            expect(broker.putBack(job, now)).toBeNull()
          } else if (op === 'time') {
            now += ms * MS
            broker.timeout(now)
          } else if (op === 'backOff') {
            const key = of === 'all' ? null : of
            const entry = new Job({ id: -2, tenant: undefined, user: undefined, cost: 0 }, now)
            broker.backOff({ entry, key }, now + ms * MS, now)
            model.backOff(key, now + ms * MS)
          } else if (op === 'change' || op === 'kind') {
            if (op === 'change') model.change(to)
            else kind = other
            broker.configure(toOptions(model.rules, kind), now)
          }
          expect(broker.length).toBe(model.waiting.length)
        }
        now += 100 * MS
        broker.timeout(now)
        for (let left = model.waiting.length + model.running.length; left > 0; left--) {
          compare()
          const done = model.running.shift()
          if (done !== undefined) broker.release(done.job, now)
        }
      }),
      { numRuns: RUNS * 5 },
    )
  })
})
