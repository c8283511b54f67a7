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

  it('ends a deadline after a millisecond more, whenever it began', async () => {
    jest.useFakeTimers()
    for (let round = 0; round < 50; round++) {
      const pool = spawnPool(system, Work, `pool-${round}`)
      const late = codeOf(call(pool, { type: 'slow' }, { timeout: 50 }))
      await jest.advanceTimersByTimeAsync(51)
      expect(await Promise.race([late, Promise.resolve('waits')])).toBe('ERR_GENPOOL_EXPIRED')
    }
  })
})

/** When fake timers begin or end, and what a pool does then. */
const MOMENTS: [string, (pool: Pool) => Promise<unknown>][] = [
  ['idle', async () => undefined],
  ['that was called just before', async (pool) => expect(await call(pool, { type: 'quick' })).toBe(1)],
  ['that has an open turn', async (pool) => void codeOf(call(pool, { type: 'quick' }))],
  ['with a run and a wait', async (pool) => [1, 2].map(() => void codeOf(call(pool, { type: 'never' })))],
]
const Forever = definePool({
  init: () => ({ runs: 0 }),
  calls: {
    quick: (_message, state) => reply(state.runs + 1, { runs: state.runs + 1 }),
    never: () => new Promise<never>(() => undefined),
  },
})
type Pool = ReturnType<typeof spawned>
const spawned = (system: ActorSystemRef, name: string) => spawnPool(system, Forever, name, { size: 1, timeout: 60_000 })
const codeOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: { code: string }) => error.code)

describe.each([true, false])('after fake timers of a test (stopped before: %s)', (isStopped) => {
  const systems: ActorSystemRef[] = []
  const begin = (): ActorSystemRef => {
    const system = start()
    systems.push(system)
    return system
  }
  afterEach(() => {
    jest.useRealTimers()
    for (const system of systems.splice(0)) stop(system)
  })

  /** Deadlines, rates and their wake-ups. */
  const expectLife = async (system: ActorSystemRef): Promise<void> => {
    const pool = spawned(system, 'later')
    expect(await codeOf(call(pool, { type: 'never' }, { timeout: 20 }))).toBe('ERR_GENPOOL_EXPIRED')
    const rated = spawnPool(system, Forever, 'rated', { size: 1, rate: { limit: 1, interval: 20 } })
    expect(await Promise.all([1, 2].map(() => call(rated, { type: 'quick' })))).toEqual([1, 2])
  }

  it.each(MOMENTS)('new pools live in real time, after one %s', async (_name, use) => {
    for (let round = 0; round < 2; round++) {
      jest.useFakeTimers()
      const system = begin()
      await use(spawned(system, 'during'))
      if (isStopped) stop(system)
      jest.useRealTimers()
      await expectLife(begin())
    }
  })

  it.each(MOMENTS)('a pool lives on that was made before, %s', async (_name, use) => {
    const system = begin()
    const pool = spawned(system, 'before')
    await use(pool)
    jest.useFakeTimers()
    if (isStopped) stop(begin())
    const late = codeOf(call(pool, { type: 'never' }, { timeout: 20 }))
    await jest.advanceTimersByTimeAsync(21)
    expect(await late).toBe('ERR_GENPOOL_EXPIRED')
    const straddles = codeOf(call(pool, { type: 'never' }, { timeout: 20 }))
    jest.useRealTimers()
    expect(await straddles).toBe('ERR_GENPOOL_EXPIRED')
    await expectLife(system)
  })
})

it.each([
  ['performance', ['performance', 'hrtime'] as const],
  ['performance and Date', ['performance', 'hrtime', 'Date'] as const],
])('a pool goes by the fake timers that leave out %s', async (_name, doNotFake) => {
  jest.useFakeTimers({ doNotFake: [...doNotFake] })
  const system = start()
  const pool = spawnPool(system, Forever, 'pool', { size: 1, rate: { limit: 2, interval: 3_600_000 } })
  const late = codeOf(call(pool, { type: 'never' }, { timeout: 50 }))
  await jest.advanceTimersByTimeAsync(51)
  expect(await late).toBe('ERR_GENPOOL_EXPIRED')
  const drained = codeOf(drain(pool, { within: 10_000 }))
  await jest.advanceTimersByTimeAsync(10_001)
  await drained
  stop(system)
  jest.useRealTimers()
})
