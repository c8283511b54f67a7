import type { Drop } from '@genpool/broker'
import type { Remedy } from '@genpool/runtime'
import type { RequestFacts } from './request-facts'

/** Why a request was dropped. */
export type DropCause = Pick<Drop<never>, 'reason' | 'ofKey' | 'cause'>

/** What errors say about causes, and what to do. Asked only when an error is made. */
export interface Remedies {
  /** For a request that was not run in time; undefined for what the error says on its own. */
  ofWaiting(request: RequestFacts): Remedy | undefined
  /** For a request whose handler ran for too long. */
  ofRunning(request: RequestFacts): Remedy | undefined
  /** For a request whose commit is being written. */
  ofWritten(): Remedy | undefined
  ofDrop(drop: DropCause, request: RequestFacts): Remedy | undefined
  /** For a request to a pool that takes none. `is`: what the pool does instead, as in "is draining". */
  ofStopped(): { readonly is?: string; readonly advice: string } | undefined
  /** For a request that the pool had taken, and that its end found waiting or running. */
  ofEnded(): { readonly is?: string; readonly advice: string } | undefined
}

/** For a pool without views. */
export const noRemedies: Remedies = {
  ofWaiting: () => undefined,
  ofRunning: () => undefined,
  ofWritten: () => undefined,
  ofDrop: () => undefined,
  ofStopped: () => undefined,
  ofEnded: () => undefined,
}
