import type { Calm } from '../calm'
import type { Row } from '../measure'
import { bars } from './bars'
import { markdown, picture, replaceSection } from './page'
import { shown, shownFigure } from './values'

/** Writes the calm section of the page. */
export function writeCalm({ rows, rates }: Calm): void {
  const sorted = [...rates].sort((a, b) => b[1] - a[1])
  const head = ['measure', 'alone', 'beside all others', 'limit', 'goal', 'figures (alone)']
  replaceSection('calm', [
    markdown(head, rows.map(cells)),
    picture(
      'calm',
      'calls per second',
      bars('calls per second, 64 in flight, 8 at a time, four of each', sorted, { unit: '/s' }),
    ),
  ])
}

function cells(row: Row): readonly string[] {
  const { title, spread, mixed, value, atLeast, aim, detail } = row
  return [
    title,
    strong(spread === undefined ? shown(row, value) : shownFigure(row, spread)),
    mixed === undefined ? '' : strong(shownFigure(row, mixed)),
    shown(row, atLeast),
    shown(row, aim),
    detail,
  ]
}

/** The median in bold, and its quartiles behind it. */
function strong(text: string): string {
  const [value, ...rest] = text.split(' (')
  return [`**${value}**`, ...rest].join(' (')
}
