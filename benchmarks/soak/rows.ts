import type { Row } from '../measure'
import type { Soaked } from './soaked'

/** Whether all went as it should. Less is better everywhere. */
export function rowsOf(soaked: Soaked): readonly Row[] {
  const { overhead, heaps, sent, fates, accepted, settled, left, unhandled } = soaked
  const at = (share: number): string => `${overhead.percentile(share).toFixed(2)} ms`
  const callers = Object.values(fates).reduce((sum, count) => sum + count, 0)
  const row = (title: string, value: number, unit: string, bars: readonly [number, number], detail: string): Row => ({
    title,
    value,
    unit,
    atLeast: bars[0],
    aim: bars[1],
    better: 'less',
    detail,
  })
  const grown = (heaps.at(-1)! / heaps[1]! - 1) * 100
  return [
    row(
      'overhead of a call outside of collections (p99.9)',
      overhead.percentile(0.999),
      'ms',
      [1, 0.2],
      `p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${overhead.longest.toFixed(1)} ms; ${count(overhead.during)} calls during collections`,
    ),
    row(
      'heap, last tenth against the second',
      Math.max(0, grown),
      '%',
      [5, 1],
      `MB by tenths: ${heaps.map((bytes) => (bytes / 1e6).toFixed(1)).join(', ')}`,
    ),
    row(
      'requests without an outcome',
      Math.max(sent - callers, accepted - settled, left),
      '',
      [0, 0],
      `of ${count(sent)}: ${count(fates.answered)} answered, ${count(fates.crashed)} crashed, ${count(fates.cancelled)} cancelled, ${count(fates.expired + fates.dropped)} expired or dropped`,
    ),
    row('requests with the wrong outcome', fates.other, '', [0, 0], 'an error that is not the planned one'),
    row('unhandled rejections', unhandled, '', [0, 0], ''),
  ]
}

function count(value: number): string {
  return value.toLocaleString('en')
}
