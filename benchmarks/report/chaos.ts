import type { Found } from '../chaos/found'
import { rate, type Row } from '../measure'
import { markdown, replaceSection } from './page'
import { shown } from './values'

/** Writes the section of the page about threads that were killed. */
export function writeChaos({ found, rows }: { readonly found: Found; readonly rows: readonly Row[] }): void {
  const { seconds, ledger, deaths } = found
  const died = Object.values(deaths).reduce((sum, count) => sum + count, 0)
  replaceSection('chaos', [
    `${(seconds / 60).toFixed(1)} min with ${rate(ledger.calls / seconds)} calls and ${(died / seconds).toFixed(1)} deaths per second.`,
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
