import type { PoolChanges, PoolOptions } from '@genpool/core'
import { type Case, drops } from './flow'

const admitted = (admission: object): PoolOptions => ({
  size: 2,
  broker: { client: { type: 'drop', order: 'fifo' }, admission: admission as never },
})
const never = 1e6
const forecast = (numbers: object): PoolOptions => admitted({ type: 'forecast', ...numbers })
const pie = (numbers: object): PoolOptions => admitted({ type: 'pie', target: 1, interval: 1, update: 5, ...numbers })
const admission = (numbers: object): PoolChanges => ({ broker: { admission: numbers as never } })
const under = { gap: 5 }
export const ADMISSIONS: Record<string, Case> = {
  'broker.admission(forecast).target': {
    given: forecast({ target: never, interval: 10 }),
    under,
    change: admission({ target: 20 }),
    seen: drops(500),
  },
  'broker.admission(forecast).interval': {
    given: forecast({ target: 10, interval: never, bound: never }),
    under,
    change: admission({ interval: 10 }),
    seen: drops(500),
  },
  'broker.admission(forecast).bound': {
    given: forecast({ target: 10, interval: never, bound: never }),
    under,
    change: admission({ bound: 50 }),
    seen: drops(500),
  },
  'broker.admission(pie).target': {
    given: pie({ target: never }),
    under,
    change: admission({ target: 1 }),
    seen: drops(3000),
  },
  'broker.admission(pie).interval': {
    given: pie({ interval: never }),
    under,
    change: admission({ interval: 1 }),
    seen: drops(3000),
  },
  'broker.admission(pie).update': {
    given: pie({ update: never }),
    under,
    change: admission({ update: 5 }),
    seen: drops(3000),
  },
  'broker.admission(pie).min': {
    given: pie({ min: never, max: Infinity }),
    under,
    change: admission({ min: 0 }),
    seen: drops(3000),
  },
  'broker.admission(pie).max': {
    given: pie({ target: never }),
    under,
    change: admission({ max: 3 }),
    seen: drops(500),
  },
}
