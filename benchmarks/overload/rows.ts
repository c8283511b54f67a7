import type { Row } from '../measure'
import type { Result } from './flood'

/** What one server reached under one load. */
export interface Served {
  readonly name: string
  /** How many times as much arrived as could be served. */
  readonly times: number
  readonly result: Result
}

/** The rows of the pools: of all loads, the worst counts. */
export function rowsOf(results: readonly Served[]): Row[] {
  const of = (name: string) => results.filter((each) => each.name === name).map((each) => each.result)
  const worst = (name: string, pick: (result: Result) => number, most = true): number =>
    (most ? Math.max : Math.min)(...of(name).map(pick))
  const detail = (name: string, pick: (result: Result) => number): string =>
    of(name)
      .map((result, i) => `${[2, 10][i]} ×: ${pick(result).toPrecision(3)}`)
      .join('; ')
  const row = (
    title: string,
    name: string,
    pick: (result: Result) => number,
    bars: Pick<Row, 'unit' | 'atLeast' | 'aim' | 'better'>,
  ): Row => ({
    title,
    value: worst(name, pick, bars.better === 'less'),
    detail: detail(name, pick),
    ...bars,
  })
  const goodput = { unit: '%', atLeast: 95, aim: 99, better: 'more' } as const
  const nothing = { unit: '', atLeast: 0, aim: 0, better: 'less' } as const
  const share = (result: Result): number => result.goodput * 100
  const [ours, plain] = ['pool, interactive', 'pool, defaults']
  return [
    row('goodput, interactive', ours, share, goodput),
    row('wasted runs, interactive', ours, (result) => result.wasted, nothing),
    row('p99 of answered calls, interactive', ours, (result) => result.p99, {
      unit: 'ms',
      atLeast: 300,
      aim: 150,
      better: 'less',
    }),
    row('time until a drop is known (p50), interactive', ours, (result) => result.toldAfter ?? 0, {
      unit: 'ms',
      atLeast: 5,
      aim: 1,
      better: 'less',
    }),
    row('goodput, defaults', plain, share, goodput),
    row('wasted runs, defaults', plain, (result) => result.wasted, nothing),
    row('time back to normal, interactive', ours, (result) => result.recovery, {
      unit: 'ms',
      atLeast: 1000,
      aim: 250,
      better: 'less',
    }),
    row('time back to normal, defaults', plain, (result) => result.recovery, {
      unit: 'ms',
      atLeast: 1000,
      aim: 250,
      better: 'less',
    }),
  ]
}
