import { rate, type Figure, type Row } from '../measure'

type Measure = Pick<Row, 'unit' | 'better'>

/** A value with its unit; an arrow says that less is better. */
export function shown({ unit, better }: Measure, value: number | null): string {
  if (value === null) return '–'
  return `${digits(value)}${unit === '' ? '' : ` ${unit}`}${better === 'less' ? ' ↓' : ''}`
}

/** A median with its quartiles. */
export function shownFigure(measure: Measure, { median, low, high }: Figure): string {
  return `${shown(measure, median)} (${digits(low)}–${digits(high)})`
}

function digits(value: number): string {
  if (value === 0) return '0'
  return value >= 1000 ? rate(value) : value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}

/** A time for people. */
export function inMs(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`
}
