import type { Request } from './request'

/**
 * In whose hand is what is handled now, further up in the call stack: a request that is sent meanwhile is a call of its handler.
 * Null outside of handlers, and after the first `await` of one.
 *
 * Fast path: the hand and not the request. A pointer from this old object to a new one in each run costs 6 % of a cast.
 */
export const calling: { hand: { readonly first: Request | null } | null } = { hand: null }

/** Keeps a request that the handler which runs now has sent, and that it may wait for. */
export function noteCall(call: Request): void {
  const rarely = calling.hand?.first?.extend()
  if (rarely === undefined) return
  rarely.calls ??= []
  rarely.calls.push(call)
}
