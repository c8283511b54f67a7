import { NS_PER_MS } from '@genpool/runtime'
import fc from 'fast-check'
import { Breaker, breakerOptions, FREE, REFUSED } from '../../src/policies/door/breaker'

const MS = NS_PER_MS
const rules = (given: object = {}) => breakerOptions.parse(given)

/** A breaker that has just opened, at 0. */
const opened = (given: object = {}) => {
  const breaker = new Breaker(rules({ failures: 1, share: 0, ...given }))
  breaker.failed(FREE, 0)
  return breaker
}

describe('a circuit breaker', () => {
  it('is closed at first, and lets all requests pass', () => {
    const breaker = new Breaker(rules())
    expect([breaker.state(0), breaker.tryPass(0), breaker.retryAfter(0)]).toEqual(['closed', FREE, 0])
  })

  it('opens when enough have failed within the window', () => {
    const breaker = new Breaker(rules({ failures: 3, within: 1000 }))
    for (const ms of [0, 100, 1200, 1300]) breaker.failed(FREE, ms * MS)
    expect(breaker.state(1300 * MS)).toBe('closed')
    breaker.failed(FREE, 1400 * MS)
    expect(breaker.state(1400 * MS)).toBe('open')
  })

  it('stays closed while failures are a small share of the results', () => {
    const breaker = new Breaker(rules({ failures: 3, share: 0.5 }))
    for (let i = 0; i < 10; i++) breaker.succeeded(FREE, 0)
    for (let i = 0; i < 9; i++) breaker.failed(FREE, 0)
    expect(breaker.state(0)).toBe('closed')
    breaker.failed(FREE, 0)
    expect(breaker.state(0)).toBe('open')
  })

  it('refuses all requests for a while when it is open, and says for how long', () => {
    const breaker = opened({ wait: 500 })
    expect([breaker.tryPass(0), breaker.retryAfter(0)]).toEqual([REFUSED, 500 * MS])
    expect([breaker.tryPass(499 * MS), breaker.retryAfter(499 * MS)]).toEqual([REFUSED, MS])
    expect(breaker.state(499 * MS)).toBe('open')
    expect(breaker.state(500 * MS)).toBe('half-open')
  })

  it('lets its number of probes pass when it is half-open, and closes when all have succeeded', () => {
    const breaker = opened({ wait: 500, probes: 2 })
    const now = 500 * MS
    expect([breaker.tryPass(now), breaker.tryPass(now), breaker.tryPass(now)]).toEqual([1, 1, REFUSED])
    breaker.succeeded(1, now)
    expect([breaker.state(now), breaker.tryPass(now)]).toEqual(['half-open', REFUSED])
    breaker.succeeded(1, now)
    expect([breaker.state(now), breaker.tryPass(now)]).toEqual(['closed', FREE])
  })

  it('opens for twice as long after each failed probe, up to a bound', () => {
    const breaker = opened({ wait: 500, maxWait: 1500, probes: 1 })
    const waits: number[] = []
    let now = 0
    for (let i = 0; i < 4; i++) {
      waits.push(breaker.retryAfter(now) / MS)
      now += breaker.retryAfter(now)
      breaker.failed(breaker.tryPass(now), now)
    }
    expect(waits).toEqual([500, 1000, 1500, 1500])
    now += breaker.retryAfter(now)
    breaker.succeeded(breaker.tryPass(now), now)
    breaker.failed(FREE, now)
    expect(breaker.retryAfter(now)).toBe(500 * MS)
  })

  it('replaces a probe without a result by another one', () => {
    const breaker = opened({ wait: 1, probes: 1 })
    const pass = breaker.tryPass(MS)
    expect(breaker.tryPass(MS)).toBe(REFUSED)
    breaker.forgotten(pass)
    expect(breaker.tryPass(MS)).toBe(pass)
  })

  it('lets others pass when its probes take too long, and still counts their results', () => {
    const breaker = opened({ wait: 1, maxWait: 50, probes: 2 })
    const passes = [breaker.tryPass(MS), breaker.tryPass(MS)]
    expect(breaker.tryPass(50 * MS)).toBe(REFUSED)
    expect(breaker.tryPass(51 * MS)).toBe(passes[0])
    breaker.succeeded(passes[0]!, 60 * MS)
    breaker.succeeded(passes[1]!, 60 * MS)
    expect(breaker.state(60 * MS)).toBe('closed')
  })

  it('ignores requests that passed before it opened, and probes of an earlier trial', () => {
    const breaker = opened({ wait: 1, probes: 2 })
    const first = [breaker.tryPass(MS), breaker.tryPass(MS)]
    breaker.failed(FREE, MS)
    breaker.succeeded(FREE, MS)
    expect(breaker.state(MS)).toBe('half-open')
    breaker.failed(first[0]!, MS)
    const second = breaker.tryPass(3 * MS)
    breaker.succeeded(first[1]!, 3 * MS)
    breaker.failed(first[1]!, 3 * MS)
    breaker.forgotten(first[1]!)
    expect([breaker.state(3 * MS), breaker.tryPass(3 * MS), breaker.tryPass(3 * MS)]).toEqual([
      'half-open',
      second,
      REFUSED,
    ])
  })

  it('counts failed starts, in a trial as well', () => {
    const breaker = new Breaker(rules({ failures: 2, share: 0, wait: 10 }))
    breaker.startFailed(0)
    breaker.startFailed(0)
    expect(breaker.state(0)).toBe('open')
    breaker.tryPass(10 * MS)
    breaker.startFailed(10 * MS)
    expect(breaker.retryAfter(10 * MS)).toBe(20 * MS)
  })

  it('applies new rules and stays open for the time that it announced', () => {
    const breaker = opened({ wait: 500 })
    breaker.configure(rules({ wait: 10, failures: 7 }))
    expect(breaker.retryAfter(0)).toBe(500 * MS)
    breaker.configure(rules({ wait: 10, failures: 7, probes: 1 }))
    breaker.failed(breaker.tryPass(500 * MS), 500 * MS)
    expect(breaker.retryAfter(500 * MS)).toBe(20 * MS)
  })
})

