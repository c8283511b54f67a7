import { definePool, type PoolOptions, reply, spawnPool } from '@genpool/core'
import * as nact from 'nact'
import { clock, system } from './virtual-system'

/* eslint-disable @typescript-eslint/no-explicit-any -- pools that know each other have circular types */
export const failure = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    (value) => expect(value).toBe('a failure'),
    (error: unknown) => error,
  )
export const query = nact.query as (to: unknown, message: unknown, timeout: number) => Promise<any>

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A pool whose handler of "x" does what `handle` says; "y" answers at once, "slow" after 30 ms, "hang" never. */
export function pool(name: string, handle: (message: any, ctx: any) => any, options: PoolOptions = {}) {
  const Calls = definePool({
    init: () => 0,
    calls: {
      x: async (message: object, _state, ctx) => reply(await handle(message, ctx)),
      y: () => reply('y'),
      slow: async () => {
        await clock.wait(30)
        return reply('slow')
      },
      hang: async () => {
        await new Promise(() => undefined)
        return reply(1)
      },
    },
  })
  return spawnPool(system, Calls as any, name, { clock, size: 1, timeout: 50, ...options } as any) as any
}
export const codes = (error: any): unknown => error.cause?.code ?? error.code
