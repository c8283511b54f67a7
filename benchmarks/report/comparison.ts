import type { Served } from '../overload/rows'
import { markdown, replaceSection } from './page'

/** Writes what was measured into the page that compares. */
export function writeComparison(results: readonly Served[]): void {
  const rows = results.map(({ name, times, result }) => [
    `${times} ×`,
    name,
    `${(result.goodput * 100).toFixed(0)} %`,
    result.finished === 0 ? '–' : `${((100 * result.wasted) / result.finished).toFixed(0)} %`,
    `${result.p50.toFixed(0)} / ${result.p99.toFixed(0)} ms`,
    result.toldAfter === null ? 'never' : `${result.toldAfter.toFixed(1)} ms`,
  ])
  const head = ['load', 'who', 'goodput', 'wasted runs', 'p50 / p99 of answers', 'refused callers know after']
  replaceSection('behaviour', [markdown(head, rows)], 'comparison.md')
}
