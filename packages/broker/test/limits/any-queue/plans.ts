import fc from 'fast-check'
import { type EngineOptions } from '../../../src'

export interface Rate {
  readonly limit: number
  readonly interval: number
  readonly cost: boolean
}
export interface Rules {
  readonly rate: (Rate & { readonly by: boolean }) | null
  readonly limits: { readonly concurrency: number; readonly rate: Rate | null; readonly max: number } | null
}
export interface Queue {
  readonly type: 'drop' | 'timeout' | 'codel' | 'fair' | 'weighted'
  readonly order: 'fifo' | 'lifo' | 'adaptive'
  readonly max: number
}

const rate: fc.Arbitrary<Rate> = fc.record({
  limit: fc.integer({ min: 3, max: 5 }),
  interval: fc.integer({ min: 1, max: 20 }),
  cost: fc.boolean(),
})
export const rules: fc.Arbitrary<Rules> = fc.record({
  rate: fc.option(fc.tuple(rate, fc.boolean()).map(([rest, by]) => ({ ...rest, by }))),
  limits: fc.option(
    fc.record({
      concurrency: fc.constantFrom(1, 2, 3, Infinity),
      rate: fc.option(rate),
      max: fc.constantFrom(1, 2, Infinity),
    }),
    { freq: 4 },
  ),
})
export const queue: fc.Arbitrary<Queue> = fc.record({
  type: fc.constantFrom('drop', 'timeout', 'codel', 'fair', 'weighted'),
  order: fc.constantFrom('fifo', 'lifo', 'adaptive'),
  max: fc.constantFrom(2, 5, Infinity, Infinity),
})
export const step = fc.record({
  op: fc.constantFrom(
    ...(['ask', 'ask', 'ask', 'ask', 'nbAsk', 'askR', 'askR', 'askR', 'take', 'done', 'done', 'unrun'] as const),
    ...([
      'back',
      'back',
      'unrunBack',
      'remove',
      'cancel',
      'time',
      'time',
      'wake',
      'configure',
      'configure',
      'drain',
    ] as const),
  ),
  tenant: fc.constantFrom('a', 'a', 'b', undefined),
  user: fc.constantFrom('u', 'u', 'v', undefined),
  cost: fc.integer({ min: 0, max: 3 }),
  priority: fc.constantFrom(0, 0, 0, 1, 2),
  key: fc.constantFrom(undefined, undefined, undefined, 'k', 'l'),
  tag: fc.constantFrom(undefined, 's', 't'),
  deadline: fc.constantFrom(Infinity, Infinity, 5),
  pick: fc.nat(100),
  ms: fc.integer({ min: 0, max: 8 }),
})
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const toRate = ({ limit, interval, cost }: Rate) => ({ limit, interval, ...(cost && { cost: 'cost' }) })
export function toOptions({ rate, limits }: Rules, { type, order, max }: Queue): EngineOptions {
  const plain = type === 'timeout' && order === 'adaptive' ? 'fifo' : order
  const leaf =
    type === 'timeout'
      ? { type, order: plain, max, timeout: 12 }
      : type === 'codel'
        ? { type, order, max, target: 2, interval: 6 }
        : { type: 'drop', order, max }
  const isWeighted = type === 'weighted' && limits !== null
  return {
    client: type === 'fair' ? { type: 'fair', by: { property: 'user' }, queue: leaf } : leaf,
    rate: rate !== null && { ...toRate(rate), ...(rate.by && { by: 'user' }) },
    limits: limits !== null && {
      by: 'tenant',
      concurrency: limits.concurrency,
      max: limits.max,
      rate: limits.rate !== null && toRate(limits.rate),
      ...(isWeighted && { weight: { a: 2.5 } }),
    },
  } as EngineOptions
}

/** Other numbers for the same keys and costs: otherwise counting starts anew. A longer interval knows only what the old one did. */
export function changed(from: Rules, to: Rules): Rules {
  const rateOf = <R extends Rate>(a: R | null, b: Rate | null): R | null =>
    a === null || b === null ? a : { ...a, limit: b.limit, interval: Math.min(a.interval, b.interval) }
  const limits = from.limits &&
    to.limits && { ...from.limits, concurrency: to.limits.concurrency, max: to.limits.max, rate: from.limits.rate }
  return {
    rate: rateOf(from.rate, to.rate),
    limits: limits === null ? from.limits : { ...limits, rate: rateOf(limits.rate, to.limits?.rate ?? null) },
  }
}
