import { definePool, noReply, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { virtualClock, type VirtualClock } from '@genpool/runtime/testing'
import * as nact from 'nact'
import { type ActorSystemRef, start, stop } from 'nact'

/* eslint-disable @typescript-eslint/no-explicit-any -- wrong on purpose */
export const query = nact.query as (to: unknown, message: unknown, timeout: number) => Promise<any>
export const failure = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    (value) => expect(value).toBe('a failure'),
    (error: unknown) => error,
  )

export let system: ActorSystemRef
export let clock: VirtualClock
beforeEach(() => {
  system = start()
  clock = virtualClock()
})
afterEach(() => {
  stop(system)
})

export const Work = definePool({
  init: () => ({ count: 0 }),
  calls: { add: () => reply('added', (draft) => void draft.count++) },
  casts: { add: () => noReply((draft) => void draft.count++) },
})
export const spawned = (options: PoolOptions = {}) => spawnPool(system, Work, 'pool', { size: 1, clock, ...options })
