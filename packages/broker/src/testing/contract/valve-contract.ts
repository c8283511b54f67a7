import assert from 'node:assert/strict'
import { type Nanos } from '@genpool/runtime'
import { type Valve } from '../../valves/valve'
import type { Arbitrary, FastCheckModule } from './fast-check'
import { type Law, law, refuses } from './law'

/** The valve under test. */
export interface ValveSubject {
  /** Makes the valve; `tasks` are already running. */
  create(now: Nanos, tasks: readonly number[]): Valve<number>
  /** Options that `configure` must accept during a run. Default: `configure` is not called. */
  readonly reconfigurations?: readonly unknown[]
}

interface ValveStep {
  readonly op: 'ask' | 'done' | 'continue' | 'update' | 'timeout' | 'configure'
  readonly after: Nanos
  readonly pick: number
}

interface ValvePlan {
  readonly start: Nanos
  readonly running: number
  readonly steps: readonly ValveStep[]
}

function valvePlans(fc: FastCheckModule): Arbitrary<ValvePlan> {
  const after = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5e7 }), fc.integer({ min: 0, max: 5e9 }))
  const op = fc.constantFrom('ask' as const, 'ask', 'update', 'update', 'done', 'continue', 'timeout', 'configure')
  return fc.record({
    start: fc.integer({ min: -1e15, max: 1e15 }),
    running: fc.nat(4),
    steps: fc.array(fc.record({ op, after, pick: fc.nat(1000) }), { maxLength: 60 }),
  })
}

/** Runs a valve through random steps and records which tasks run. */
class ValveRun {
  readonly valve: Valve<number>
  readonly running = new Set<number>()
  now: Nanos
  #next = 0

  constructor(
    private readonly subject: ValveSubject,
    plan: ValvePlan,
  ) {
    this.now = plan.start
    while (this.#next < plan.running) this.running.add(this.#next++)
    this.valve = subject.create(this.now, [...this.running])
  }

  play(plan: ValvePlan, afterEach: () => void): void {
    afterEach()
    for (const step of plan.steps) {
      this.now += step.after
      this.#perform(step)
      afterEach()
    }
  }

  #perform({ op, pick }: ValveStep): void {
    const { valve, now } = this
    const task = pick % 3 === 0 ? -pick : ([...this.running][pick % Math.max(1, this.running.size)] ?? -1)
    switch (op) {
      case 'ask':
        return this.#ask()
      case 'done':
        assert.equal(valve.done(task, now), this.running.delete(task))
        return
      case 'continue': {
        const { result } = valve.continue(task, now)
        assert.equal(
          result === 'unknown',
          !this.running.has(task),
          'continue returned the wrong answer about whether the task runs',
        )
        if (result === 'done') this.running.delete(task)
        return
      }
      case 'update':
        return valve.update((pick - 500) * 1e6, now)
      case 'timeout':
        return valve.timeout(now)
      case 'configure': {
        const options = this.subject.reconfigurations ?? []
        if (options.length > 0) valve.configure(options[pick % options.length], now)
        return
      }
    }
  }

  #ask(): void {
    this.valve.timeout(this.now)
    const task = this.#next++
    if (!this.valve.status.open) return refuses(() => this.valve.ask(task, this.now))
    const since = this.valve.ask(task, this.now)
    assert.ok(since <= this.now, 'the time since which the valve was open is in the future')
    this.running.add(task)
  }
}

function valveLaw(name: string, holds: (run: ValveRun, plan: ValvePlan) => void): Law<ValveSubject> {
  return law(name, valvePlans, (subject, plan) => holds(new ValveRun(subject, plan), plan))
}

/** The laws of every valve. Run them on your own valve, as with `queueContract`. */
export const valveContract: readonly Law<ValveSubject>[] = [
  valveLaw('admitted tasks run until they are done or may not continue, and no others run', (run, plan) => {
    run.play(plan, () => {
      assert.equal(run.valve.size, run.running.size)
      assert.deepEqual([...run.valve.tasks()].sort(), [...run.running].sort())
    })
  }),
  valveLaw('a task starts only while the valve is open, and each only once', (run, plan) => {
    run.play(plan, () => undefined)
    const [task] = run.running
    if (task !== undefined) refuses(() => run.valve.ask(task, run.now))
    assert.equal(run.valve.size, run.running.size)
  }),
  valveLaw('at the time that openAt names, the valve is open', (run, plan) => {
    run.play(plan, () => {
      const { open, openAt, wakeAt } = run.valve.status
      if (open) assert.ok(openAt !== null && openAt <= run.now, 'open, but openAt is null or in the future')
      else {
        assert.ok(openAt === null || openAt > run.now, 'closed, but openAt is not in the future')
        assert.ok(wakeAt === null || wakeAt > run.now, 'wakeAt is not in the future right after a call')
      }
    })
    const { open, openAt } = run.valve.status
    if (open || openAt === null) return
    run.valve.timeout(openAt)
    assert.ok(run.valve.status.open, 'not open at the time of openAt')
  }),
]
