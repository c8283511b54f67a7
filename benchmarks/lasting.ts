import type { Row } from './measure'

/** What a row of a long run says, and its two bars: the limit and the goal. */
export interface Lasting {
  readonly title: string
  readonly value: number
  readonly unit?: string
  readonly bars?: readonly [limit: number, goal: number]
  readonly detail?: string
}

/** A row of a long run. Less is better; by default, nothing is allowed. */
export function lasting({ title, value, unit = '', bars = [0, 0], detail = '' }: Lasting): Row {
  return { title, value, unit, atLeast: bars[0], aim: bars[1], better: 'less', detail }
}

/** By how many percent the last of ten figures is above the second: the first is still of the start. */
export function grown(bytes: readonly number[]): number {
  return Math.max(0, (bytes.at(-1)! / bytes[1]! - 1) * 100)
}

export function inTenths(bytes: readonly number[]): string {
  return `MB by tenths: ${bytes.map((each) => (each / 1e6).toFixed(1)).join(', ')}`
}

export function count(value: number): string {
  return value.toLocaleString('en')
}

/** Tells how far a long run is. */
export function tell(name: string, part: number, minutes: number): void {
  process.stderr.write(`  ${name}: ${(part * minutes).toFixed(2)} of ${minutes} min\n`)
}
