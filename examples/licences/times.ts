/** Durations in milliseconds, as a person wants to see them. */
export interface Spread {
  readonly p50: number
  readonly p95: number
  readonly max: number
}

/** Median, 95th percentile and maximum; zeros of nothing. */
export function spreadOf(durations: readonly number[]): Spread {
  const sorted = [...durations].sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
  return { p50: at(0.5), p95: at(0.95), max: at(1) }
}
