import type { Definition } from '@genpool/core/elsewhere'
import type { Manifest } from '../protocol/messages'

/** What the behaviour of a module has, for the pool that finds handlers by it. */
export function manifestOf({ form, callbacks }: Definition): Manifest {
  if (form === 'task') return { calls: [], casts: [], anyCall: 'task', anyCast: 'task' }
  if (form === 'plain') return { calls: [], casts: [], anyCall: 'message', anyCast: 'message' }
  const { calls = {}, casts = {}, handleCall, handleCast } = callbacks as Callbacks
  return {
    calls: batchesOf(calls),
    casts: batchesOf(casts),
    anyCall: handleCall === undefined ? null : 'handleCall',
    anyCast: handleCast === undefined ? null : 'handleCast',
  }
}

interface Callbacks {
  readonly calls?: object
  readonly casts?: object
  readonly handleCall?: unknown
  readonly handleCast?: unknown
}

function batchesOf(handlers: object): [string, number][] {
  return Object.entries(handlers).map(([type, handler]) => [type, (handler as { batch?: number }).batch ?? 0])
}
