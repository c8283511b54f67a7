import { codelValve, openValve, relativeValve, type Valve } from '@genpool/broker'
import { NS_PER_MS } from '@genpool/runtime'
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Sizing, type Load } from '../../src/policies/elastic/sizing'
import { sizeOptions, valveInFull } from '../../src/policies/elastic/size-options'

const MS = NS_PER_MS
const options = (given: object) => sizeOptions.parse({ max: 10, ...given })
const load = (given: Partial<Load> = {}): Load => ({
  idle: 0,
  starting: 0,
  waiting: 0,
  waited: 0,
  limit: Infinity,
  ...given,
})
const NAMES = ['codel', 'relative', 'rate', 'open', 'gradient'] as const

describe('the sizing of a pool', () => {
  it('begins with the fewest members', () => {
    const sizing = new Sizing(options({ min: 3 }), 0, 0)
    expect(sizing.look(load(), 0)).toMatchObject({ start: 3, end: 0, excess: 0 })
    expect(sizing.size).toBe(3)
  })

  it('starts one member when all have been busy for an interval, though nothing waits', () => {
    const sizing = new Sizing(options({ min: 1 }), 1, 0)
    expect(sizing.look(load(), 0)).toMatchObject({ start: 0, wakeAt: 10 * MS })
    expect(sizing.look(load(), 99 * MS).start).toBe(0)
    expect(sizing.look(load(), 100 * MS).start).toBe(1)
  })

  it('starts one at a time, however many wait', () => {
    const sizing = new Sizing(options({ min: 2, max: 100, valve: 'open' }), 2, 0)
    expect(sizing.look(load({ waiting: 5000, waited: 900 * MS }), 0).start).toBe(1)
  })

  it('starts members faster and faster while it is short of them', () => {
    const sizing = new Sizing(options({ min: 1, max: 50, valve: { type: 'codel', target: 10, interval: 100 } }), 1, 0)
    const starts: number[] = []
    for (let ms = 0; ms <= 1000; ms += 10) {
      if (sizing.look(load({ waiting: 1, waited: ms * MS }), ms * MS).start > 0) starts.push(ms)
    }
    const gaps = starts.slice(1).map((ms, i) => ms - starts[i]!)
    expect(gaps[0]).toBe(100)
    expect(gaps.at(-1)).toBeLessThan(50)
  })

  it('starts no more members within an interval than the rate allows, however long members live', () => {
    const sizing = new Sizing(options({ min: 1, max: 50, valve: { type: 'rate', limit: 3, interval: 1000 } }), 0, 0)
    const starts: number[] = []
    for (let ms = 0; ms < 5000; ms += 10) {
      for (let { start } = sizing.look(load({ waiting: 9 }), ms * MS); start > 0; start--) starts.push(ms)
    }
    expect(starts).toHaveLength(15)
    for (const begin of starts) {
      expect(starts.filter((ms) => ms >= begin && ms < begin + 1000).length).toBeLessThanOrEqual(3)
    }
  })

  it('runs no more starts at once than there are started members', () => {
    const sizing = new Sizing(options({ min: 1, max: 100, valve: 'open' }), 1, 0)
    expect(sizing.look(load({ starting: 1 }), 0).start).toBe(0)
    expect(sizing.look(load({ starting: 0 }), 10 * MS).start).toBe(1)
    expect(sizing.look(load({ starting: 1 }), 20 * MS).start).toBe(0)
  })

  it('starts the first member for the first request', () => {
    const sizing = new Sizing(options({ min: 0, valve: 'rate' }), 0, 0)
    expect(sizing.look(load(), 0)).toEqual({ start: 0, end: 0, excess: 0, wakeAt: null })
    expect(sizing.look(load({ waiting: 40 }), MS).start).toBe(1)
  })

  it('ends as many members as were idle at once for the whole window, and no others', () => {
    const sizing = new Sizing(options({ min: 1, idle: 1000 }), 6, 0)
    sizing.look(load({ idle: 6 }), 0)
    expect(sizing.look(load({ idle: 6 }), 20 * MS).wakeAt).toBe(1000 * MS)
    sizing.notice(4, 500 * MS)
    expect(sizing.look(load({ idle: 6 }), 999 * MS).end).toBe(0)
    expect(sizing.look(load({ idle: 6 }), 1000 * MS).end).toBe(4)
    expect(sizing.size).toBe(2)
  })

  it('keeps all members if all were needed once in the window', () => {
    const sizing = new Sizing(options({ min: 1, idle: 1000 }), 3, 0)
    sizing.look(load({ idle: 3 }), 0)
    sizing.notice(0, 900 * MS)
    expect(sizing.look(load({ idle: 3 }), 1000 * MS).end).toBe(0)
    expect(sizing.look(load({ idle: 3 }), 2000 * MS).end).toBe(2)
  })

  it('applies new bounds: surplus members end, missing ones start', () => {
    const sizing = new Sizing(options({ min: 1, max: 10 }), 8, 0)
    sizing.configure(options({ min: 2, max: 5 }), 0)
    expect(sizing.look(load({ idle: 1 }), 0)).toMatchObject({ excess: 3, end: 0, start: 0 })
    sizing.configure(options({ min: 7, max: 9, valve: 'rate' }), MS)
    expect(sizing.look(load({ idle: 1 }), MS)).toMatchObject({ excess: 0, start: 2 })
  })

  it('lets a member that gave up end, while enough are left', () => {
    const sizing = new Sizing(options({ min: 2 }), 3, 0)
    expect([sizing.leave(0), sizing.leave(0), sizing.size]).toEqual([true, false, 2])
  })
})

