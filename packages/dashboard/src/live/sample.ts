import type { Inspection } from '@genpool/core'

/** The outcomes that count as errors of the pool; drops are counted by reason, but for those that expired. */
const ERRORS = ['crashed', 'expired', 'conflict', 'invalid', 'stopped'] as const

/** What is counted since the start of a pool; rates are the differences between two of them. */
export interface Totals {
  readonly atMs: number
  readonly accepted: number
  readonly replied: number
  readonly errors: number
  readonly drops: Readonly<Record<string, number>>
}

/** One second of one pool, by name; rates are per second. Drops have names like `drop:max`. */
export type Sample = Readonly<Record<string, number | null>> & {
  readonly t: number
  readonly arrived: number
  readonly replied: number
  readonly dropped: number
  readonly errors: number
}

export function totalsOf({ accepted, outcomes, drops }: Inspection, atMs: number): Totals {
  const counts = outcomes as Readonly<Record<string, number | undefined>>
  const errors = ERRORS.reduce((sum, outcome) => sum + (counts[outcome] ?? 0), 0)
  const { expired: _isAnError, ...others } = drops
  return { atMs, accepted, replied: outcomes.replied, errors, drops: others }
}

/** The sample for the time between two looks at a pool. */
export function sampleOf(figures: Inspection, totals: Totals, before: Totals, loopMs: number): Sample {
  const rate = rateOf(totals, before)
  const drops = Object.entries(totals.drops).map(([reason, n]) => [
    `drop:${reason}`,
    rate(n, before.drops[reason] ?? 0),
  ])
  const { members, sojourn, run, waiting, size, concurrency } = figures
  return {
    ...ratesOf(totals, before),
    ...known(sojourn, 'wait'),
    ...known(run, 'run'),
    waiting,
    ...members,
    size,
    limit: concurrency?.limit ?? null,
    loopMs,
    ...Object.fromEntries(drops),
  }
}

/** What a count has grown by in each second between two looks. */
export function rateOf(totals: Totals, before: Totals): (now: number, then: number) => number {
  const seconds = Math.max(0.001, (totals.atMs - before.atMs) / 1000)
  return (now, then) => Math.round(((now - then) / seconds) * 10) / 10
}

/** What has become of the requests of any pool between two looks. */
export function ratesOf(
  totals: Totals,
  before: Totals,
): Pick<Sample, 't' | 'arrived' | 'replied' | 'errors' | 'dropped'> {
  const rate = rateOf(totals, before)
  return {
    t: totals.atMs,
    arrived: rate(totals.accepted, before.accepted),
    replied: rate(totals.replied, before.replied),
    errors: rate(totals.errors, before.errors),
    dropped: rate(sumOf(totals.drops), sumOf(before.drops)),
  }
}

export function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((a, b) => a + b, 0)
}

/** Percentiles of nothing are no numbers. */
export function known({ count, p50, p99 }: Inspection['run'], name: string): Readonly<Record<string, number | null>> {
  return { [`${name}P50`]: count === 0 ? null : p50, [`${name}P99`]: count === 0 ? null : p99 }
}
