import { parseOptions } from '@genpool/runtime'
import { z } from 'zod'
import type { CallHint, CallMessage, CastHint, CastMessage, PoolRef, Protocol, ReplyTo } from '../behaviours/protocol'
import type { CastResult } from '../pool/intake'
import type { CallOptions, CastOptions } from '../pool/message-options'
import type { AnyRef, HereRef, NotElsewhere } from './elsewhere'
import { poolOf, receiverOf } from './pool-of'

/**
 * Asks a pool, and resolves with the answer of the handler.
 *
 * The promise always settles: with the answer, or with an error whose `code` tells the outcome.
 * `ERR_GENPOOL_DROPPED`, and `_EXPIRED` or `_CANCELLED` with `started: false`, mean that the request was never run.
 *
 * @param options `timeout` in milliseconds (default: the pool's, 5000), `signal`, `priority`, `key`, `retry`, `share`, `onProgress`
 * @example await call(pool, { type: 'add', value: 5 }, { timeout: 500, signal })
 */
export function call<P extends Protocol, T extends keyof (P['calls'] & P['casts']) & string, I = unknown>(
  pool: PoolRef<P> & AnyRef<I>,
  message: ({ readonly type: T & keyof P['calls'] } & CallMessage<P, T>) | P['otherCall']['message'] | CallHint<P, T>,
  options?: CallOptions & NotElsewhere<I, 'share' | 'retry'>,
): Promise<ReplyTo<P, T>> {
  const target = receiverOf(pool, 'call')
  return (options === undefined ? target.intake.call(message) : target.call(message, options)) as Promise<ReplyTo<P, T>>
}

/**
 * Sends a message without an answer. It never throws because of the state of the pool; it returns whether the pool took it.
 *
 * If the message is lost later, `onDrop` and `watchDeadLetters` report it.
 *
 * @param options `timeout` in milliseconds (default: none), `priority`, `key`, `latest`
 * @example cast(pool, { type: 'add', value: 5 }) // { ok: true }
 */
export function cast<P extends Protocol, T extends keyof (P['calls'] & P['casts']) & string, I = unknown>(
  pool: PoolRef<P> & AnyRef<I>,
  message: ({ readonly type: T & keyof P['casts'] } & CastMessage<P, T>) | P['otherCast'] | CastHint<P, T>,
  options?: CastOptions & NotElsewhere<I, 'latest' | 'timeout'>,
): CastResult {
  return receiverOf(pool, 'cast').intake.cast(message, options)
}

const broadcastOptions = z.strictObject({
  lateJoiners: z.boolean().default(false).describe('Members that start later get it, too, as their first message.'),
})

/**
 * Sends a message to each member once, without the queue. `handleInfo` handles it; a plain function gets it as a message.
 *
 * @param options `lateJoiners`: members that start later get it, too, as their first message
 * @returns how many members got it now
 * @throws {OptionsError} if an option is wrong; nothing is sent then
 * @example broadcast(pool, { type: 'reload' }) // each member gets it, in its own turn
 */
export function broadcast(pool: HereRef, message: unknown, options: { readonly lateJoiners?: boolean } = {}): number {
  const { directMessages, roster } = poolOf(pool, 'broadcast').kernel
  const { lateJoiners } = parseOptions(broadcastOptions, options, 'options of broadcast')
  return directMessages.broadcast(roster.members, message, lateJoiners)
}
