import type { Row } from '../measure'
import { markdown, replaceSection } from './page'
import { shown } from './values'

/** Writes the machines section of the page. */
export function writeMachines(rows: readonly Row[]): void {
  const cells = rows.map((row) => [
    row.title,
    `**${shown(row, row.value)}**`,
    shown(row, row.atLeast),
    shown(row, row.aim),
    row.detail,
  ])
  replaceSection('machines', [markdown(['measure', 'measured', 'limit', 'goal', 'figures'], cells)])
}
