import type { CallHint, CallMessage, CastHint, CastMessage, PoolRef, Protocol, ReplyTo } from '../behaviours/protocol'
import type { CastResult } from '../pool/intake'
import type { CallOptions, CastOptions } from '../pool/message-options'
import { poolOf } from './pool-of'

/**
 * Asks a pool, and resolves with the answer of the handler.
 *
 * The promise always settles: with the answer, or with an error whose `code` says what became of the request.
 * `ERR_GENPOOL_DROPPED`, `_EXPIRED` and `_CANCELLED` with `started: false` mean that it was never run.
 *
 * @param options `timeout` in milliseconds (default: the pool's, 5000), `signal`, `priority`, `key`
 */
export function call<P extends Protocol, T extends keyof (P['calls'] & P['casts']) & string>(
  pool: PoolRef<P>,
  message: ({ readonly type: T & keyof P['calls'] } & CallMessage<P, T>) | P['otherCall']['message'] | CallHint<P, T>,
  options?: CallOptions,
): Promise<ReplyTo<P, T>> {
  return poolOf(pool).intake.call(message, options) as Promise<ReplyTo<P, T>>
}

/**
 * Sends a message that is not answered. It never throws because of what the pool is like: whether it was taken is a value.
 *
 * What becomes of it later, `onDrop` and `watchDeadLetters` tell.
 */
export function cast<P extends Protocol, T extends keyof (P['calls'] & P['casts']) & string>(
  pool: PoolRef<P>,
  message: ({ readonly type: T & keyof P['casts'] } & CastMessage<P, T>) | P['otherCast'] | CastHint<P, T>,
  options?: CastOptions,
): CastResult {
  return poolOf(pool).intake.cast(message, options)
}

/**
 * Sends a message to each member once, past the queue: as `handleInfo`, or for a plain function as a message.
 *
 * @param options `lateJoiners`: also to members that start later, before anything else
 * @returns how many members it was sent to now
 */
export function broadcast(pool: PoolRef, message: unknown, options: { readonly lateJoiners?: boolean } = {}): number {
  const { directMessages, roster } = poolOf(pool).kernel
  return directMessages.broadcast(roster.members, message, options.lateJoiners === true)
}
