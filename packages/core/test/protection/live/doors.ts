import { inspect, type PoolOptions } from '@genpool/core'
import { type Case, type Flow, opens } from './flow'

const crashing = { gap: 10, crashEvery: 1 }
const breakerOf = (breaker: object): PoolOptions => ({ size: 4, breaker: { failures: 3, ...breaker } })
const halfOpen = async (flow: Flow): Promise<number> => {
  // The first moment after a trial has failed.
  for (let before = 'closed'; ; await flow.run(1)) {
    if (before === 'half-open' && flow.breaker === 'open') return inspect(flow.pool).breaker!.retryAfterMs
    before = flow.breaker
  }
}

export const DOORS: Record<string, Case> = {
  'breaker.failures': {
    given: breakerOf({ failures: 1e6 }),
    under: crashing,
    change: { breaker: { failures: 3 } },
    seen: opens(200),
  },
  'breaker.within': {
    given: breakerOf({ within: 10 }),
    under: crashing,
    change: { breaker: { within: 10_000 } },
    seen: opens(200),
  },
  'breaker.share': {
    given: breakerOf({ share: 1 }),
    under: { gap: 10, crashEvery: 2 },
    first: (flow) => flow.run(500),
    change: { breaker: { share: 0.1 } },
    seen: opens(200),
  },
  'breaker.wait': {
    given: breakerOf({ wait: 50, maxWait: 1e5 }),
    under: crashing,
    change: { breaker: { wait: 3000 } },
    seen: async (flow) => (await halfOpen(flow)) > 5000,
  },
  'breaker.maxWait': {
    given: breakerOf({ wait: 50, maxWait: 50 }),
    under: crashing,
    first: async (flow) => void (await halfOpen(flow)),
    change: { breaker: { maxWait: 1000 } },
    seen: async (flow) => (await halfOpen(flow)) > 50,
  },
  'breaker.probes': {
    given: breakerOf({ wait: 100, maxWait: 100, probes: 1 }),
    under: { gap: 2, crashEvery: 1 },
    first: (flow) => flow.run(500),
    change: { breaker: { probes: 4 } },
    seen: async (flow) => {
      await halfOpen(flow)
      const before = flow.served
      await halfOpen(flow)
      return flow.served - before >= 4
    },
  },
  'breaker.counts': {
    given: breakerOf({ counts: () => false }),
    under: crashing,
    change: { breaker: { counts: () => true } },
    seen: opens(200),
  },
}
