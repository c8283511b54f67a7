import { writeFileSync } from 'node:fs'
import { extname } from 'node:path'
import { Fault, usage } from '../fault'
import { escaped, type Plot, svgOf } from './svg'

/** What a report shows. */
export interface Report {
  readonly title: string
  readonly says: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly plots: readonly Plot[]
}

/** @throws {Fault} if a report cannot have this name; asked before anything is simulated */
export function checkReport(file: string | undefined): void {
  if (file === undefined || ['.svg', '.html'].includes(extname(file))) return
  throw usage(
    `--report is wrong: expected a file that ends with .svg (plots) or .html (plots and table), got "${file}".`,
  )
}

/** @throws {Fault} if it cannot be written */
export function writeReport(file: string, report: Report): void {
  try {
    writeFileSync(file, extname(file) === '.svg' ? svgOf(report.plots) : htmlOf(report))
  } catch (error) {
    throw new Fault(`the report could not be written: ${(error as Error).message}`)
  }
}

const STYLE = `
  :root { color-scheme: light dark }
  body { max-width: 45rem; margin: 2rem auto; padding: 0 1rem; font: 15px/1.5 system-ui, sans-serif }
  table { border-collapse: collapse; font-size: 13px; width: 100% } svg { max-width: 100%; height: auto }
  th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8884; vertical-align: top }
  th.n, td.n { text-align: right; white-space: nowrap }`

function htmlOf({ title, says, head, rows, plots }: Report): string {
  const cells = (tag: 'th' | 'td', row: readonly string[]): string =>
    row
      .map(
        (text, i) => `<${tag}${head[i]?.startsWith(' ') === true ? ' class="n"' : ''}>${escaped(text.trim())}</${tag}>`,
      )
      .join('')
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${STYLE}</style></head>
<body>
<h1>${escaped(title)}</h1>
<p>${escaped(says)}</p>
<table><thead><tr>${cells('th', head)}</tr></thead>
<tbody>${rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('\n')}</tbody></table>
${svgOf(plots)}</body>
</html>
`
}
