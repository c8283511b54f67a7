import type { Flooded } from '../overload'
import { bars, NARROW } from './bars'
import { markdown, picture, replaceSection } from './page'
import { shown } from './values'

/** Writes the overload section of the page. */
export function writeOverload({ rows, results }: Flooded): void {
  const measures = rows.map((row) => [
    row.title,
    `**${shown(row, row.value)}**`,
    shown(row, row.atLeast),
    shown(row, row.aim),
    row.detail,
  ])
  const all = results.map(({ name, times, result }) => [
    `${times} ×`,
    name,
    `${(result.goodput * 100).toFixed(1)} %`,
    `${result.wasted} of ${result.finished}`,
    `${result.p50.toFixed(0)} / ${result.p99.toFixed(0)} ms`,
    result.toldAfter === null ? '–' : `${result.toldAfter.toFixed(1)} ms`,
    `${result.recovery.toFixed(0)} ms`,
  ])
  const goodputs = results
    .filter(({ times }) => times === 10)
    .map(({ name, result }) => [name, result.goodput * 100] as const)
  replaceSection('overload', [
    markdown(['measure', 'measured', 'limit', 'goal', 'figures'], measures),
    markdown(HEAD, all),
    picture(
      'overload',
      'goodput',
      bars('goodput at 10 times the capacity (share of what could be served)', goodputs, { unit: '%' }),
    ),
  ])
  picture('overload-home', 'goodput', homePicture(goodputs))
}

/** The picture of the home page: with a pool, and without. */
function homePicture(goodputs: readonly (readonly [string, number])[]): string {
  const named = goodputs
    .filter(([name]) => name !== 'pool, interactive')
    .map(([name, share]) => [name === 'pool, defaults' ? 'pool' : name, share] as const)
  return bars('10 times too many requests: answers in time', named, { unit: '%', widths: NARROW })
}

const HEAD = [
  'load',
  'who',
  'goodput',
  'wasted runs',
  'p50 / p99 of answered calls',
  'drop known after',
  'back to normal',
]
