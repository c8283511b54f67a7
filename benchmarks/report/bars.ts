import { rate } from '../measure'
import { escaped, svg } from './svg'

const HEIGHT = 28
const LEFT = 200
const LONGEST = 420

/** Draws horizontal bars. Ours start with "call" or "pool". */
export function bars(title: string, values: readonly (readonly [string, number])[], unit: '/s' | '%'): string {
  const most = Math.max(...values.map(([, value]) => value), 1e-9)
  const rows = values.map(([name, value], i) => {
    const y = 40 + i * HEIGHT
    const width = Math.max(1, (value / most) * LONGEST)
    const label = unit === '%' ? `${value.toFixed(0)} %` : `${rate(value)}${unit}`
    const fill = name.startsWith('call') || name.startsWith('pool') ? 'f0' : 'other'
    return (
      `<text x="${LEFT - 10}" y="${y + 15}" text-anchor="end">${escaped(name)}</text>` +
      `<rect class="${fill}" x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="20" rx="3"/>` +
      `<text x="${(LEFT + 6 + width).toFixed(1)}" y="${y + 15}">${label}</text>`
    )
  })
  return svg(760, 50 + values.length * HEIGHT, title, rows.join(''))
}
