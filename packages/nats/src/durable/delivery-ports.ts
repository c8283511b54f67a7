import type { Clock } from '@genpool/runtime'
import type { AttemptRules } from './attempts'
import type { Copies } from './copies'
import type { DeadLetters } from './dead-letters'
import type { ConsumerCounts } from './figures'
import type { History } from './history'
import type { RunPorts } from './job-runs'
import type { Marks } from './marks'
import type { Refusals } from './refusals'
import type { UnknownTypes } from './unknown-types'

/** What the deliveries of a consumer need. */
export interface DeliveryPorts extends RunPorts {
  readonly queue: string
  readonly consumer: string
  readonly clock: Clock
  readonly rules: AttemptRules & { readonly keepUnknown: number }
  /** For so long the server leaves a cast to the process to which it was delivered. */
  readonly ackWaitMs: number
  readonly counts: ConsumerCounts
  readonly history: History
  readonly copies: Pick<Copies, 'mayRun'>
  readonly marks: Marks
  readonly letters: DeadLetters
  readonly unknowns: UnknownTypes
  readonly refusals: Pick<Refusals, 'acknowledged' | 'isUnheard'>
  /** False if nothing can be told to the server, and nobody should wait until that is possible. */
  mayTell(): boolean
  /** The consumer, or its pool, stops. */
  isStopping(): boolean
  /** Before a cast is given back: resolves when no request is left at the server that would take it and that nobody hears. */
  forgotten(): Promise<void> | null
  /** A cast was given back, and comes again after so long. */
  comesAgain(delayMs: number): void
  /** By the clock of the server. */
  serverNow(): number
  /** Does not ask for a lane of keys for so long. */
  leaveLane(lane: number, ms: number): void
  /** A cast without a key is given back that was offered so many times: others are to have it. */
  leavePlain(times: number): void
  /** A cast is no longer in hand here. */
  finished(lane: number): void
  failed(job: { readonly id: string; readonly code: string; readonly reason: string }): void
}
