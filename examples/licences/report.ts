import Table from 'cli-table3'
import { relative } from 'node:path'
import { type Survey } from './survey'
import { duplicatesOf, largest, type Tally } from './tally'
import { spreadOf } from './times'

/** How many lines of a long list are shown. */
const SHOWN = 10

/** The tables and lines that tell what was found below `root`. */
export function report(root: string, { tally, waiting, running }: Survey): string {
  return [
    table(['Licence', 'Packages'], largest(tally.licences, SHOWN)),
    table(['Author or maintainer', 'Packages'], largest(tally.people, SHOWN)),
    duplicates(tally),
    ...malformed(root, tally),
    `${tally.manifests} manifests of packages with ${tally.files} files, ${tally.malformed.length} malformed`,
    `waiting for a member: ${spread(waiting)}`,
    `running: ${spread(running)}`,
  ].join('\n')
}

/** No colours: the output is as readable in a file. */
const plainStyle = { head: [], border: [] }

type Row = readonly [string, string | number]

function table(head: readonly [string, string], rows: readonly Row[]): string {
  const noRules = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' }
  const table = new Table({ head: [...head], chars: noRules, colAligns: ['left', 'right'], style: plainStyle })
  table.push(...rows.map((row) => [...row]))
  return table.toString()
}

function duplicates(tally: Tally): string {
  const all = duplicatesOf(tally)
  const rows = all.slice(0, SHOWN).map(([name, versions]): Row => [name, versions.join(', ')])
  const more: Row[] = all.length > SHOWN ? [[`${all.length - SHOWN} others`, '']] : []
  return table(['In more than one version', `${all.length} packages`], [...rows, ...more])
}

function malformed(root: string, tally: Tally): string[] {
  return tally.malformed.map(({ folder, reason }) => `malformed: ${relative(root, folder) || '.'}: ${reason}`)
}

function spread(durations: readonly number[]): string {
  const { p50, p95, max } = spreadOf(durations)
  return `${p50.toFixed(1)} ms in the middle, ${p95.toFixed(1)} ms at 95 %, ${max.toFixed(1)} ms at most`
}
