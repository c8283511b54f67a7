import type { Found } from '../chaos/found'
import { rate, type Row } from '../measure'
import { measuresTable } from './measures'
import { replaceSection } from './page'

/** Writes the section of the page about threads that were killed. */
export function writeChaos({ found, rows }: { readonly found: Found; readonly rows: readonly Row[] }): void {
  const { seconds, ledger, deaths } = found
  const died = Object.values(deaths).reduce((sum, count) => sum + count, 0)
  replaceSection('chaos', [
    `${(seconds / 60).toFixed(1)} min with ${rate(ledger.calls / seconds)} calls and ${(died / seconds).toFixed(1)} deaths per second.`,
    measuresTable(rows),
  ])
}