/** The same in words that a person would use, from everything that has happened. */
class Model {
  results: { good: boolean; at: number }[] = []
  openings: number[] = []
  probes = new Map<number, 'out' | 'silent' | 'good'>()
  since = 0
  until = -1
  mode: 'closed' | 'open' | 'half-open' = 'closed'
  trial = 0
  #next = 0

  constructor(private readonly given: ReturnType<typeof rules>) {}

  wait(): number {
    return Math.min(this.given.wait * 2 ** (this.openings.length - 1), this.given.maxWait) * MS
  }

  get #heardOf(): number {
    return [...this.probes.values()].filter((state) => state !== 'silent').length
  }

  open(now: number): void {
    this.openings.push(now)
    this.mode = 'open'
    this.until = now + this.wait()
  }

  tryPass(now: number): number {
    if (this.mode === 'open' && now >= this.until) {
      this.mode = 'half-open'
      this.trial++
      this.since = now
      this.probes.clear()
    }
    if (this.mode === 'half-open' && now - this.since >= this.given.maxWait * MS) {
      this.since = now
      for (const [probe, state] of this.probes) if (state === 'out') this.probes.set(probe, 'silent')
    }
    if (this.mode === 'closed') return FREE
    if (this.mode === 'open' || this.#heardOf >= this.given.probes) return REFUSED
    this.probes.set(this.#next++, 'out')
    return this.trial
  }

  end(pass: number, how: 'good' | 'bad' | 'none', now: number): void {
    if (this.mode === 'closed') {
      if (how === 'none') return
      this.results.push({ good: how === 'good', at: now })
      const step = (this.given.within * MS) / 10
      const recent = this.results.filter(({ at }) => Math.floor(at / step) > Math.floor(now / step) - 10)
      const bad = recent.filter(({ good }) => !good).length
      if (how === 'bad' && bad >= this.given.failures && bad / recent.length >= this.given.share) this.open(now)
      return
    }
    if (this.mode !== 'half-open' || pass !== this.trial) return
    if (how === 'bad') return this.open(now)
    const waiting = [...this.probes].filter(([, state]) => state !== 'good')
    const probe = waiting.find(([, state]) => state === 'out') ?? waiting[0]
    if (probe === undefined) return
    if (how === 'none') this.probes.delete(probe[0])
    else this.probes.set(probe[0], 'good')
    if ([...this.probes.values()].filter((state) => state === 'good').length < this.given.probes) return
    this.mode = 'closed'
    this.results = []
    this.openings = []
  }
}

describe('the laws of a circuit breaker', () => {
  const steps = fc.array(
    fc.record({
      after: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400 })),
      op: fc.constantFrom('admit', 'admit', 'good', 'bad', 'bad', 'none'),
      which: fc.nat(),
    }),
    { maxLength: 150 },
  )
  const given = fc.record({
    failures: fc.integer({ min: 1, max: 4 }),
    share: fc.constantFrom(0, 0.5, 1),
    within: fc.constant(500),
    wait: fc.integer({ min: 1, max: 100 }),
    maxWait: fc.integer({ min: 100, max: 400 }),
    probes: fc.integer({ min: 1, max: 3 }),
  })

  it('follow a model under random events', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(given, steps, (numbers, ops) => {
        const breaker = new Breaker(rules(numbers))
        const model = new Model(rules(numbers))
        const under: number[] = []
        let now = -1000 * MS
        for (const { after, op, which } of ops) {
          now += after * MS
          if (op === 'admit') {
            const pass = breaker.tryPass(now)
            expect(pass).toBe(model.tryPass(now))
            if (pass === REFUSED) expect(breaker.retryAfter(now)).toBeGreaterThan(0)
            else under.push(pass)
          } else {
            const pass = under.splice(which % Math.max(1, under.length), 1)[0]
            if (pass === undefined) continue
            if (op === 'good') breaker.succeeded(pass, now)
            else if (op === 'bad') breaker.failed(pass, now)
            else breaker.forgotten(pass)
            model.end(pass, op as never, now)
          }
          const state = breaker.state(now)
          seen.add(state)
          expect(state).toBe(model.mode === 'open' && now >= model.until ? 'half-open' : model.mode)
        }
      }),
      { numRuns: 500 },
    )
    expect(seen.size).toBe(3)
  })
})
