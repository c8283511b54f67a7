import { count, grown, inTenths, lasting } from '../lasting'
import type { Row } from '../measure'
import type { Soaked } from './soaked'

/** Whether all went as it should. */
export function rowsOf(soaked: Soaked): readonly Row[] {
  const { overhead, heaps, sent, fates, accepted, settled, left, unhandled } = soaked
  const at = (share: number): string => `${overhead.percentile(share).toFixed(2)} ms`
  const callers = Object.values(fates).reduce((sum, each) => sum + each, 0)
  return [
    lasting({
      title: 'overhead of a call outside of collections (p99.9)',
      value: overhead.percentile(0.999),
      unit: 'ms',
      bars: [1, 0.2],
      detail: `p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${overhead.longest.toFixed(1)} ms; ${count(overhead.during)} calls during collections`,
    }),
    lasting({
      title: 'heap, last tenth against the second',
      value: grown(heaps),
      unit: '%',
      bars: [5, 1],
      detail: inTenths(heaps),
    }),
    lasting({
      title: 'requests without an outcome',
      value: Math.max(sent - callers, accepted - settled, left),
      detail: `of ${count(sent)}: ${count(fates.answered)} answered, ${count(fates.crashed)} crashed, ${count(fates.cancelled)} cancelled, ${count(fates.expired + fates.dropped)} expired or dropped`,
    }),
    lasting({
      title: 'requests with the wrong outcome',
      value: fates.other,
      detail: 'an error that is not the planned one',
    }),
    lasting({ title: 'unhandled rejections', value: unhandled }),
  ]
}
