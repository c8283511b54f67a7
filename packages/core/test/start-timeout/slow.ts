import { definePool, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { clock, system } from '../virtual-system'

let quiet: jest.SpyInstance
beforeEach(() => {
  quiet = jest.spyOn(console, 'log').mockImplementation(() => undefined)
})
afterEach(() => {
  quiet.mockRestore()
})

export const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => value,
    (error: unknown) => error,
  )

/** What an `init` waits for: settled by the test, in the order in which `init` was called. */
interface Opening {
  open(value: unknown): void
  fail(error: unknown): void
}

export const LIMITS = { startTimeout: 1000, backoff: { min: 100, max: 100, jitter: 0 } }

/** A pool whose `init` answers when the test says so, and which writes down what `terminate` is given. */
export const spawned = ({ restart, ...options }: PoolOptions = {}) => {
  const openings: Opening[] = []
  const ended: unknown[] = []
  const Slow = definePool({
    init: () => new Promise<{ connection: string }>((open, fail) => void openings.push({ open: open as never, fail })),
    calls: {
      use: (_message, state) => reply(state.connection),
      crash: () => {
        throw new Error('crash')
      },
      wait: async () => {
        await clock.wait(5)
        return reply('waited')
      },
    },
    terminate: (reason, state, ctx) => void ended.push([ctx.member.name, String(reason), state.connection]),
    handleContinue: () => undefined as never,
  })
  const limits = { ...LIMITS, ...restart }
  const pool = spawnPool(system, Slow, 'slow', { size: 1, clock, state: 'isolated', restart: limits, ...options })
  return { openings, ended, pool }
}
