import type { Percentiles } from '@genpool/core'

/*
 * What `inspect` gives for a pool that runs elsewhere, as far as the page shows it. The dashboard knows no package that makes such pools:
 * whatever has these figures is shown.
 */

/** One node, as this process sees it. Times are milliseconds. */
export interface NodeFigures {
  readonly id: string
  readonly version: string
  readonly size: number
  readonly idle: number
  readonly waiting: number
  readonly runP99Ms: number
  readonly upMs: number
  readonly leaving: boolean
  readonly doubtful: boolean
  readonly warmingUp: boolean
  readonly inFlight: number
  readonly answered: number
  readonly answer: Percentiles
  readonly roundTrip: Percentiles
  readonly silentMs: number
}

/** A pool that runs elsewhere, as this process sees it. */
export interface RemoteFigures {
  readonly name: string
  readonly phase: string
  readonly connected: boolean
  readonly nodes: readonly NodeFigures[]
  readonly inFlight: number
  readonly waiting: number
  readonly calls: number
  readonly casts: number
  readonly answered: number
  readonly answer: Percentiles
  readonly failed: Readonly<Record<string, number>>
  readonly retries: { readonly made: number }
  readonly lostNodes: number
}

/** Whether figures are those of a pool that runs elsewhere. */
export function isRemote(figures: unknown): figures is RemoteFigures {
  const { nodes, answer } = (figures ?? {}) as Partial<RemoteFigures>
  return Array.isArray(nodes) && typeof answer?.p99 === 'number'
}
