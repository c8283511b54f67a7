import type { CallMessage, CastMessage, PoolRef, Protocol, ReplyTo } from '../behaviours/protocol'
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
export function call<P extends Protocol, T extends keyof P['calls'] & string>(
  pool: PoolRef<P>,
  message: { readonly type: T } & CallMessage<P, T>,
  options?: CallOptions,
): Promise<ReplyTo<P, T>>
export function call<P extends Protocol>(
  pool: PoolRef<P>,
  message: P['otherCall']['message'],
  options?: CallOptions,
): Promise<P['otherCall']['reply']>
export function call(pool: PoolRef, message: unknown, options?: CallOptions): Promise<unknown> {
  return poolOf(pool).intake.call(message, options)
}

/**
 * Sends a message that is not answered. It never throws because of what the pool is like: whether it was taken is a value.
 *
 * What becomes of it later, `onDrop` and `watchDeadLetters` tell.
 */
export function cast<P extends Protocol, T extends keyof P['casts'] & string>(
  pool: PoolRef<P>,
  message: { readonly type: T } & CastMessage<P, T>,
  options?: CastOptions,
): CastResult
export function cast<P extends Protocol>(pool: PoolRef<P>, message: P['otherCast'], options?: CastOptions): CastResult
export function cast(pool: PoolRef, message: unknown, options?: CastOptions): CastResult {
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
