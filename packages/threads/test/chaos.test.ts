import { Chaos } from '../../../benchmarks/chaos/chaos'
import { system } from './fixtures/quiet-system'

/** A moment here, in milliseconds; minutes in `npm run bench -- chaos`. */
const ROUND_MS = 1500

describe('a pool of threads that are killed at random', () => {
  it.each([
    ['shared', 1],
    ['shared', 2],
    ['isolated', 3],
  ] as const)(
    'gives each call one outcome, which is true, and leaves nothing behind (%s state, seed %d)',
    async (state, seed) => {
      const chaos = new Chaos(system, { state, seed })
      const { ledger, deaths } = chaos
      await chaos.round(ROUND_MS)
      while (deaths.missing.length > 0) await chaos.round(100)
      const { outcomes, sums } = ledger
      expect(ledger).toMatchObject({ unanswered: 0, twice: 0, untrue: 0 })
      expect(sums.state).toBe(sums.acknowledged)
      expect(outcomes).not.toHaveProperty('wrong')
      expect(outcomes['answered']).toBeGreaterThan(0)
      expect(deaths.unexpected).toEqual([])
      const { accepted, settled, left } = chaos.figures()
      expect({ settled, left }).toEqual({ settled: accepted, left: 0 })
      await chaos.end()
    },
    120_000,
  )
})
