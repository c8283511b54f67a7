/** What can limit a pool, or deserves a look. */
export type FindingName =
  | 'stopped'
  | 'draining'
  | 'failing-starts'
  | 'start-timeout'
  | 'starting'
  | 'breaker'
  | 'crashes'
  | 'stuck'
  | 'event-loop'
  | 'keys'
  | 'one-tenant'
  | 'concurrency'
  | 'members-busy'
  | 'slow-handlers'
  | 'one-at-a-time'
  | 'reruns'
  | 'drops'
  | 'expired'
  | 'late-answers'
  | 'calm'

/** One thing that limits a pool, with what it is concluded from and what to do about it. */
export interface Finding {
  readonly finding: FindingName
  /** In words. */
  readonly says: string
  /** What it is concluded from. Names that end in `Ms` are milliseconds; counts are of the last 10 to 20 seconds. */
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
  /** What limits it, the weightiest first; if nothing does, one finding that says so. */
  readonly findings: readonly Finding[]
  /** All of it as text for people. */
  readonly text: string
  toString(): string
}

/** A duration as a person reads it. */
export function inWords(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toPrecision(2).replace(/\.0$/, '')} s`
  return `${ms >= 10 ? Math.round(ms) : Number(ms.toPrecision(2))} ms`
}

/** A number of things: the right form of the word. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`
}

/** A share as a percentage. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
