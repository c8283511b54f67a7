import { NS_PER_MS, RetryBudget } from '@genpool/runtime'
import fc from 'fast-check'
import { retryOptions, waitBefore } from '../../src/requests/retry-options'

describe('the wait before a retry', () => {
  it('is what the error says, or doubles up to its bound; jitter only adds to it', () => {
    const rules = retryOptions.parse({ backoff: { min: 100, max: 300, jitter: 0.5 } })
    const waits = [1, 2, 3].map((tried) => waitBefore(rules, { tried, retryAfterMs: undefined }, 0))
    expect(waits).toEqual([100, 200, 300])
    expect([1, 2].map((tried) => waitBefore(rules, { tried, retryAfterMs: 7 }, 0))).toEqual([7, 200])
    expect(waitBefore(rules, { tried: 1, retryAfterMs: 1000 }, 0.5)).toBe(1250)
  })
})

describe('the budget for retries', () => {
  it('lets 3 through in each second, and refuses no more than it must', () => {
    const budget = new RetryBudget()
    const at = (ms: number): boolean => budget.take(0, ms * NS_PER_MS)
    expect([at(0), at(1), at(2), at(3), at(999), at(1000), at(1000), at(1001)]).toEqual([
      true,
      true,
      true,
      false,
      false,
      true,
      false,
      true,
    ])
    expect(budget.refusedLately(1001 * NS_PER_MS)).toBe(3)
    expect(budget.refusedLately(20_000 * NS_PER_MS)).toBe(0)
  })

  it('lets through at most a tenth of the calls and 3 a second, within any 10 seconds, and always 3 a second', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            after: fc.integer({ min: 0, max: 400 }),
            calls: fc.integer({ min: 0, max: 60 }),
            wanted: fc.integer({ min: 0, max: 8 }),
          }),
          { maxLength: 200 },
        ),
        (steps) => {
          const budget = new RetryBudget()
          const calls: number[] = []
          const passed: number[] = []
          let now = 0
          const accepted = (): number => calls.length + passed.length
          for (const { after, calls: count, wanted } of steps) {
            now += after
            for (let n = 0; n < count; n++) {
              budget.saw(accepted(), now * NS_PER_MS)
              calls.push(now)
            }
            for (let n = 0; n < wanted; n++) {
              const free = passed.filter((at) => at > now - 1000).length < 3
              const taken = budget.take(accepted(), now * NS_PER_MS)
              if (free) expect(taken).toBe(true)
              if (taken) passed.push(now)
            }
          }
          for (const end of passed) {
            const within = (times: number[]): number => times.filter((at) => at > end - 10_000 && at <= end).length
            expect(within(passed)).toBeLessThanOrEqual(
              0.1 * calls.filter((at) => at > end - 20_000 && at <= end).length + 33,
            )
          }
        },
      ),
      { numRuns: 300 },
    ))
})
