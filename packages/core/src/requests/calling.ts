import type { Request } from './request'

/**
 * What is handled now, further up in the call stack: a request that is sent meanwhile is a call of its handler. Null outside of
 * handlers, and after the first `await` of one.
 */
export const calling: { request: Request | null } = { request: null }

/** Keeps a request that a handler has sent and that it may wait for. */
export function noteCall(caller: Request, call: Request): void {
  const rarely = caller.extend()
  rarely.calls ??= []
  rarely.calls.push(call)
}
