import type { CallOptions, GenPoolError } from '@genpool/core'
import { type Clock, type Nanos, NS_PER_MS, textOf } from '@genpool/runtime'
import type { Bodies } from '../wire/codec'
import type { StateAt } from '../wire/frames'
import type { RemoteFailures } from './failures'
import { prepare, type Prepared } from './prepare'
import type { CheckedRemoteOptions } from './remote-options'
import type { RemoteKind } from './remote-request'

/** After so long one message is sent though NATS refused others: its account may have got the permission since. */
const TRY_AGAIN = 1000 * NS_PER_MS

/** What the door needs. */
export interface DoorPorts {
  readonly clock: Pick<Clock, 'now'>
  readonly counts: { full: number }
  readonly failures: RemoteFailures
  readonly reads: { readonly at: StateAt | undefined }
  /** The connection, and the most bytes that its server takes. */
  readonly link: { readonly connection: { isClosed(): boolean }; readonly maxPayload: number }
  options(): CheckedRemoteOptions
  bodies(): Bodies
  /** How many messages of this client have no outcome yet. */
  inFlight(): number
  /** A message is sent though NATS refused others: `isRefused` says later whether it refuses again. */
  tries(isRefused: () => boolean): void
}

/** Takes messages in, ready to be sent, or says why not. */
export class Door {
  #phase: 'running' | 'draining' | 'stopped' = 'running'
  #refusal: Error | undefined
  /** How often, and when last. */
  #refusals = 0
  #refusedAt: Nanos = -Infinity

  constructor(private readonly ports: DoorPorts) {}

  get phase(): 'running' | 'draining' | 'stopped' {
    return this.#phase
  }

  /** Why it takes nothing, whatever the message; undefined while it does. */
  get closed(): GenPoolError | undefined {
    const { failures, link } = this.ports
    if (this.#phase === 'draining') return failures.draining()
    if (this.#phase === 'stopped') return failures.stopped(null)
    if (this.#refusal !== undefined) return failures.closed(false, this.#refusal)
    return link.connection.isClosed() ? failures.closed(false) : undefined
  }

  /** Why NATS takes nothing from this client; null while it does. */
  get refusal(): string | null {
    return this.#refusal === undefined ? null : textOf(this.#refusal)
  }

  /** The address takes nothing new, and finishes what it has. */
  drain(): void {
    if (this.#phase === 'running') this.#phase = 'draining'
  }

  /** The address has stopped. */
  stop(): void {
    this.#phase = 'stopped'
  }

  /** NATS refuses this client: nothing works until it connects again, or gets the permission. */
  close(refusal: Error): void {
    this.#refusals++
    this.#refusedAt = this.ports.clock.now()
    this.#refusal ??= refusal
  }

  /** It is connected again, or NATS refuses nothing more. */
  open(): void {
    this.#refusal = undefined
  }

  /** A message with everything that its way needs, or why it cannot be taken. Never throws. */
  admit(kind: RemoteKind, message: unknown, given: CallOptions, now: Nanos): Prepared | GenPoolError {
    const refusal = this.#refusalOf()
    if (refusal !== undefined) return refusal
    const { failures, link } = this.ports
    const options = this.ports.options()
    const max = Math.min(options.maxBytes, link.maxPayload)
    const { at: state } = this.ports.reads
    return prepare(kind, message, given, { options, bodies: this.ports.bodies(), failures, max, now, state })
  }

  /** Whether NATS is tried once more. Others are refused until it is known what it says. */
  tries(): boolean {
    const isClosed = this.#phase !== 'running' || this.ports.link.connection.isClosed()
    const now = this.ports.clock.now()
    if (this.#refusal === undefined || isClosed || now - this.#refusedAt < TRY_AGAIN) return false
    this.#refusedAt = now
    const before = this.#refusals
    this.ports.tries(() => this.#refusals !== before)
    return true
  }

  #refusalOf(): GenPoolError | undefined {
    const { closed } = this
    if (closed !== undefined && !this.tries()) return closed
    const { counts, failures } = this.ports
    const { maxInFlight } = this.ports.options()
    const inFlight = this.ports.inFlight()
    if (inFlight < maxInFlight) return undefined
    counts.full++
    return failures.full(inFlight, maxInFlight)
  }
}
