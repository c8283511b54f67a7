import type { Row } from '../measure'
import { markdown } from './page'
import { shown } from './values'

/** The table of a long run, with its limits and goals. */
export function measuresTable(rows: readonly Row[]): string {
  return markdown(
    ['measure', 'measured', 'limit', 'goal', 'figures'],
    rows.map((row) => [
      row.title,
      `**${shown(row, row.value)}**`,
      shown(row, row.atLeast),
      shown(row, row.aim),
      row.detail,
    ]),
  )
}
