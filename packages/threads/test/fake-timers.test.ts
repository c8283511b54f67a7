import { call, ready, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import type Shared from './fixtures/shared'
import { file, system, words } from './fixtures/shared-system'

afterEach(() => void jest.useRealTimers())

describe("threads and Jest's fake timers", () => {
  it('work while there are fake ones, and in real time after them', async () => {
    const pool = spawnPool(system, threads<typeof Shared>(file, { workerData: words.buffer }), 'pool', { size: 1 })
    await ready(pool)
    for (let round = 0; round < 2; round++) {
      jest.useFakeTimers()
      expect(await call(pool, { type: 'early', n: 5 })).toBe('early 5')
      await jest.advanceTimersByTimeAsync(3_600_000)
      expect(await call(pool, { type: 'early', n: 5 })).toBe('early 5')
      const straddles = call(pool, { type: 'early', n: 5 })
      jest.useRealTimers()
      expect(await straddles).toBe('early 5')
      expect(await call(pool, { type: 'early', n: 5 })).toBe('early 5')
    }
  })

  it('start while there are fake ones', async () => {
    jest.useFakeTimers()
    const pool = spawnPool(system, threads<typeof Shared>(file, { workerData: words.buffer }), 'pool', { size: 1 })
    expect(await call(pool, { type: 'early', n: 5 }, { timeout: 60_000 })).toBe('early 5')
  })
})
