import fc from 'fast-check'
import { Begins } from '../../src/limits/begins'
import { RUNS } from '../laws/runs'

const PLACES = 6

/** All that was added, and never forgotten. */
class Log {
  readonly begins: { readonly place: number; readonly cost: number; readonly at: number }[] = []

  within(place: number, span: number, now: number): number {
    return this.begins.reduce((sum, each) => (each.place === place && each.at + span > now ? sum + each.cost : sum), 0)
  }

  /** Takes the last begin of a place back. */
  takeLast(place: number): { readonly cost: number; readonly at: number } | undefined {
    const index = this.begins.findLastIndex((each) => each.place === place)
    return index < 0 ? undefined : this.begins.splice(index, 1)[0]
  }
}

const rules = fc
  .record({ limit: fc.integer({ min: 2, max: 12 }), interval: fc.integer({ min: 1, max: 30 }), less: fc.nat(12) })
  .map(({ limit, interval, less }) => ({ limit, interval, burst: less > 4 ? limit : Math.max(2, limit - less) }))

const command = fc.record({
  op: fc.constantFrom(...(['add', 'add', 'add', 'add', 'add', 'add', 'add', 'undo', 'look'] as const)),
  place: fc.nat(PLACES - 1),
  cost: fc.constantFrom(1, 1, 1, 1, 0, 2),
  after: fc.constantFrom(0, 0, 1, 2, 9, 40),
})

describe('begins of many places', () => {
  it('count as in a list of all, whether a place is near its limit or not, also after other rules', () => {
    const law = fc.property(rules, rules, fc.array(command, { maxLength: 400 }), (first, second, commands) => {
      const begins = new Begins(first)
      begins.fit(PLACES)
      const log = new Log()
      let now = 0
      let { limit, interval, burst } = first
      for (const [i, { op, place, cost, after }] of commands.entries()) {
        now += after
        // What is over by the rules before may be forgotten.
        if (i === 200 && second.interval <= interval) {
          begins.configure(second)
          ;({ limit, interval, burst } = second)
        }
        const share = Math.ceil((interval * burst) / limit)
        const used = log.within(place, interval, now)
        const fits = used + cost <= limit && (burst === limit || log.within(place, share, now) + cost <= burst)
        if (op === 'look') {
          expect(begins.counts(place, now)).toBe(used > 0)
          if (cost === 1) expect(begins.used(place, now)).toBe(used)
          expect(begins.opensAt(place, cost, now) <= now).toBe(fits)
        } else if (op === 'undo') {
          const last = log.takeLast(place)
          // One that is over already would not be taken back.
          if (last !== undefined && last.at + interval > now) begins.undo(place, last.cost, last.at)
          else if (last !== undefined) log.begins.push({ place, ...last })
        } else {
          expect(begins.tryAdd(place, cost, now)).toBe(fits)
          if (fits) log.begins.push({ place, cost, at: now })
        }
      }
      for (let place = 0; place < PLACES; place++) {
        expect(begins.used(place, now)).toBe(log.within(place, interval, now))
      }
    })
    fc.assert(law, { numRuns: RUNS })
  })

  it('says of each place, once, that all of it is over', () => {
    const emptied: number[] = []
    const places = 1000
    const begins = new Begins({ limit: 10, interval: 100, burst: 10 }, (place) => emptied.push(place))
    begins.fit(places)
    for (let place = 1; place < places; place++) {
      // Some are at their limit, some far from it.
      for (let n = 0; n < (place % 3 === 0 ? 10 : 1); n++) expect(begins.tryAdd(place, 1, place / 10)).toBe(true)
    }
    expect(emptied).toEqual([])
    // Another place begins so much that time passes, and that all places are looked at.
    for (let n = 0; n < 20_000; n++) begins.add(0, 1, 100 + n)
    expect([...emptied].sort((a, b) => a - b)).toEqual(Array.from({ length: places - 1 }, (_, i) => i + 1))
    for (let place = 1; place < places; place++) expect(begins.isEmpty(place)).toBe(true)
  })

  it('keeps as many places as began lately, and a number of others', () => {
    const free: number[] = []
    const begins = new Begins({ limit: 10, interval: 100, burst: 10 }, (place) => free.push(place))
    let places = 0
    // No place begins anything twice while it is kept.
    for (let now = 0; now < 200_000; now++) {
      const place = free.pop() ?? places++
      begins.fit(places)
      begins.add(place, 1, now)
    }
    expect(places).toBeLessThan(40_000)
  })

  it('counts the limit of a place that was idle for long', () => {
    const begins = new Begins({ limit: 4, interval: 10, burst: 4 })
    begins.fit(2)
    for (let n = 0; n < 3; n++) begins.add(1, 1, 0)
    for (let now = 10; now < 5000; now += 10) begins.add(0, 1, now)
    expect(begins.isEmpty(1)).toBe(true)
    expect([1, 2, 3, 4, 5].map(() => begins.tryAdd(1, 1, 5000))).toEqual([true, true, true, true, false])
  })
})
