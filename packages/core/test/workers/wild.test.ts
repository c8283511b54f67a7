import {
  call,
  definePool,
  drain,
  idle,
  inspect,
  onEvent,
  reply,
  resize,
  spawnPool,
  when,
  withWorkers,
} from '@genpool/core'
import { virtualClock } from '@genpool/core/testing'
import fc from 'fast-check'
import { start, stop } from 'nact'
import { type Report, REPORTS, WildWorker } from './wild-worker'

const Work = definePool({
  init: () => 0,
  calls: { work: (_: { id: number }) => reply('') },
})
const STUCK = 50

type Step =
  | { readonly op: 'call'; readonly timeout: number; readonly key: string | undefined }
  | { readonly op: 'expiring' }
  | { readonly op: 'over' }
  | { readonly op: 'report'; readonly what: Report; readonly worker: number; readonly job: number }
  | { readonly op: 'claim' | 'run'; readonly worker: number; readonly job: number }
  | { readonly op: 'abort'; readonly which: number }
  | { readonly op: 'pass' | 'depth' | 'resize'; readonly by: number }

const [worker, job] = [fc.nat(5), fc.nat(9)]
const timeout = fc.constantFrom(Infinity, Infinity, 5, 30, STUCK)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ op: fc.constant('call' as const), timeout, key: fc.constantFrom(undefined, 'k') }),
  },
  { weight: 1, arbitrary: fc.constantFrom({ op: 'expiring' as const }, { op: 'over' as const }) },
  { weight: 6, arbitrary: fc.record({ op: fc.constantFrom('claim' as const, 'run' as const), worker, job }) },
  {
    weight: 6,
    arbitrary: fc.record({ op: fc.constant('report' as const), what: fc.constantFrom(...REPORTS), worker, job }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('abort' as const), which: fc.nat(9) }) },
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constant('pass' as const), by: fc.integer({ min: 1, max: STUCK + 20 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constantFrom('depth' as const, 'resize' as const),
      by: fc.integer({ min: 1, max: 4 }),
    }),
  },
)
const plan = fc.record({
  size: fc.integer({ min: 1, max: 3 }),
  depth: fc.integer({ min: 1, max: 4 }),
  retries: fc.nat(2),
  steps: fc.array(step, { maxLength: 40 }),
})

class Bench {
  readonly clock = virtualClock()
  readonly system = start()
  readonly workers: WildWorker[] = []
  readonly outcomes: (string | undefined)[] = []
  readonly stuck: string[] = []
  readonly #aborts: AbortController[] = []
  readonly pool

  constructor({ size, depth, retries }: { readonly size: number; readonly depth: number; readonly retries: number }) {
    const create = (_seat: unknown, host: ConstructorParameters<typeof WildWorker>[0]): WildWorker => {
      const made = new WildWorker(host, () => this.clock.now(), depth)
      this.workers.push(made)
      return made
    }
    this.pool = spawnPool(this.system, withWorkers(Work, { create }), 'pool', {
      size,
      clock: this.clock,
      timeout: Infinity,
      stuckAfter: STUCK,
      retryOnCrash: { work: retries },
      onCallbackError: () => undefined,
    })
    onEvent('genpool:member:stuck', ({ member }) => this.stuck.push(member), { pool: this.pool })
  }

  async play(what: Step): Promise<void> {
    const { pool, clock } = this
    if (what.op === 'call') this.#call(what)
    else if (what.op === 'expiring') call(pool, { type: 'work', id: -1 }, { timeout: 20 }).catch(() => undefined)
    else if (what.op === 'pass') await clock.advance(what.by)
    else if (what.op === 'resize') resize(pool, what.by)
    else if (what.op === 'abort') this.#aborts[what.which]?.abort()
    else if (what.op === 'over') for (const each of this.workers) each.stage = 'over'
    else if (what.op === 'depth') for (const each of this.workers) each.depth = what.by
    else if ('worker' in what) this.#act(what)
    await clock.settle()
  }

  #call({ timeout, key }: { readonly timeout: number; readonly key: string | undefined }): void {
    const id = this.outcomes.push(undefined) - 1
    const controller = new AbortController()
    this.#aborts.push(controller)
    const settle = (outcome: string): void => {
      expect(this.outcomes[id]).toBe(undefined)
      this.outcomes[id] = outcome
    }
    const options = { timeout, signal: controller.signal, ...(key === undefined ? {} : { key }) }
    call(this.pool, { type: 'work', id }, options).then(
      () => settle('replied'),
      (error: { readonly code: string }) => settle(error.code),
    )
  }

  #act(what: Extract<Step, { readonly op: 'report' | 'claim' | 'run' }>): void {
    const worker = this.workers[what.worker % this.workers.length]
    const job = worker?.given[what.job % worker.given.length]
    if (worker === undefined || job === undefined) return
    if (what.op === 'claim') worker.claim(job)
    else if (what.op === 'report') worker.report(what.what, job)
    else for (const report of ['began', 'attempted'] as const) worker.report(report, job)
  }

  /** All workers do what they should from now on. */
  async calm(): Promise<void> {
    for (let i = 0; i < 20; i++) {
      for (const each of this.workers) if (!each.hasEnded) each.finish()
      await this.clock.advance(STUCK)
    }
  }

  async ends(promise: Promise<unknown>): Promise<boolean> {
    let hasEnded = false
    void promise.then(() => (hasEnded = true))
    await this.clock.settle()
    return hasEnded
  }
}

describe('whatever workers report, early, late, twice or never,', () => {
  it('each call has one outcome, no member is replaced twice, and idle, when and drain end', () =>
    fc.assert(
      fc.asyncProperty(plan, async (made) => {
        const bench = new Bench(made)
        const { pool, system } = bench
        for (const each of made.steps) await bench.play(each)
        await bench.calm()
        expect(bench.outcomes.filter((outcome) => outcome === undefined)).toEqual([])
        const { members, outcomes, accepted, waiting } = inspect(pool)
        expect([members.busy, members.starting, waiting]).toEqual([0, 0, 0])
        expect(Object.values(outcomes).reduce((sum, each) => sum + each, 0)).toBe(accepted)
        expect(new Set(bench.stuck).size).toBe(bench.stuck.length)
        expect(await bench.ends(idle(pool))).toBe(true)
        expect(await bench.ends(when(pool, { waitingBelow: 1, runningBelow: 1 }))).toBe(true)
        onEvent('genpool:pool:drain', ({ busy }) => expect(busy).toBe(0), { pool })
        expect(await bench.ends(drain(pool))).toBe(true)
        stop(system)
      }),
      { numRuns: 300 },
    ))
})