/** The valve that the recordings of sregulator are replayed on. */
function shadow(name: (typeof NAMES)[number], min: number, max: number): Valve<number> {
  const { type, ...rules } = valveInFull(name)
  const bounds = { min: Math.max(1, min), max, ...rules }
  if (type === 'codel') return codelValve({ ...bounds }, 0)
  if (type === 'relative') return relativeValve({ ...bounds }, 0)
  return openValve({ max }, 0)
}

const looks = fc.array(
  fc.record({
    after: fc.integer({ min: 0, max: 300 }),
    idle: fc.integer({ min: 0, max: 4 }),
    waiting: fc.integer({ min: 0, max: 100 }),
    waited: fc.integer({ min: 0, max: 2000 }),
    failing: fc.boolean(),
  }),
  { maxLength: 200 },
)

describe('the laws of sizing', () => {
  it.each(NAMES)('keep the size within its bounds, and start only members that the %s valve admits', (valve) => {
    fc.assert(
      fc.property(looks, fc.integer({ min: 0, max: 4 }), fc.integer({ min: 4, max: 12 }), (steps, min, max) => {
        const sizing = new Sizing(options({ min, max, valve, idle: 200 }), 0, 0)
        const rule = shadow(valve, min, max)
        let [now, emptyAt, size, name] = [0, 0, 0, 0]
        for (const { after, waiting, waited, failing, ...step } of steps) {
          now += after * MS
          const idle = Math.min(step.idle, size)
          const starting = failing ? size - idle : 0
          if (idle === 0) emptyAt = now
          const { start, end, excess } = sizing.look(load({ idle, starting, waiting, waited: waited * MS }), now)
          for (const task of rule.tasks().slice(0, end)) rule.done(task, now)
          rule.update(idle > 0 ? now - emptyAt : waiting > 0 ? -waited * MS : 0, now)
          for (let i = 0; i < start; i++) {
            rule.timeout(now)
            expect(rule.status.open).toBe(true)
            rule.ask(name++, now)
          }
          expect(excess).toBe(0)
          expect(end).toBeLessThanOrEqual(idle)
          if (size - end >= min) expect(start).toBeLessThanOrEqual(1)
          if (failing && size > min && idle === 0) expect(start).toBe(0)
          size += start - end
          expect(sizing.size).toBe(size)
          expect(rule.size).toBe(size)
          expect(size).toBeGreaterThanOrEqual(min)
          expect(size).toBeLessThanOrEqual(max)
        }
      }),
    )
  })

  it.each(['codel', 'relative'] as const)('follow the recorded speeds of the %s valve', (type) => {
    let started = 0
    for (const { spec, init, steps } of recorded(`${type}_valve`)) {
      if (spec.target !== undefined && spec.target < 0) continue
      const { target = 100, interval = 1000 } = spec
      const valve = type === 'codel' ? { type, target, interval } : { type, target }
      const sizing = new Sizing(options({ min: 1, max: 50, valve, idle: 1e9 }), 1, init.time)
      const make = type === 'codel' ? codelValve : relativeValve
      const rule = make<number>({ min: 1, max: 50, ...valve, type: type as never }, init.time, [0])
      for (const { op, time, value = 0 } of steps) {
        if (op !== 'update') continue
        sizing.notice(0, time - Math.max(0, value))
        const speed = value > 0 ? { idle: 1 } : { waiting: 1, waited: -value }
        rule.update(value, time)
        const { start } = sizing.look(load(speed), time)
        expect(start === 1).toBe(rule.status.open && rule.size < 50)
        if (start === 1) rule.ask(++started, time)
      }
    }
    expect(started).toBeGreaterThan(100)
  })
})

function recorded(name: string): readonly RecordedValve[] {
  const file = join(__dirname, '../../../broker/test/conformance', `${name}.json.gz`)
  return (JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as { cases: RecordedValve[] }).cases
}

interface RecordedValve {
  readonly spec: { readonly target?: number; readonly interval?: number }
  readonly init: { readonly time: number }
  readonly steps: readonly { readonly op: string; readonly time: number; readonly value?: number }[]
}
