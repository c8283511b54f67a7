import fc from 'fast-check'

export interface Task {
  readonly id: number
  readonly tenant: string
  readonly user: string
  readonly cost: number
  readonly ms: number
  readonly key: string | undefined
}
export interface Rate {
  readonly limit: number
  readonly interval: number
  readonly cost: boolean
}
export interface Law {
  readonly rate: (Rate & { readonly by: boolean }) | null
  readonly concurrency: number
  readonly keyRate: Rate | null
  readonly max: number
  readonly queue: 'fifo' | 'lifo' | 'adaptive' | 'fair' | 'weighted' | 'codel'
}

const rate: fc.Arbitrary<Rate> = fc.record({
  limit: fc.integer({ min: 3, max: 5 }),
  interval: fc.integer({ min: 5, max: 60 }),
  cost: fc.boolean(),
})
export const laws: fc.Arbitrary<Law> = fc.record({
  rate: fc.option(fc.tuple(rate, fc.boolean()).map(([rest, by]) => ({ ...rest, by }))),
  concurrency: fc.constantFrom(1, 2, 3, Infinity),
  keyRate: fc.option(rate),
  max: fc.constantFrom(2, Infinity, Infinity),
  queue: fc.constantFrom('fifo', 'lifo', 'adaptive', 'fair', 'weighted', 'codel'),
})
export const step = fc.record({
  op: fc.constantFrom(
    ...([
      'call',
      'call',
      'call',
      'call',
      'shared',
      'shared',
      'shared',
      'cast',
      'cast',
      'crash',
      'crashOnce',
      'crashOnce',
      'abortAtOnce',
    ] as const),
    ...(['advance', 'advance', 'advance', 'abort', 'configure', 'resize', 'pause', 'resume'] as const),
  ),
  tenant: fc.constantFrom('a', 'a', 'b', 'c'),
  user: fc.constantFrom('u', 'v'),
  cost: fc.integer({ min: 0, max: 3 }),
  ms: fc.integer({ min: 0, max: 30 }),
  priority: fc.constantFrom(0, 0, 1, 2),
  key: fc.constantFrom(undefined, undefined, 'k', 'l'),
  timeout: fc.constantFrom(20, 5000, 5000),
  pick: fc.nat(100),
  law: laws,
})
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const rateOf = ({ limit, interval, cost }: Rate) => ({ limit, interval, ...(cost && { cost: 'cost' }) })
export const clientOf = ({ queue }: Law) =>
  queue === 'fair'
    ? { type: 'fair', by: { property: 'user' } }
    : queue === 'codel'
      ? { type: 'codel', target: 10, interval: 50 }
      : { type: 'drop', order: queue === 'weighted' ? 'adaptive' : queue }
export const limiting = ({ rate, concurrency, keyRate, max, queue }: Law) => ({
  rate: rate !== null && { ...rateOf(rate), ...(rate.by && { by: 'user' }) },
  limits: {
    by: 'tenant',
    concurrency,
    max,
    rate: keyRate !== null && rateOf(keyRate),
    ...(queue === 'weighted' && { weight: { a: 2 } }),
  },
})
