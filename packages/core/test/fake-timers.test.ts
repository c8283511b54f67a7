import { call, definePool, drain, reply, spawnPool } from '@genpool/core'
import { type ActorSystemRef, start, stop } from 'nact'

const Work = definePool({
  init: () => ({ runs: 0 }),
  calls: {
    quick: (_message, state) => reply(state.runs + 1, { runs: state.runs + 1 }),
    slow: async () => {
      await new Promise((resolve) => setTimeout(resolve, 100))
      return reply('slow')
    },
  },
})

describe("a pool and Jest's fake timers", () => {
  let system: ActorSystemRef
  beforeEach(() => {
    system = start()
  })
  afterEach(() => {
    jest.useRealTimers()
    stop(system)
  })

  it('lives on when they begin and end, whenever it was made', async () => {
    const before = spawnPool(system, Work, 'before', { size: 2 })
    expect(await call(before, { type: 'quick' })).toBe(1)
    for (const round of [1, 2]) {
      jest.useFakeTimers()
      const during = spawnPool(system, Work, `during-${round}`)
      expect(await call(before, { type: 'quick' })).toBe(2 * round)
      expect(await call(during, { type: 'quick' })).toBe(1)
      await jest.advanceTimersByTimeAsync(100)
      jest.useRealTimers()
      expect(await call(before, { type: 'quick' })).toBe(2 * round + 1)
      expect(await call(during, { type: 'quick' })).toBe(2)
    }
  })

  it('ends deadlines, and keeps a rate, by their time', async () => {
    jest.useFakeTimers()
    const pool = spawnPool(system, Work, 'pool', { size: 1, rate: { limit: 1, interval: 3_600_000 } })
    const late = call(pool, { type: 'slow' }, { timeout: 50 }).catch((error: { code: string }) => error.code)
    const next = call(pool, { type: 'quick' }, { timeout: Infinity })
    await jest.advanceTimersByTimeAsync(60)
    expect(await late).toBe('ERR_GENPOOL_EXPIRED')
    let isAnswered = false
    void next.then(() => (isAnswered = true))
    await jest.advanceTimersByTimeAsync(3_590_000)
    expect(isAnswered).toBe(false)
    await jest.advanceTimersByTimeAsync(20_000)
    expect(await next).toBe(1)
    await drain(pool)
  })
})
