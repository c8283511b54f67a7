import type { Finding, Inspection, WaitingSummary } from '@genpool/core'
import type { Proposal } from '../actions/proposal'
import type { Column } from './columns'
import type { Mark } from './marks'
import type { Sample } from './sample'

/*
 * What the server tells the page, as JSON. The page imports these types, so both are checked against them.
 */

/** One pool in the list of all pools. */
export interface Row {
  readonly id: string
  /** The names of what `explain` finds, the most important first. */
  readonly findings: readonly Finding['finding'][]
  readonly busy: number
  readonly size: number
  readonly waiting: number
  readonly replied: number
  readonly dropped: number
  readonly errors: number
}

/** One member in the table. */
export interface MemberRow {
  readonly name: string
  readonly slot: number
  readonly incarnation: number
  readonly status: string
  readonly handled: number
  readonly ageMs: number
  /** The type of the message that it works on longest; empty if it does nothing. */
  readonly does: string
  readonly forMs: number
  /** Whether it runs far longer than others do. */
  readonly stuck: boolean
}

/** Lines to draw into the plots. */
export interface Thresholds {
  /** The acceptable wait of the queue, in milliseconds; null if it has none. */
  readonly target: number | null
  /** What `target` is called in the options. */
  readonly targetName: string
  /** The most that may wait; null for no limit. */
  readonly max: number | null
}

/** Everything about the pool that a visitor looks at. */
export interface Detail {
  readonly id: string
  readonly figures: Inspection
  readonly sample: Sample
  readonly findings: readonly (Finding & { readonly proposal: Proposal | null })[]
  readonly members: { readonly total: number; readonly shown: readonly MemberRow[] }
  readonly waits: WaitingSummary
  readonly thresholds: Thresholds
  readonly marks: readonly Mark[]
  /** The bounds of an elastic size; null for a fixed one. */
  readonly bounds: { readonly min: number; readonly max: number } | null
}

/** The first message of a stream: the past of one pool. */
export interface Hello {
  readonly write: boolean
  readonly names: readonly string[]
  readonly id: string
  readonly now: number
  /** The samples of the last ten minutes, by name. */
  readonly history: Readonly<Record<string, Column>>
}

/** Sent once a second. */
export interface Tick {
  /** Milliseconds on the clock of the dashboard. */
  readonly t: number
  readonly rows: readonly Row[]
  readonly detail: Detail
}
