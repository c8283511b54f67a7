/** The frame of a picture: its own background, and colours for light and for dark, by what the reader's system prefers. */
export function svg(width: number, height: number, title: string, content: string): string {
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13" role="img" aria-label="${escaped(title)}">` +
    `<style>${style()}</style><rect class="ground" width="100%" height="100%" rx="6"/>` +
    `<text x="12" y="24" font-size="15" font-weight="bold">${escaped(title)}</text>${content}</svg>\n`
  )
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}

/** How many series have a colour of their own. */
export const COLOURS = 8
const LIGHT = ['#1f5fd0', '#c2410c', '#15803d', '#a21caf', '#0e7490', '#854d0e', '#be123c', '#4b5563']
const DARK = ['#7aa7ff', '#fb923c', '#4ade80', '#e879f9', '#22d3ee', '#facc15', '#fb7185', '#cbd5e1']

function style(): string {
  return (
    palette({ ground: '#ffffff', text: '#24292f', grid: '#d8dee4', other: '#9aa5b1', series: LIGHT }) +
    `@media (prefers-color-scheme: dark) {${palette({ ground: '#1b1b1f', text: '#dfe3e8', grid: '#3c3f46', other: '#6b7480', series: DARK })}}`
  )
}

interface Colours {
  readonly ground: string
  readonly text: string
  readonly grid: string
  readonly other: string
  readonly series: readonly string[]
}

function palette({ ground, text, grid, other, series }: Colours): string {
  const lines = series.map((colour, i) => `.s${i}{stroke:${colour}}.f${i}{fill:${colour}}`).join('')
  return `.ground{fill:${ground}}text{fill:${text}}.grid{stroke:${grid}}.other{fill:${other}}${lines}`
}
