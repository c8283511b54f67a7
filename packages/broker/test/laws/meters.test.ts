import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  type AlarmMeter,
  type BetterMeter,
  betterMeter,
  overloadMeter,
  type PieMeter,
  pieMeter,
  underloadMeter,
} from '../../src'
import { meterContract, type MeterSubject } from '../../src/testing'
import { RUNS } from './runs'

const pie: MeterSubject = {
  create: (now) => pieMeter({ ask: { target: 10, interval: 20 }, askR: { target: 0 }, update: 5 }, now),
  reconfigurations: [{}, { ask: { target: 50, interval: 5 } }, { update: 1000, askR: { target: 3 } }],
  look: (meter) => [(meter as PieMeter).ask, (meter as PieMeter).askR],
  always: (meter) => {
    for (const probability of [(meter as PieMeter).ask, (meter as PieMeter).askR]) {
      assert.ok(probability >= 0 && probability <= 1)
    }
  },
}

/** Alarms, whose events must tell the truth: set and clear take turns, and a new name begins cleared. */
function alarm(create: (now: number) => AlarmMeter): MeterSubject {
  const states = new WeakMap<object, Map<string, boolean>>()
  return {
    create,
    reconfigurations: [{ alarm: 'a' }, { alarm: 'a', target: 5, interval: 3 }, { alarm: 'b', interval: 50 }],
    look: (meter) => [(meter as AlarmMeter).active, (meter as AlarmMeter).alarm],
    always: (meter, now) => {
      const alarms = meter as AlarmMeter
      const known = states.get(alarms)
      const state = known ?? new Map<string, boolean>()
      states.set(alarms, state)
      for (const event of alarms.events) {
        if (event.kind === 'set') assert.equal(state.get(event.alarm), false)
        state.set(event.alarm, event.kind === 'set')
      }
      assert.equal(state.get(alarms.alarm), alarms.active)
      // Only one name is set at a time: that of the meter.
      for (const [name, active] of state) if (name !== alarms.alarm) assert.ok(!active)
      assert.ok(alarms.wakeAt === null || Number.isFinite(alarms.wakeAt - now))
    },
  }
}

const bettering: MeterSubject = {
  create: (now) => betterMeter({ ask: { upper: 500 }, update: 20 }, now),
  reconfigurations: [{}, { ask: { upper: 0 } }, { askR: { upper: 100 }, update: 1 }],
  look: (meter) => [(meter as BetterMeter).ask, (meter as BetterMeter).askR],
  always: (meter) => {
    for (const wait of [(meter as BetterMeter).ask, (meter as BetterMeter).askR]) {
      assert.ok(wait >= 0 && wait <= 5000e6)
    }
  },
}

const all: readonly (readonly [string, MeterSubject])[] = [
  ['PIE', pie],
  ['overload', alarm((now) => overloadMeter({ target: 20, interval: 10 }, now))],
  ['underload', alarm((now) => underloadMeter({ target: -20, interval: 10 }, now))],
  ['better', bettering],
]

describe.each(all)('the %s meter', (_, subject) => {
  it.each(meterContract.map((law) => [law.name, law] as const))('%s', (_name, law) => {
    law.check(subject, { fc, runs: RUNS })
  })
})

describe('PIE', () => {
  it('refuses nothing while waits are below half of target, and more and more while they stay above target', () => {
    const meter = pieMeter({ ask: { target: 100, interval: 100 }, update: 100 }, 0)
    const show = (ms: number, at: number): number => {
      meter.update({ queueDelay: 0, processDelay: 0, relativeTime: ms * 1e6 }, at * 1e6)
      return meter.ask
    }
    for (let at = 0; at < 2000; at += 100) expect(show(40, at)).toBe(0)
    let last = 0
    for (let at = 2000; at < 60_000; at += 100) {
      const probability = show(400, at)
      expect(probability).toBeGreaterThanOrEqual(last)
      last = probability
    }
    expect(last).toBeGreaterThan(0.1)
  })
})
