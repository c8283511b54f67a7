import { rate } from '../measure'
import { escaped, svg } from './svg'

const HEIGHT = 28

/** How wide the names and the longest bar are, in pixels. */
interface Widths {
  readonly names: number
  readonly longest: number
}
const WIDE: Widths = { names: 200, longest: 420 }
/** For half a page. */
export const NARROW: Widths = { names: 130, longest: 270 }

/** Draws horizontal bars. Ours start with "call" or "pool". */
export function bars(
  title: string,
  values: readonly (readonly [string, number])[],
  { unit, widths = WIDE }: { readonly unit: '/s' | '%' | ''; readonly widths?: Widths },
): string {
  const { names: left, longest } = widths
  const most = Math.max(...values.map(([, value]) => value), 1e-9)
  const rows = values.map(([name, value], i) => {
    const y = 40 + i * HEIGHT
    const width = Math.max(1, (value / most) * longest)
    const label = unit === '%' ? `${value.toFixed(0)} %` : `${rate(value)}${unit}`
    const fill = name.startsWith('call') || name.startsWith('pool') ? 'f0' : 'other'
    return (
      `<text x="${left - 10}" y="${y + 15}" text-anchor="end">${escaped(name)}</text>` +
      `<rect class="${fill}" x="${left}" y="${y}" width="${width.toFixed(1)}" height="20" rx="3"/>` +
      `<text x="${(left + 6 + width).toFixed(1)}" y="${y + 15}">${label}</text>`
    )
  })
  return svg(left + longest + 140, 50 + values.length * HEIGHT, title, rows.join(''))
}
