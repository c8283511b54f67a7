import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import Table from 'cli-table3'
import type { Growth } from './growth'
import { passes, rate, type Row } from './measure'
import type { Flooded } from './overload'

const DOCS = join(__dirname, '..', '..', 'docs')
const PAGE = join(DOCS, 'performance.md')

/** Prints the table of one suite in the terminal. */
export function print(title: string, rows: readonly Row[]): void {
  const table = new Table({ head: [title, 'measured', 'limit', 'goal', ''], style: { head: [], border: [] } })
  for (const row of rows)
    table.push([row.title, shown(row, row.value), shown(row, row.atLeast), shown(row, row.aim), verdict(row)])
  console.log(table.toString())
}

function shown({ unit, better }: Row, value: number | null): string {
  if (value === null) return '–'
  const digits = value === 0 ? '0' : value >= 100 ? value.toFixed(0) : value.toPrecision(3)
  return `${digits}${unit === '' ? '' : ` ${unit}`}${better === 'less' ? ' ↓' : ''}`
}

function verdict(row: Row): string {
  if (row.atLeast === null) return 'for comparison'
  if (!passes(row)) return 'MISSED'
  return passes({ ...row, atLeast: row.aim }) ? 'goal reached' : 'passed'
}

function markdownTable(rows: readonly Row[]): string {
  const lines = rows.map(
    (row) =>
      `| ${row.title} | **${shown(row, row.value)}** | ${shown(row, row.atLeast)} | ${shown(row, row.aim)} | ${row.detail} |`,
  )
  return ['| measure | measured | limit | goal | figures |', '|---|---|---|---|---|', ...lines].join('\n')
}

/** Draws horizontal bars as a self-contained SVG. */
function bars(title: string, values: readonly (readonly [string, number])[], unit: string): string {
  const most = Math.max(...values.map(([, value]) => value), 1e-9)
  const height = 28
  const rows = values.map(([name, value], i) => {
    const y = 40 + i * height
    const width = Math.max(1, (value / most) * 420)
    const label = unit === '%' ? `${value.toFixed(0)} %` : `${rate(value)}${unit}`
    return (
      `<text x="190" y="${y + 15}" text-anchor="end">${name}</text>` +
      `<rect x="200" y="${y}" width="${width.toFixed(1)}" height="20" rx="3" fill="${name.startsWith('call') || name.startsWith('pool') ? '#2f6fde' : '#9aa5b1'}"/>` +
      `<text x="${(206 + width).toFixed(1)}" y="${y + 15}">${label}</text>`
    )
  })
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 ${50 + values.length * height}" font-family="sans-serif" font-size="13" fill="#30363d">` +
    `<rect width="100%" height="100%" fill="#ffffff"/><text x="10" y="22" font-size="15" font-weight="bold">${title}</text>${rows.join('')}</svg>\n`
  )
}

function picture(name: string, svg: string): string {
  writeFileSync(join(DOCS, 'public', name), svg)
  return `![${name.replace('.svg', '').replace('-', ' ')}](/${name})`
}

/** Replaces the part of the page between the marks of one suite. */
function replaceSection(name: string, text: string): void {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const page = readFileSync(PAGE, 'utf8')
  const [before, rest] = page.split(open)
  const after = rest?.split(close)[1]
  if (before === undefined || after === undefined) throw new Error(`${PAGE} has no section ${open} … ${close}`)
  writeFileSync(PAGE, `${before}${open}\n\n${text}\n\n${close}${after}`)
}

function machine(): string {
  const version = (name: string): string =>
    (JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')) as { version: string }).version
  const [cpu] = cpus()
  return `Node ${process.version}, ${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}, nact ${version('nact')}, immer ${version('immer')}, ${new Date().toISOString().slice(0, 10)}`
}

export function writeMachines(rows: readonly Row[]): void {
  replaceSection('machines', `Measured on: ${machine()}.\n\n${markdownTable(rows)}`)
}

export function writeCalm(rows: readonly Row[], rates: readonly (readonly [string, number])[]): void {
  const sorted = [...rates].sort((a, b) => b[1] - a[1])
  const ours = rates.find(([name]) => name === 'call(pool)')?.[1] ?? 0
  const faster = sorted.filter(([name, value]) => value > ours && name !== 'call(pool)').map(([name]) => `${name}`)
  const honest =
    faster.length === 0
      ? 'None of these is faster than a pool.'
      : `Faster than a pool: ${faster.join(', ')}. They do less: no deadlines, no supervision, no drops by waiting time, no state.`
  replaceSection(
    'calm',
    [
      `Measured on: ${machine()}.`,
      markdownTable(rows),
      picture('calm.svg', bars('operations per second, 64 in flight, 8 at a time, trivial work', sorted, '/s')),
      honest,
    ].join('\n\n'),
  )
}

export function writeOverload({ rows, results }: Flooded): void {
  const lines = results.map(
    ({ name, times, result }) =>
      `| ${times} × | ${name} | ${(result.goodput * 100).toFixed(1)} % | ${result.wasted} of ${result.finished} | ${result.p50.toFixed(0)} / ${result.p99.toFixed(0)} ms | ${result.toldAfter === null ? '–' : `${result.toldAfter.toFixed(1)} ms`} | ${result.recovery.toFixed(0)} ms |`,
  )
  const all = [
    '| load | who | goodput | wasted runs | p50 / p99 of answered calls | drop known after | back to normal |',
    '|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n')
  const goodputs = results
    .filter(({ times }) => times === 10)
    .map(({ name, result }) => [name, result.goodput * 100] as const)
  replaceSection(
    'overload',
    [
      `Measured on: ${machine()}.`,
      markdownTable(rows),
      all,
      picture('overload.svg', bars('goodput at 10 times the capacity (share of what could be served)', goodputs, '%')),
    ].join('\n\n'),
  )
}

/** Prints the times by n. */
export function printGrowth(results: readonly Growth[]): void {
  const table = new Table({ head: ['Growth', '1 000', '10 000', '100 000', 'factor'], style: { head: [], border: [] } })
  for (const { title, ms, factor } of results) table.push([title, ...ms.map(inMs), factor.toFixed(1)])
  console.log(table.toString())
}

export function writeGrowth(results: readonly Growth[]): void {
  const lines = results.map(
    ({ title, ms, factor }) => `| ${title} | ${ms.map(inMs).join(' | ')} | ${factor.toFixed(1)} |`,
  )
  const head = ['| operation | n = 1 000 | 10 000 | 100 000 | factor |', '|---|---|---|---|---|']
  replaceSection('growth', [`Measured on: ${machine()}.`, [...head, ...lines].join('\n')].join('\n\n'))
}

function inMs(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`
}
