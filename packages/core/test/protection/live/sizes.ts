import type { PoolOptions } from '@genpool/core'
import { type Case, grows, heavy } from './flow'

const sizeOf = (size: object): PoolOptions => ({ size: { min: 1, max: 12, ...size } })
/** Members that are idle for some milliseconds between two requests, while nobody waits. */
const spare = { gap: 15 }

export const SIZES: Record<string, Case> = {
  'size.min': { given: sizeOf({}), change: { size: { min: 6 } }, seen: async (flow) => flow.size >= 6 },
  'size.max': {
    given: sizeOf({ max: 2 }),
    under: heavy,
    first: (flow) => flow.run(2000),
    change: { size: { max: 6 } },
    seen: async (flow) => {
      await flow.run(1000)
      return flow.size === 6
    },
  },
  'size.idle': {
    given: sizeOf({ idle: 1e6 }),
    under: heavy,
    first: async (flow) => {
      await flow.run(1500)
      flow.gap = 50
      await flow.run(1000)
    },
    change: { size: { idle: 100 } },
    seen: async (flow) => {
      await flow.run(1000)
      return flow.size < 6
    },
  },
  'size.update': {
    given: sizeOf({ valve: 'open', update: 5000 }),
    under: heavy,
    change: { size: { update: 10 } },
    seen: grows(300, 5),
  },
  'size.valve(codel).target': {
    given: sizeOf({ min: 2, valve: { type: 'codel', target: 0 } }),
    under: spare,
    first: (flow) => flow.run(500),
    change: { size: { valve: { target: 200 } } },
    seen: grows(2000),
  },
  'size.valve(codel).interval': {
    given: sizeOf({ valve: { type: 'codel', interval: 1e6 } }),
    under: heavy,
    change: { size: { valve: { interval: 50 } } },
    seen: grows(1000, 5),
  },
  'size.valve(relative).target': {
    given: sizeOf({ min: 2, valve: { type: 'relative', target: 0 } }),
    under: spare,
    first: (flow) => flow.run(500),
    change: { size: { valve: { target: 200 } } },
    seen: grows(1000),
  },
  'size.valve(rate).limit': {
    given: sizeOf({ valve: { type: 'rate', limit: 1, interval: 400 } }),
    under: heavy,
    change: { size: { valve: { limit: 8 } } },
    seen: grows(1000, 5),
  },
  'size.valve(rate).interval': {
    given: sizeOf({ valve: { type: 'rate', limit: 1, interval: 1e6 } }),
    under: heavy,
    change: { size: { valve: { interval: 50 } } },
    seen: grows(1000, 5),
  },
}
