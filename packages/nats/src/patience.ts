import { JetStreamApiError } from '@nats-io/jetstream'
import { type Clock, NS_PER_MS } from '@genpool/runtime'
import type { NatsConnection } from '@nats-io/transport-node'
import { pause } from './pause'
import { orLost } from './reconnects'

/** The longest wait for one answer: only a leader answers, and what a leader was asked that has died is asked again. */
export const LONGEST_QUESTION_MS = 2000
/** The wait before the same is asked again. */
const PAUSE_MS = 50

/** Codes of JetStream (errors.json of nats-server) after which the same may succeed. */
const PASSING = new Set([
  // Servers start, elect a leader, or have not heard of it yet.
  10004, 10005, 10007, 10008, 10009, 10118, 10119,
  // Another process makes the same stream now: its name, or its subjects, are taken.
  10048, 10058, 10065,
  // Another process makes the same consumer now.
  10013, 10100, 10105, 10148,
])

/** What asking again needs. */
export interface Patience {
  readonly connection: NatsConnection
  readonly clock: Clock
  /** For how long it is tried. */
  readonly timeoutMs: number
}

/**
 * Asks JetStream again while it has no leader, does not answer, is told the same by another process at the same time, or when the
 * connection was lost meanwhile and is there again.
 *
 * @param attempt asks, or makes what is missing; it may be done twice
 * @throws what the last attempt has failed with
 */
export async function patiently<T>(attempt: () => Promise<T>, { connection, clock, timeoutMs }: Patience): Promise<T> {
  const end = clock.now() + timeoutMs * NS_PER_MS
  for (;;) {
    try {
      return await orLost(connection, attempt())
    } catch (error) {
      const isOver = connection.isClosed() || clock.now() + PAUSE_MS * NS_PER_MS >= end
      if (isOver || !mayPass(error)) throw error
      await pause(clock, PAUSE_MS)
    }
  }
}

/** Whether the same may succeed soon. */
export function mayPass(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (at instanceof JetStreamApiError) return PASSING.has(at.code)
    if (at.name === 'TimeoutError' || at.name === 'NoResponders') return true
    if (at.name === 'RequestError') return at.cause === undefined || mayPass(at.cause)
  }
  return false
}
