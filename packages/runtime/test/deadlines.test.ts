import { Deadlines, type Expiring, type Nanos, NS_PER_MS, TimingWheel } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import fc from 'fast-check'

const TICK = 2 ** 19

class Entry implements Expiring {
  wheelPrevious: Expiring | null = null
  wheelNext: Expiring | null = null
  wheelSlot = -1
  constructor(
    readonly deadline: Nanos,
    readonly name = '',
    /** A deadline that is past already is due at once, and not before it was added. */
    readonly dueAt = deadline,
  ) {}
}

const distances = fc.oneof(
  fc.integer({ min: -5, max: 200 }),
  fc.integer({ min: 0, max: 10_000 }),
  fc.integer({ min: 0, max: 10_000_000 }),
  fc.integer({ min: 0, max: 400_000_000_000 }),
)

describe('TimingWheel', () => {
  it('reports exactly what is due, never early and at most one tick late, as a plain list would', () => {
    const command = fc.oneof(
      { weight: 4, arbitrary: fc.record({ op: fc.constant('add' as const), ms: distances }) },
      { weight: 1, arbitrary: fc.record({ op: fc.constant('remove' as const), at: fc.nat() }) },
      { weight: 2, arbitrary: fc.record({ op: fc.constant('advance' as const), ms: distances }) },
      { weight: 1, arbitrary: fc.record({ op: fc.constant('wake' as const) }) },
    )
    fc.assert(
      fc.property(
        fc.integer({ min: -(10 ** 12), max: 10 ** 12 }),
        fc.array(command, { maxLength: 60 }),
        (start, commands) => {
          let now = start
          const wheel = new TimingWheel<Entry>(now)
          let model: Entry[] = []
          const advance = (to: Nanos): void => {
            now = Math.max(now, to)
            const seen: Entry[] = []
            wheel.expire(now, (entry) => seen.push(entry))
            const due = model.filter((entry) => seen.includes(entry))
            model = model.filter((entry) => !seen.includes(entry))
            expect(seen).toHaveLength(due.length)
            for (const entry of seen) expect(entry.deadline).toBeLessThanOrEqual(now)
            for (const entry of model) expect(entry.dueAt).toBeGreaterThan(now - 2 * TICK)
          }
          for (const command of commands) {
            if (command.op === 'add') {
              const deadline = now + command.ms * NS_PER_MS
              const entry = new Entry(deadline, '', Math.max(deadline, now))
              model.push(entry)
              wheel.add(entry, now)
            } else if (command.op === 'remove' && model.length > 0) {
              const [entry] = model.splice(command.at % model.length, 1)
              wheel.remove(entry!)
              wheel.remove(entry!)
            } else if (command.op === 'advance') {
              advance(now + command.ms * NS_PER_MS)
            } else if (command.op === 'wake') {
              const wake = wheel.wakeAt()
              const first = Math.max(now, Math.min(...model.map((entry) => entry.deadline)))
              if (model.length === 0) expect(wake).toBeNull()
              else expect(wake).toBeLessThanOrEqual(first + TICK)
              if (wake !== null) advance(wake)
            }
            expect(wheel.length).toBe(model.length)
          }
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('reports one tick in the order of arrival', () => {
    const wheel = new TimingWheel<Entry>(0)
    for (const name of ['a', 'b', 'c']) wheel.add(new Entry(5 * NS_PER_MS, name), 0)
    const seen: string[] = []
    wheel.expire(20 * NS_PER_MS, (entry) => seen.push(entry.name))
    expect(seen).toEqual(['a', 'b', 'c'])
  })

  it('keeps what is further away than it can see', () => {
    const wheel = new TimingWheel<Entry>(0)
    const century = 100 * 365 * 24 * 3_600_000 * NS_PER_MS
    wheel.add(new Entry(century), 0)
    const seen: Entry[] = []
    for (let wake = wheel.wakeAt(); wake !== null && wake < century; wake = wheel.wakeAt()) {
      wheel.expire(wake, (entry) => seen.push(entry))
      expect(seen).toEqual([])
    }
    wheel.expire(century + TICK, (entry) => seen.push(entry))
    expect(seen).toHaveLength(1)
  })
})

describe('Deadlines', () => {
  it('fires each deadline within a tick and needs no more than one timer', async () => {
    const clock = virtualClock()
    const fired: [string, number][] = []
    const deadlines = new Deadlines<Entry>(clock, (entry) =>
      fired.push([entry.name, Math.round(clock.now() / NS_PER_MS)]),
    )
    for (const ms of [700, 20, 100_000]) deadlines.add(new Entry(ms * NS_PER_MS, `${ms}`))
    deadlines.rest()
    expect(clock.timers).toBe(1)
    await clock.advance(200_000)
    expect(fired.map(([name]) => name)).toEqual(['20', '700', '100000'])
    for (const [, late] of fired) expect(late >= 0 && late < TICK).toBe(true)
    expect(clock.timers).toBe(0)
  })

  it('lets go of its timer at rest when nothing waits', () => {
    const clock = virtualClock()
    const deadlines = new Deadlines<Entry>(clock, () => undefined)
    const entry = new Entry(5_000 * NS_PER_MS)
    deadlines.add(entry)
    expect(clock.timers).toBe(0)
    deadlines.rest()
    expect(clock.timers).toBe(1)
    deadlines.remove(entry)
    expect(clock.timers).toBe(1)
    deadlines.rest()
    expect(clock.timers).toBe(0)
  })

  it('costs no timer for what is removed in the turn in which it was added, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { maxLength: 20 }), fc.infiniteStream(fc.nat(100)), (delays, picks) => {
        const clock = virtualClock()
        const deadlines = new Deadlines<Entry>(clock, () => undefined)
        const entries = delays.map((ms) => new Entry(ms * NS_PER_MS))
        for (const entry of entries) deadlines.add(entry)
        expect(deadlines.length).toBe(entries.length)
        while (entries.length > 0) {
          const [entry] = entries.splice((picks.next().value as number) % entries.length, 1)
          deadlines.remove(entry!)
          deadlines.remove(entry!)
        }
        deadlines.rest()
        expect([deadlines.length, clock.timers]).toEqual([0, 0])
      }),
    )
  })

  it('watches as many as there are, some of them taken out and put back, and none twice', async () => {
    const clock = virtualClock()
    const expired: Entry[] = []
    const deadlines = new Deadlines<Entry>(clock, (entry) => expired.push(entry))
    const entries = Array.from({ length: 5_000 }, (_, i) => new Entry((5 + (i % 50)) * NS_PER_MS))
    entries.forEach((entry, i) => {
      deadlines.add(entry)
      if (i % 3 > 0) deadlines.remove(entry)
      if (i % 3 > 1) deadlines.add(entry)
    })
    const watched = entries.filter((_, i) => i % 3 !== 1)
    expect(deadlines.length).toBe(watched.length)
    deadlines.rest()
    expect(deadlines.length).toBe(watched.length)
    await clock.advance(100)
    expect(expired).toHaveLength(watched.length)
    expect(new Set(expired)).toEqual(new Set(watched))
  })

  it('never watches Infinity', () => {
    const clock = virtualClock()
    const deadlines = new Deadlines<Entry>(clock, () => undefined)
    deadlines.add(new Entry(Infinity))
    deadlines.rest()
    expect(deadlines.length).toBe(0)
    expect(clock.timers).toBe(0)
  })
})
