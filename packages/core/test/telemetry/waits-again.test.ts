import {
  call,
  definePool,
  onEvent,
  pause,
  type PoolEvents,
  type PoolOptions,
  reply,
  resume,
  spawnPool,
} from '@genpool/core'
import { stop } from 'nact'
import { clock, system } from '../virtual-system'
import { offs } from './heard'

type Settled = PoolEvents['genpool:request:settled']
interface Failed {
  readonly code: string
  readonly started: boolean
  readonly mayBeCommitted: boolean
  readonly message: string
}
const failure = (promise: Promise<unknown>): Promise<Failed> =>
  promise.then(
    () => {
      throw new Error('it did not fail')
    },
    (error: Failed) => error,
  )

const events: Settled[] = []
beforeEach(() => {
  events.length = 0
  offs.push(onEvent('genpool:request:settled', (event) => void events.push(event)))
})

const AGAIN = 'waiting for its next run. It ran before (attempt 1), and may have had effects'

describe('a request that waits for its next run', () => {
  const runs: string[] = []
  const Again = definePool({
    calls: {
      get: async ({ fate, ms }: { fate: string; ms: number }, _state, ctx) => {
        runs.push(fate)
        await clock.wait(ms)
        if (fate === 'backOff') return ctx.backOff(5, { again: true })
        if (fate === 'crash' && ctx.attempt === 1) throw new Error('crashed')
        return reply(fate)
      },
    },
  })
  const spawned = (options: PoolOptions = {}) =>
    spawnPool(system, Again, 'again', { size: 1, clock, retryOnCrash: { get: 5 }, ...options })
  beforeEach(async () => {
    runs.length = 0
    await clock.advance(1000)
  })

  describe.each(['backOff', 'crash'])('after %s', (fate) => {
    it.each(['stop', 'resume and stop'])('has waited until now if its pool stops: %s', async (how) => {
      const pool = spawned()
      const failed = failure(call(pool, { type: 'get', fate, ms: 10 }))
      await clock.advance(5)
      pause(pool)
      await clock.advance(95)
      if (how === 'resume and stop') resume(pool)
      stop(pool)
      expect(await failed).toMatchObject({
        started: true,
        message: `"again" has stopped, so a request to it failed while it was ${AGAIN}. Spawn a new pool.`,
      })
      expect(events).toMatchObject([{ outcome: 'stopped', waitedMs: 100, ranMs: 0, attempts: 1 }])
      expect(events[0]!.heldMs).toBeLessThanOrEqual(100)
      expect(runs).toEqual([fate])
    })

    it.each(['expires', 'is cancelled'])('says so if it %s', async (how) => {
      const pool = spawned()
      const abort = new AbortController()
      const options = how === 'expires' ? { timeout: 50 } : { signal: abort.signal }
      const failed = failure(call(pool, { type: 'get', fate, ms: 10 }, options))
      await clock.advance(5)
      pause(pool)
      await clock.advance(95)
      abort.abort()
      const { started, message } = await failed
      expect(started).toBe(true)
      expect(message).toContain(
        how === 'expires'
          ? `did not answer within 50 ms: the request was ${AGAIN}. `
          : `A request to "again" was cancelled by its caller while it was ${AGAIN}.`,
      )
      expect(events).toMatchObject([{ ranMs: 0, attempts: 1 }])
    })
  })

  it('is told as running again once its handler is called', async () => {
    const pool = spawned({ broker: { budget: false } })
    const failed = failure(call(pool, { type: 'get', fate: 'crash', ms: 10 }, { timeout: 15 }))
    await clock.advance(20)
    expect((await failed).message).toContain('the request was running, and its result is discarded')
    expect(events).toMatchObject([{ waitedMs: 10, attempts: 2 }])
  })

  it('takes nothing of a rate if it is given to a member, and leaves before it begins', async () => {
    const pool = spawned({ rate: { limit: 2, interval: 1000 } })
    const abort = new AbortController()
    const failed = failure(call(pool, { type: 'get', fate: 'crash', ms: 10 }, { signal: abort.signal }))
    await clock.advance(5)
    pause(pool)
    await clock.advance(95)
    resume(pool)
    abort.abort()
    expect(await failed).toMatchObject({ code: 'ERR_GENPOOL_CANCELLED', started: true })
    const next = call(pool, { type: 'get', fate: 'answer', ms: 0 })
    await clock.advance(1)
    expect(runs).toEqual(['crash', 'answer'])
    await next
  })
})

describe('a call that joins a batch which waits for the state, after a crash of its first message', () => {
  it.each(['expires', 'leaves'])('never ran if it %s before', async (how) => {
    const ran: string[] = []
    const Joined = definePool({
      init: () => ({ count: 0 }),
      calls: {
        work: {
          batch: 5,
          handle: async (messages: readonly { id: string }[], _state, ctx) => {
            ran.push(messages.map(({ id }) => id).join())
            await clock.wait(20)
            if (ctx.attempt === 1) throw new Error('crashed')
            return reply(messages.map(({ id }) => id))
          },
        },
        hold: async () => {
          ran.push('hold')
          await clock.wait(50)
          return reply('held')
        },
      },
    })
    const pool = spawnPool(system, Joined, 'joined', {
      size: 2,
      clock,
      state: { commit: 'exclusive' },
      retryOnCrash: { work: 2 },
      broker: { budget: false },
    })
    const first = call(pool, { type: 'work', id: 'first' })
    await clock.advance(1)
    const held = call(pool, { type: 'hold' })
    await clock.advance(1)
    const others = Promise.all([first, held])
    others.catch(() => undefined)
    const abort = new AbortController()
    const joins = { type: 'work', id: 'joins' } as const
    const failed = failure(call(pool, joins, how === 'expires' ? { timeout: 30 } : { signal: abort.signal }))
    await clock.advance(33)
    abort.abort()
    const { started, mayBeCommitted, message } = await failed
    expect({ started, mayBeCommitted }).toEqual({ started: false, mayBeCommitted: false })
    expect(message).toMatch(/never run/)
    expect(events).toMatchObject([{ attempts: 0, ranMs: 0 }])
    await clock.advance(200)
    expect(await others).toEqual(['first', 'held'])
    expect(ran).toEqual(['first', 'hold', 'first'])
  })
})
