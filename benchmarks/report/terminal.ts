import Table from 'cli-table3'
import { type Figure, passes, type Row } from '../measure'
import { shown, shownFigure } from './values'

/** Prints the table of one suite. */
export function print(title: string, rows: readonly Row[]): void {
  const head = [title, 'measured', 'beside others', 'limit', 'goal', '']
  const table = new Table({ head, style: { head: [], border: [] } })
  for (const row of rows) {
    const { spread, mixed, value } = row
    const measured = spread === undefined ? shown(row, value) : shownFigure(row, spread)
    const beside = mixed === undefined ? '' : shownFigure(row, mixed)
    table.push([row.title, measured, beside, shown(row, row.atLeast), shown(row, row.aim), verdict(row)])
  }
  console.log(table.toString())
}

function verdict(row: Row): string {
  if (row.atLeast === null) return 'for comparison'
  if (!passes(row)) return 'MISSED'
  return passes({ ...row, atLeast: row.aim }) ? 'goal reached' : 'passed'
}

/** Prints each row against the commit before. More is better for all ratios. */
export function printAgainst(commit: string, rows: readonly Row[]): void {
  const head = [`Against ${commit}`, 'today', 'before', 'gain', 'gain beside others']
  const table = new Table({ head, style: { head: [], border: [] } })
  const gain = (figure: Figure | null): string =>
    figure === null ? '–' : shownFigure({ unit: '×', better: 'more' }, figure)
  for (const { title, unit, better, before } of rows) {
    const measured = { unit: unit === '×' ? '/s' : unit, better }
    if (before === undefined) table.push([title, '', '–', '', ''])
    else {
      const values = [before.today, before.before].map((value) => shown(measured, value).replace(' ↓', ''))
      table.push([title, ...values, gain(before.alone), gain(before.mixed)])
    }
  }
  console.log(table.toString())
}
