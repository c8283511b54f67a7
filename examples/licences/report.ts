import Table from 'cli-table3'
import { relative } from 'node:path'
import { type Percentiles } from '@genpool/core'
import { type Survey } from './survey'
import { duplicatesOf, largest, type Totals } from './tally'

/** How many lines of a long list are shown. */
const SHOWN = 10

/** The report: tables, counts and times. Folders are shown relative to `root`. */
export function report(root: string, { tally, pool }: Survey): string {
  return [
    table(['Licence', 'Packages'], largest(tally.licences, SHOWN)),
    table(['Author or maintainer', 'Packages'], largest(tally.people, SHOWN)),
    duplicates(tally),
    ...malformed(root, tally),
    `${tally.manifests} packages with ${tally.files} files, ${tally.malformed.length} malformed manifests`,
    `waiting for a member: ${spread(pool.sojourn)}`,
    `running: ${spread(pool.run)}`,
  ].join('\n')
}

/** No colours, so that the output is readable in a file, too. */
const plainStyle = { head: [], border: [] }

type Row = readonly [string, string | number]

function table(head: readonly [string, string], rows: readonly Row[]): string {
  const noRules = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' }
  const table = new Table({ head: [...head], chars: noRules, colAligns: ['left', 'right'], style: plainStyle })
  table.push(...rows.map((row) => [...row]))
  return table.toString()
}

function duplicates(tally: Totals): string {
  const all = duplicatesOf(tally)
  const rows = all.slice(0, SHOWN).map(([name, versions]): Row => [name, versions.join(', ')])
  const more: Row[] = all.length > SHOWN ? [[`${all.length - SHOWN} others`, '']] : []
  return table(['In more than one version', `${all.length} packages`], [...rows, ...more])
}

function malformed(root: string, tally: Totals): string[] {
  return tally.malformed.map(({ folder, reason }) => `malformed: ${relative(root, folder) || '.'}: ${reason}`)
}

function spread({ p50, p90, p99, max }: Percentiles): string {
  const [half, most, nearlyAll, longest] = [p50, p90, p99, max].map((ms) => ms.toFixed(1))
  return `${half} ms (median), ${most} ms (p90), ${nearlyAll} ms (p99), ${longest} ms (longest)`
}
