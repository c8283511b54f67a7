import { rate, type Row } from '../measure'
import type { Soaked } from '../soak/soaked'
import { markdown, replaceSection } from './page'
import { shown } from './values'

/** Writes the soak section of the page. */
export function writeSoak({ soaked, rows }: { readonly soaked: Soaked; readonly rows: readonly Row[] }): void {
  const { minutes, perSecond, lost, preempted } = soaked
  const load = `${minutes} min at ${rate(perSecond)} requests per second. The process stood still for ${(lost * 100).toFixed(1)} % of the time; the system took the processor away ${rate(preempted / minutes / 60)} times per second.`
  replaceSection('soak', [
    load,
    markdown(
      ['measure', 'measured', 'limit', 'goal', 'figures'],
      rows.map((row) => [
        row.title,
        `**${shown(row, row.value)}**`,
        shown(row, row.atLeast),
        shown(row, row.aim),
        row.detail,
      ]),
    ),
  ])
}
