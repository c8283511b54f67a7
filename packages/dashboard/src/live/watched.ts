import type { PoolRef } from '@genpool/core'
import type { AnyDetail, Hello, Row } from './messages'

/** Ten minutes, one sample a second. */
export const HISTORY_SECONDS = 600

/** One pool of the dashboard, with its past. */
export interface Watched {
  readonly id: string
  readonly pool: PoolRef
  readonly history: Hello['history']
  readonly row: Row
  readonly detail: AnyDetail
  /** Measures the last second. Called once a second, also while nobody looks. */
  measure(loopMs: number): void
  end(): void
}
