import { count, keyName, textOf } from '@genpool/runtime'

/** The names of all findings. */
export type FindingName =
  | 'stopped'
  | 'draining'
  | 'paused'
  | 'failing-starts'
  | 'start-timeout'
  | 'starting'
  | 'waits-for-itself'
  | 'breaker'
  | 'crashes'
  | 'deaths'
  | 'stuck'
  | 'store'
  | 'event-loop'
  | 'back-off'
  | 'rate'
  | 'limits'
  | 'no-keys'
  | 'keys'
  | 'one-tenant'
  | 'concurrency'
  | 'members-busy'
  | 'slow-handlers'
  | 'one-at-a-time'
  | 'reruns'
  | 'drops'
  | 'retries'
  | 'expired'
  | 'late-answers'
  | 'unreachable'
  | 'silent-nodes'
  | 'slow-nodes'
  | 'far-nodes'
  | 'different-nodes'
  | 'in-flight'
  | 'dead-letters'
  | 'growing-queue'
  | 'unknown-types'
  | 'alone'
  | 'calm'

/** One thing that limits a pool, with the figures that show it and what to do about it. */
export interface Finding {
  readonly finding: FindingName
  /** The finding as a sentence. */
  readonly says: string
  /** The figures that show it, rounded. Names that end in `Ms` are milliseconds; counts cover the last 10 to 20 seconds. */
  readonly figures: Readonly<Record<string, number | string>>
  readonly advice: string
  /** The option to change, as a path; null if no option helps. */
  readonly option: string | null
}

/** What limits a pool now. */
export interface Explanation {
  readonly pool: string
  /** Whether nothing limits it. */
  readonly calm: boolean
  /** What limits it, the most important first; if nothing does, one finding that says so. */
  readonly findings: readonly Finding[]
  /** All findings as text. */
  readonly text: string
  toString(): string
}

/** Rounds all figures of a finding, so that its sentence and its figures agree. */
export function withRoundedFigures(finding: Finding): Finding {
  const figures = Object.entries(finding.figures).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : rounded(value),
  ])
  return { ...finding, figures: Object.fromEntries(figures) }
}

/** Whether it is the key of casts with `latest`. All other keys that are objects are compared by a text. */
export function isLatestKey(key: unknown): boolean {
  return typeof key === 'object' && key !== null
}

/** How many characters of a key are shown. */
const MOST_SHOWN = 60

/** Writes a key for a reader, from what it is compared by. It may be a text of a million characters. */
export function keyInWords(key: unknown): string {
  const text = textOf(keyName(key))
  return text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN)}…`
}

/** Writes a duration for a reader, in ms, s, hours or days, with two digits or as a whole number. */
export function inWords(ms: number): string {
  if (!(ms < CENTURY)) return ms === Infinity ? 'unlimited time' : ms > 0 ? 'more than 100 years' : 'an unknown time'
  if (ms > 0 && ms < 0.001) return 'less than 0.001 ms'
  if (ms >= 2 * DAY) return `${twoDigits(ms / DAY)} days`
  if (ms >= 7_200_000) return `${twoDigits(ms / 3_600_000)} h`
  return ms >= 1000 ? `${twoDigits(ms / 1000)} s` : `${twoDigits(ms)} ms`
}

const DAY = 24 * 3_600_000
const CENTURY = 36_525 * DAY

function twoDigits(value: number): number {
  return value >= 10 ? Math.round(value) : Number(Number(value.toPrecision(2)).toFixed(3))
}

/** Writes a share as a percentage. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

/** How many members work, as in `1 of 8 members are busy`. */
export function busyOf(busy: number, size: number): string {
  return `${busy} of ${count(size, 'member is', 'members are')} busy`
}

/** Starts a sentence. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** Rounds a figure: whole from 100 on, otherwise three digits and at most three decimals. */
export function rounded(value: number): number {
  return value >= 100 ? Math.round(value) : Number(Number(value.toPrecision(3)).toFixed(3))
}
