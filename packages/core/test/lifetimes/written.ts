import { type Context, definePool, halt, type MemberContext, type PoolOptions, reply, spawnPool } from '@genpool/core'
import * as nact from 'nact'
import { clock, system } from '../virtual-system'

/* eslint-disable @typescript-eslint/no-explicit-any -- plain nact actors and senders */
export const dispatch = nact.dispatch as (to: unknown, message: unknown, sender?: unknown) => void
export const query = nact.query as (to: unknown, message: unknown, timeout: number) => Promise<any>
export const spawn = nact.spawn as (parent: unknown, f: unknown, name?: string, properties?: object) => any
export const failure = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    (value) => expect(value).toBe('a failure'),
    (error: unknown) => error,
  )

let logged: jest.SpyInstance
beforeEach(() => {
  // nact's systems print each fault that reaches them.
  logged = jest.spyOn(console, 'log').mockImplementation(() => undefined)
})
afterEach(() => {
  logged.mockRestore()
})

/** Members whose life is written down, and who do what they are told. */
export function written(options: PoolOptions = {}, ownTerminate?: () => void | Promise<void>) {
  const log: string[] = []
  const gates: (() => void)[] = []
  const contexts: Context[] = []
  const behaviour = definePool({
    init: (ctx: MemberContext) => {
      log.push(`init ${ctx.member.name}`)
      return { done: 0 }
    },
    calls: {
      who: (_message: unknown, _state, ctx) => reply(ctx.member.name),
      done: () => reply('done', (draft) => void draft.done++),
      crash: () => {
        throw new Error('boom')
      },
      raise: ({ cause }: { cause: unknown }) => {
        throw cause
      },
      end: (message: { reason: unknown }) => halt(message.reason, { reply: 'ended' }),
      hang: async (_message: unknown, _state, ctx) => {
        contexts.push(ctx as Context)
        await new Promise<void>((resolve) => gates.push(resolve))
        return reply('late', (draft) => void draft.done++)
      },
    },
    casts: {
      crash: () => {
        throw new Error('boom')
      },
    },
    handleInfo: (message, _state, ctx) => void log.push(`info ${String(message)} ${ctx.member.name}`),
    terminate: (reason: unknown, state, ctx) => {
      if (ownTerminate !== undefined) return ownTerminate()
      const why = reason instanceof Error ? reason.message : String(reason)
      log.push(`terminate ${ctx.member.name} ${why} ${JSON.stringify(state)}`)
      return undefined
    },
  })
  const pool = spawnPool(system, behaviour, 'pool', { size: 1, clock, state: 'isolated', ...options }) as any
  const open = (): void => gates.splice(0).forEach((gate) => gate())
  return { pool, log, open, contexts }
}

export const count = (log: readonly string[], start: string): number =>
  log.filter((line) => line.startsWith(start)).length
