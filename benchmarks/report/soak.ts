import { rate, type Row } from '../measure'
import type { Soaked } from '../soak/soaked'
import { measuresTable } from './measures'
import { replaceSection } from './page'

/** Writes the soak section of the page. */
export function writeSoak({ soaked, rows }: { readonly soaked: Soaked; readonly rows: readonly Row[] }): void {
  const { minutes, perSecond, lost, preempted } = soaked
  const load = `${minutes} min at ${rate(perSecond)} requests per second. The process stood still for ${(lost * 100).toFixed(1)} % of the time; the system took the processor away ${rate(preempted / minutes / 60)} times per second.`
  replaceSection('soak', [load, measuresTable(rows)])
}
