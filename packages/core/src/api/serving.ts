import type { Openings } from '@genpool/broker'
import type { Nanos } from '@genpool/runtime'
import type { Cell } from '@genpool/state-ane'
import type { AssembledPool } from '../assemble/assembled-pool'
import type { MessageTypes } from '../behaviours/message-types'
import type { PoolRef } from '../behaviours/protocol'
import type { Listener } from '../pool/ports'
import { countMembers } from '../views/pool-view'
import { poolOf } from './pool-of'

/** The types of messages that a pool has handlers for; null if messages of any type may have one. */
export function messageTypesOf(ref: PoolRef): MessageTypes | null {
  return poolOf(ref, 'serve').kernel.behaviour.types
}

/** The cell with the state of all members; undefined before there is one, and if each member has its own. */
export function sharedCellOf(ref: PoolRef): Cell<unknown> | undefined {
  const { kernel } = poolOf(ref, 'serve')
  return kernel.sharesState ? kernel.cell : undefined
}

/**
 * Calls `told` for each run of a handler that ended and was measured, with its message and how long it ran. Short runs are measured in
 * samples.
 *
 * @returns a function that ends it
 */
export function watchRuns(ref: PoolRef, told: (message: unknown, runNs: Nanos) => void): () => void {
  const { attachments } = poolOf(ref, 'serve').kernel
  const watch: Listener = {
    runFinished: (_, { message }, runNs) => {
      if (runNs >= 0) told(message, runNs)
    },
  }
  attachments.attach(watch)
  return () => attachments.detach(watch)
}

/** Why a pool begins nothing now, whatever waits: it is paused, or none of its members has started. */
export type Halted = 'paused' | 'starting'

/** Undefined if it begins work, or starts members when there is some. */
export function haltedOf(ref: PoolRef): Halted | undefined {
  return haltOf(poolOf(ref, 'serve'))
}

export function haltOf(pool: AssembledPool): Halted | undefined {
  const { paused, concurrency } = pool.figures(pool.turnNow())
  if (paused === true || concurrency?.limit === 0) return 'paused'
  if (pool.kernel.crew.busy > 0) return undefined
  const { idle, busy } = countMembers(pool)
  if (idle + busy > 0) return undefined
  // An elastic pool may have no members, and starts one for the first request.
  const shouldHave = pool.size > 0 || pool.oldestStart !== undefined || pool.failedStarts > 0
  return shouldHave ? 'starting' : undefined
}

/** The signals of the calls without a key that wait, and for which no handler was called. If they abort now, nothing has run. */
export function unbegunSignals(ref: PoolRef): AbortSignal[] {
  const { waiting } = poolOf(ref, 'serve').kernel.port
  return waiting.flatMap(({ attempt, key, rarely }) => {
    const signal = rarely?.signal ?? null
    return attempt > 0 || key !== undefined || signal === null ? [] : [signal]
  })
}

/** When new requests may begin there, by its rate and by a back-off of all; undefined if neither bounds it. */
export function openingsOf(ref: PoolRef): Openings | undefined {
  const pool = poolOf(ref, 'serve')
  return pool.kernel.port.openings(pool.now())
}

/**
 * Calls `told` when that may have changed.
 *
 * @returns a function that ends it
 */
export function watchHalts(ref: PoolRef, told: () => void): () => void {
  const { attachments } = poolOf(ref, 'serve').kernel
  const watch: Listener = {
    poolReady: told,
    memberStarted: told,
    memberEnded: told,
    memberCrashed: told,
    configured: told,
  }
  attachments.attach(watch)
  return () => attachments.detach(watch)
}
