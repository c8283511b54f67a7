import { COLOURS, escaped, svg } from './svg'

/** One line of a plot: its points by x. */
interface Series {
  readonly name: string
  readonly points: readonly (readonly [number, number])[]
}

export interface Plot {
  readonly title: string
  /** What the y axis shows. */
  readonly y: string
  /** What the x axis shows; `n` unless it says otherwise. */
  readonly x?: string
  readonly series: readonly Series[]
}

const [WIDTH, HEIGHT] = [760, 400]
const AREA = { left: 64, right: 470, top: 60, bottom: 360 }
/** The least distance between two names, in pixels. */
const LINE = 17

/** Draws lines on two logarithmic axes, with a name at the end of each. */
export function plot({ title, y, x = 'n', series }: Plot): string {
  const all = series.flatMap(({ points }) => points)
  const across = axis(
    all.map(([n]) => n),
    AREA.left,
    AREA.right,
  )
  const up = axis(
    all.map(([, value]) => value),
    AREA.bottom,
    AREA.top,
  )
  const heights = apart(series.map(({ points }) => up.at(points.at(-1)![1])))
  const lines = series.map((each, i) => line(each, i, { across, up, height: heights[i]! }))
  return svg(WIDTH, HEIGHT, title, grid(across, up, { x, y }) + lines.join(''))
}

interface Axis {
  /** The powers of ten that it shows. */
  readonly decades: readonly number[]
  /** The place of a value, in pixels. */
  at(value: number): number
}

function axis(values: readonly number[], from: number, to: number): Axis {
  const least = Math.floor(Math.log10(Math.min(...values)) + 1e-9)
  const most = Math.max(least + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9))
  return {
    decades: Array.from({ length: most - least + 1 }, (_, i) => 10 ** (least + i)),
    at: (value) => from + ((Math.log10(value) - least) / (most - least)) * (to - from),
  }
}

function grid(across: Axis, up: Axis, { x: name, y }: { readonly x: string; readonly y: string }): string {
  const { left, right, top, bottom } = AREA
  const columns = across.decades.map((n) => {
    const x = across.at(n).toFixed(1)
    return `<line class="grid" x1="${x}" x2="${x}" y1="${top}" y2="${bottom}"/><text x="${x}" y="${bottom + 18}" text-anchor="middle">${short(n)}</text>`
  })
  const rows = up.decades.map((value) => {
    const at = up.at(value).toFixed(1)
    return `<line class="grid" x1="${left}" x2="${right}" y1="${at}" y2="${at}"/><text x="${left - 8}" y="${Number(at) + 4}" text-anchor="end">${short(value)}</text>`
  })
  return `<text x="12" y="${top - 14}">${escaped(y)}</text><text x="${right}" y="${HEIGHT - 6}" text-anchor="end">${escaped(name)}</text>${columns.join('')}${rows.join('')}`
}

interface Places {
  readonly across: Axis
  readonly up: Axis
  /** The height of the name. */
  readonly height: number
}

function line({ name, points }: Series, index: number, { across, up, height }: Places): string {
  const colour = index % COLOURS
  const places = points.map(([n, value]) => [across.at(n).toFixed(1), up.at(value).toFixed(1)] as const)
  const [x, y] = places.at(-1)!
  const dots = places.map(([cx, cy]) => `<circle class="f${colour}" cx="${cx}" cy="${cy}" r="3"/>`).join('')
  const path = `<polyline class="s${colour}" fill="none" stroke-width="2" points="${places.map((place) => place.join(',')).join(' ')}"/>`
  const lead = `<polyline class="s${colour}" fill="none" stroke-width="1" stroke-dasharray="2 3" points="${x},${y} ${AREA.right + 8},${height.toFixed(1)}"/>`
  const mark = `<circle class="f${colour}" cx="${AREA.right + 12}" cy="${height.toFixed(1)}" r="4"/>`
  return `${lead}${path}${dots}${mark}<text x="${AREA.right + 22}" y="${(height + 4).toFixed(1)}" font-size="12">${escaped(name)}</text>`
}

/** Moves names apart that would overlap, and keeps them in the picture. */
function apart(heights: readonly number[]): number[] {
  const order = [...heights.keys()].sort((a, b) => heights[a]! - heights[b]!)
  const moved = [...heights]
  order.forEach((index, place) => {
    const above = place === 0 ? AREA.top - LINE : moved[order[place - 1]!]!
    moved[index] = Math.max(moved[index]!, above + LINE)
  })
  const over = Math.max(0, moved[order.at(-1)!]! - AREA.bottom)
  return moved.map((height) => height - over)
}

function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6} M`
  return value >= 1000 ? `${value / 1000} k` : String(Number(value.toPrecision(3)))
}
