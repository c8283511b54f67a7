import { definePool, noReply, type PoolOptions, reply, spawnPool } from '@genpool/core'
import * as nact from 'nact'
import { clock, system } from './virtual-system'

/* eslint-disable @typescript-eslint/no-explicit-any -- wrong on purpose */
export const query = nact.query as (to: unknown, message: unknown, timeout: number) => Promise<any>
export const failure = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    (value) => expect(value).toBe('a failure'),
    (error: unknown) => error,
  )

const Work = definePool({
  init: () => ({ count: 0 }),
  calls: { add: () => reply('added', (draft) => void draft.count++) },
  casts: { add: () => noReply((draft) => void draft.count++) },
})
export const spawned = (options: PoolOptions = {}) => spawnPool(system, Work, 'pool', { size: 1, clock, ...options })
