import type { Finding, Inspection, WaitingSummary } from '@genpool/core'
import type { Proposal } from '../actions/proposal'
import type { Column } from './columns'
import type { Mark } from './mark-list'
import type { RemoteFigures } from '../remote-figures'
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

/** What `explain` finds, with what a button can do about it. */
export type ShownFinding = Finding & { readonly proposal: Proposal | null }

/** Everything about the pool of this process that a visitor looks at. */
export interface Detail {
  readonly kind: 'pool'
  readonly id: string
  readonly figures: Inspection
  readonly sample: Sample
  readonly findings: readonly ShownFinding[]
  readonly members: { readonly total: number; readonly shown: readonly MemberRow[] }
  readonly waits: WaitingSummary
  readonly thresholds: Thresholds
  readonly marks: readonly Mark[]
  /** The bounds of an elastic size; null for a fixed one. */
  readonly bounds: { readonly min: number; readonly max: number } | null
}

/** One node in the table. */
export interface NodeRow {
  readonly id: string
  readonly version: string
  readonly state: 'alive' | 'warming up' | 'doubtful' | 'leaving'
  readonly size: number
  readonly busy: number
  readonly waiting: number
  /** How many requests of this process it has, and how many it has answered. */
  readonly inFlight: number
  readonly answered: number
  /** Milliseconds; null if there were none lately. */
  readonly answerP99: number | null
  readonly roundTripP99: number | null
  readonly runP99: number | null
  /** How long ago it was heard. */
  readonly silentMs: number
  readonly upMs: number
}

/** Everything about a pool that runs elsewhere, as this process sees it. */
export interface RemoteDetail {
  readonly kind: 'remote'
  readonly id: string
  readonly figures: Omit<RemoteFigures, 'nodes'>
  readonly sample: Sample
  readonly findings: readonly ShownFinding[]
  readonly nodes: { readonly total: number; readonly shown: readonly NodeRow[] }
  /** The most requests that may be in flight from here; null for no limit. */
  readonly maxInFlight: number | null
  readonly marks: readonly Mark[]
}

export type AnyDetail = Detail | RemoteDetail

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
  readonly detail: AnyDetail
}
