import type { PoolRef } from '@genpool/core'
import type { Clock } from '@genpool/runtime'
import type { Propagation } from '../propagation'
import type { Bodies } from '../wire/codec'
import type { SharedState } from './shared-state'

/** A message of NATS, as far as the endpoint needs it. */
export interface Incoming {
  readonly data: Uint8Array
  readonly reply?: string
  readonly headers?: { get(name: string): string; keys(): string[] } | undefined
}

/** What the endpoint needs. */
export interface EndpointPorts {
  readonly pool: PoolRef
  readonly name: string
  readonly node: string
  /** The state that it shares with other machines; null if it has its own. */
  readonly state: Pick<SharedState, 'at' | 'isBehind' | 'reach'> | null
  /** How often it has connected again, or given messages of keys back. */
  epoch(): number
  /** Whether its pool begins nothing until `resume`. */
  isPaused(): boolean
  /** The signals of the calls without a key that have certainly not begun. */
  unbegun(): Iterable<unknown>
  /** A message of a key is given back: the epoch is another one from now on. */
  gaveKeyBack(): void
  /** The frame with what it says of itself. */
  said(): Uint8Array
  readonly clock: Clock
  readonly settings: {
    readonly maxBytes: number
    readonly rememberBytes?: number
    readonly propagation?: Propagation | undefined
  }
  readonly bodies: Bodies
  /** The most bytes that the server takes. */
  readonly maxPayload: number
  publish(subject: string, frame: Uint8Array): void
  /** Something has begun or ended. */
  changed(): void
}

/** What the endpoint counts. */
export interface EndpointCounts {
  /** Requests that came, by what became of them. */
  received: number
  answered: number
  failed: number
  /** Bytes that were no frame, and requests that were too large. */
  bad: number
  /** Requests that had come before: sent again, or with the address of one that runs. */
  repeated: number
  cancelled: number
  /** Calls that were given back because the pool is paused: another node has them, or the same one later. */
  returned: number
}
