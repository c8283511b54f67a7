/*
 * A small plot as SVG. It follows the light or dark theme of its reader, and each line has a dash of its own, so that it can be
 * read without colour.
 */

/** A line through points; `steps` keeps each value until the next. */
interface Line {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number | null])[]
  readonly steps?: boolean
}

export interface Plot {
  readonly title: string
  readonly x: { readonly unit: string; readonly max: number }
  readonly lines: readonly Line[]
  /** A level line, such as a goal. */
  readonly level?: { readonly name: string; readonly y: number } | undefined
}

const WIDTH = 720
const HEIGHT = 220
const [LEFT, RIGHT, TOP, BOTTOM] = [56, 16, 44, 34]
const DASHES = ['', '6 3', '2 3']

const STYLE = `
  svg { background: #fff; font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 13px } .muted { fill: #59636e } .axis { stroke: #d1d9e0 }
  .line { fill: none; stroke-width: 1.5 } .level { stroke: #b35900; stroke-dasharray: 8 4 } .levels { fill: #b35900 }
  .l0 { stroke: #0860ca } .l1 { stroke: #b3246b } .l2 { stroke: #1a7f37 }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; fill: #e6edf3 } .muted { fill: #9198a1 } .axis { stroke: #3d444d } .level { stroke: #f0883e }
    .levels { fill: #f0883e } .l0 { stroke: #4493f8 } .l1 { stroke: #f778ba } .l2 { stroke: #3fb950 }
  }`

/** Plots below each other, as one file. */
export function svgOf(plots: readonly Plot[]): string {
  const height = plots.length * HEIGHT
  const parts = plots.map((plot, i) => `<g transform="translate(0 ${i * HEIGHT})">${drawn(plot)}</g>`)
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" ` +
    `role="img" aria-label="${escaped(plots.map(({ title }) => title).join('; '))}"><style>${STYLE}</style>${parts.join('\n')}</svg>\n`
  )
}

/** Text within a document. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function drawn({ title, x, lines, level }: Plot): string {
  const values = lines.flatMap(({ points }) => points.map(([, y]) => y ?? 0))
  // No spread: there may be more values than a call can have arguments.
  const top = niceTop(values.reduce((a, b) => Math.max(a, b), level?.y ?? 0))
  const right = x.max > 0 ? x.max : 1
  const px = (value: number): number => round(LEFT + (value / right) * (WIDTH - LEFT - RIGHT))
  const py = (value: number): number => round(HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM))
  const ticks = [0, top / 2, top].map(
    (y) =>
      `<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${py(y)}" y2="${py(y)}"/>` +
      `<text class="muted" x="${LEFT - 6}" y="${py(y) + 4}" text-anchor="end">${number(y)}</text>`,
  )
  const ends = [0, right / 2, right].map(
    (at, i) =>
      `<text class="muted" x="${px(at)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="${['start', 'middle', 'end'][i]}">` +
      `${number(at)} ${escaped(x.unit)}</text>`,
  )
  const levels =
    level === undefined
      ? ''
      : `<line class="level" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${py(level.y)}" y2="${py(level.y)}"/>` +
        `<text class="levels" x="${WIDTH - RIGHT}" y="${py(level.y) - 4}" text-anchor="end">${escaped(level.name)}</text>`
  const curves = lines.map(
    (line, i) => `<path class="line l${i}" stroke-dasharray="${DASHES[i] ?? ''}" d="${path(line, px, py)}"/>`,
  )
  const heading = `<text class="title" x="${LEFT}" y="18">${escaped(title)}</text>`
  return [heading, legend(lines), ...ticks, ...ends, levels, ...curves].join('')
}

function legend(lines: readonly Line[]): string {
  if (lines.length < 2) return ''
  return lines
    .map(({ name }, i) => {
      const x = LEFT + i * 120
      const stroke = `<line class="line l${i}" stroke-dasharray="${DASHES[i] ?? ''}" x1="${x}" x2="${x + 22}" y1="32" y2="32"/>`
      return `${stroke}<text x="${x + 28}" y="36">${escaped(name)}</text>`
    })
    .join('')
}

function path({ points, steps = false }: Line, px: (x: number) => number, py: (y: number) => number): string {
  let pen = 'M'
  let d = ''
  for (const [x, y] of points) {
    if (y === null) pen = 'M'
    else {
      d += steps && pen === 'L' ? `H${px(x)}V${py(y)}` : `${pen}${px(x)} ${py(y)}`
      pen = 'L'
    }
  }
  return d
}

/** The next of 1, 2, 5, 10, 20 … */
function niceTop(value: number): number {
  if (!(value > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return (([1, 2, 5].find((step) => value <= step * power) ?? 10) as number) * power
}

function number(value: number): string {
  return String(Number(value.toPrecision(3)))
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
