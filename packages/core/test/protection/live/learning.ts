import { inspect, type PoolChanges, type PoolOptions, relearn } from '@genpool/core'
import { type Case, heavy } from './flow'

/** The numbers of a limit that learns, wherever it is asked for. */
const learning = (at: string, place: (numbers: object) => object): Record<string, Case> => {
  const given = (numbers: object): PoolOptions => place({ type: 'gradient', ...numbers })
  const change = (numbers: object): PoolChanges => place(numbers)
  return {
    [`${at}.initial`]: {
      given: given({ initial: 6 }),
      change: change({ initial: 3 }),
      seen: async (flow) => {
        relearn(flow.pool)
        return flow.limit === 3
      },
    },
    [`${at}.tolerance`]: {
      given: given({ tolerance: 1 }),
      under: { ...heavy, capacity: 4 },
      first: (flow) => flow.run(4000),
      change: change({ tolerance: 4 }),
      seen: async (flow) => {
        const before = flow.limit
        await flow.run(2000)
        return flow.limit > before + 2
      },
    },
    [`${at}.smoothing`]: {
      given: given({ smoothing: 0.001 }),
      under: heavy,
      first: (flow) => flow.run(1000),
      change: change({ smoothing: 1 }),
      seen: async (flow) => {
        await flow.run(800)
        return flow.limit > 11
      },
    },
    [`${at}.window`]: {
      given: given({ window: 1e6 }),
      under: heavy,
      change: change({ window: 50 }),
      seen: async (flow) => {
        await flow.run(2000)
        return flow.limit > 10
      },
    },
    [`${at}.probe`]: {
      given: given({ probe: 1e6 }),
      under: heavy,
      first: (flow) => flow.run(2000),
      change: change({ probe: 300 }),
      seen: async (flow) => {
        const { limit } = flow
        for (let i = 0; i < 300; i++) {
          await flow.run(10)
          if (flow.limit <= limit / 2) return true
        }
        return false
      },
    },
  }
}

export const LIMITS: Record<string, Case> = {
  ...learning('size.valve(gradient)', (numbers) => ({ size: { min: 1, max: 20, valve: numbers } })),
  ...learning('concurrency(gradient)', (numbers) => ({ size: 20, concurrency: numbers })),
  'concurrency(gradient).min': {
    given: { size: 20, concurrency: 'gradient' },
    under: { ...heavy, capacity: 2 },
    first: (flow) => flow.run(5000),
    change: { concurrency: { min: 12 } },
    seen: async (flow) => flow.limit >= 12,
  },
  'concurrency(gradient).max': {
    given: { size: 20, concurrency: 'gradient' },
    under: heavy,
    first: (flow) => flow.run(2000),
    change: { concurrency: { max: 4 } },
    seen: async (flow) => {
      await flow.run(100)
      return inspect(flow.pool).members.busy === 4
    },
  },
}
