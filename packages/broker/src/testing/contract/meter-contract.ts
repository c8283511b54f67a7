import assert from 'node:assert/strict'
import { type Nanos } from '@genpool/runtime'
import { type Meter, type Sample } from '../../meters/meter'
import type { Arbitrary, FastCheckModule } from './fast-check'
import { type Law, law } from './law'

/** The meter under test. */
export interface MeterSubject {
  create(now: Nanos): Meter
  /** Options that `configure` must accept during a run. Default: `configure` is not called. */
  readonly reconfigurations?: readonly unknown[]
  /** Returns the visible state of the meter, for laws that compare. */
  look(meter: Meter): unknown
  /** Checks what must hold at any time; throws if it does not. */
  always?(meter: Meter, now: Nanos): void
}

interface MeterStep {
  readonly op: 'update' | 'timeout' | 'configure'
  readonly after: Nanos
  readonly pick: number
  readonly sample: Sample
}

interface MeterPlan {
  readonly start: Nanos
  readonly steps: readonly MeterStep[]
}

function meterPlans(fc: FastCheckModule): Arbitrary<MeterPlan> {
  const after = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5e7 }), fc.integer({ min: 0, max: 5e9 }))
  const delay = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2e9 }))
  const sample = fc.record({
    queueDelay: delay,
    processDelay: delay,
    relativeTime: fc.integer({ min: -2e9, max: 2e9 }),
  })
  const op = fc.constantFrom('update' as const, 'update', 'update', 'timeout', 'configure')
  return fc.record({
    start: fc.integer({ min: -1e15, max: 1e15 }),
    steps: fc.array(fc.record({ op, after, pick: fc.nat(1000), sample }), { maxLength: 60 }),
  })
}

function play(subject: MeterSubject, { start, steps }: MeterPlan): { meter: Meter; now: Nanos } {
  let now = start
  const meter = subject.create(now)
  subject.always?.(meter, now)
  const options = subject.reconfigurations ?? []
  for (const { op, after, pick, sample } of steps) {
    now += after
    if (op === 'update') meter.update(sample, now)
    else if (op === 'timeout') meter.timeout(now)
    else if (options.length > 0) meter.configure(options[pick % options.length], now)
    subject.always?.(meter, now)
  }
  return { meter, now }
}

/** The laws of every meter. Run them on your own meter, as with `queueContract`. */
export const meterContract: readonly Law<MeterSubject>[] = [
  law('the same calls at the same times give the same result', meterPlans, (subject: MeterSubject, plan) => {
    assert.deepEqual(subject.look(play(subject, plan).meter), subject.look(play(subject, plan).meter))
  }),
  law('only differences of time matter, not the origin of the clock', meterPlans, (subject: MeterSubject, plan) => {
    const later = { ...plan, start: plan.start + 1e12 }
    const [here, there] = [play(subject, plan), play(subject, later)]
    assert.deepEqual(subject.look(there.meter), subject.look(here.meter))
    if (here.meter.wakeAt !== null) assert.equal(there.meter.wakeAt, here.meter.wakeAt + 1e12)
    else assert.equal(there.meter.wakeAt, null)
  }),
]
