import { type Change, OptionsError, showValue } from '@genpool/runtime'
import type { PoolRef } from '../behaviours/protocol'
import type { PoolChanges } from '../assemble/options'
import { poolOf } from './pool-of'

/**
 * Changes options of a running pool: all of them or, if one is wrong, none. Waiting requests stay.
 *
 * @param changes only the options to change
 * @returns what changed, with the old and the new values
 * @throws {OptionsError} if an option is unknown, out of range, or fixed for the life of a pool; {StoppedError} if the pool
 *   has stopped. Nothing changes then
 * @example configure(pool, { size: 20, broker: { client: { max: 500 } } })
 */
export function configure(pool: PoolRef, changes: PoolChanges): readonly Change[] {
  return poolOf(pool).configure(changes)
}

/**
 * Changes the number of members. New ones start at once; surplus ones end after their current message.
 *
 * @throws {OptionsError} if `size` is not a whole number above 0; nothing changes then
 */
export function resize(pool: PoolRef, size: number): void {
  configure(pool, { size })
}

/**
 * Resets a learning concurrency limit: it starts again with `initial`. Use it after the backend was replaced. Does nothing
 * to a pool without such a limit.
 */
export function relearn(pool: PoolRef): void {
  poolOf(pool).policies.relearn()
}

/**
 * Stops a pool gently: it accepts no new requests, finishes those that it has, and stops. Resolves when every member has
 * ended and its `terminate` is done.
 *
 * @param options `within`: after this many milliseconds the pool stops anyway, and the promise resolves; the remaining callers get
 *   a StoppedError
 * @throws {OptionsError} if `within` is wrong; nothing changes then
 */
export function drain(pool: PoolRef, { within = Infinity }: { readonly within?: number } = {}): Promise<void> {
  if (typeof within !== 'number' || !(within >= 0)) {
    const message = `expected milliseconds >= 0 or Infinity, got ${showValue(within)}`
    throw new OptionsError(`"within" is wrong: ${message}.`, [{ path: ['within'], message }])
  }
  return poolOf(pool).kernel.lifecycle.drain(within)
}

export type { Change }
