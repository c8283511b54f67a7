import { inspect, type PoolOptions } from '@genpool/core'
import { type Case, type Flow, heavy } from './flow'

const narrow = (throttle: object): PoolOptions => ({ size: 1, broker: { client: { type: 'drop', max: 1 } }, throttle })
const throttles =
  (wanted: boolean) =>
  async (flow: Flow): Promise<boolean> => {
    const before = inspect(flow.pool).drops.throttled ?? 0
    await flow.run(500)
    return (inspect(flow.pool).drops.throttled ?? 0) > before === wanted
  }
export const THROTTLES: Record<string, Case> = {
  'throttle.factor': {
    given: narrow({ factor: 1e6 }),
    under: heavy,
    change: { throttle: { factor: 1 } },
    seen: throttles(true),
  },
  'throttle.min': {
    given: narrow({ min: 1e6 }),
    under: heavy,
    change: { throttle: { min: 1 } },
    seen: throttles(true),
  },
  'throttle.within': {
    given: narrow({ within: 1e6 }),
    under: heavy,
    first: async (flow) => {
      await flow.run(2000)
      flow.gap = 30
    },
    change: { throttle: { within: 200 } },
    seen: throttles(false),
  },
}
