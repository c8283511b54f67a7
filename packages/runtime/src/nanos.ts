/** Integer nanoseconds on a monotonic clock with an arbitrary origin. May be negative. */
export type Nanos = number

/** Nanoseconds in a millisecond. */
export const NS_PER_MS = 1_000_000
