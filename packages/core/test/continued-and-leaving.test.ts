import { call, definePool, getState, inspect, noReply, reply, resize, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => {
  stop(system)
})

function continuing(options: object) {
  const clock = virtualClock()
  const log: string[] = []
  const Steps = definePool({
    init: () => ({ begun: 0, continued: 0 }),
    calls: {
      begin: async ({ ms }: { ms: number }) => {
        await clock.wait(ms)
        log.push('begin')
        return reply('ok', (draft) => void draft.begun++, { continue: 2 })
      },
      beginAtOnce: () => reply('ok', (draft) => void draft.begun++, { continue: 2 }),
    },
    // Continues once more.
    handleContinue: (left: unknown) =>
      noReply((draft) => void draft.continued++, left === 2 ? { continue: 1 } : undefined),
    terminate: (reason) => void log.push(String(reason)),
  })
  return { clock, log, pool: spawnPool(system, Steps, 'steps', { clock, ...options }) }
}

describe('a step that is continued', () => {
  it.each(['begin', 'beginAtOnce'] as const)('is continued by a member that is recycled after it: %s', async (type) => {
    const { clock, pool } = continuing({ size: 1, recycle: { afterMessages: 1, jitter: 0 } })
    const calls = Array.from({ length: 5 }, () => call(pool, { type, ms: 1 } as never))
    await clock.advance(50)
    expect(await Promise.all(calls)).toEqual(Array(5).fill('ok'))
    expect(getState(pool)).toEqual({ begun: 5, continued: 10 })
    expect(inspect(pool)).toMatchObject({ accepted: 15, outcomes: { replied: 15 } })
  })

  it('is continued by a member that ends since the pool shrinks, before it ends', async () => {
    const { clock, log, pool } = continuing({ size: 2 })
    const calls = [call(pool, { type: 'begin', ms: 5 }), call(pool, { type: 'begin', ms: 5 })]
    await clock.advance(1)
    resize(pool, 1)
    await clock.advance(50)
    expect(await Promise.all(calls)).toEqual(['ok', 'ok'])
    expect(getState(pool)).toEqual({ begun: 2, continued: 4 })
    expect(log).toEqual(['begin', 'begin', 'resized'])
    expect(inspect(pool).size).toBe(1)
  })

  it('is not continued once the pool has stopped', async () => {
    const { clock, pool } = continuing({ size: 1 })
    const outcome = call(pool, { type: 'begin', ms: 5 }).catch((error: { code: string }) => error.code)
    await clock.advance(1)
    stop(pool)
    await clock.advance(50)
    expect(await outcome).toBe('ERR_GENPOOL_STOPPED')
    expect(getState(pool)).toEqual({ begun: 0, continued: 0 })
  })
})
