import { NS_PER_MS } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import type { Said } from '../../src/nodes/said'
import { Announcer } from '../../src/server/announcer'

describe('a node that says how much work it has', () => {
  const setup = () => {
    const clock = virtualClock()
    const told: number[] = []
    let away = 0
    const state = { waiting: 0 }
    const start = clock.now()
    const announcer = new Announcer({
      clock,
      said: () => ({ ...state, idle: 1, inHand: 0, size: 1, leaving: false }) as Said,
      publish: () => void told.push((clock.now() - start) / NS_PER_MS),
      wasAway: () => void away++,
      rhythm: { every: 1000, atMost: 50 },
    })
    return { clock, told, state, announcer, away: () => away }
  }

  it('says it every second when nothing changes', async () => {
    const { clock, told, announcer } = setup()
    announcer.announce()
    await clock.advance(3500)
    expect(told).toEqual([0, 1000, 2000, 3000])
    announcer.end()
    await clock.advance(5000)
    expect(told).toHaveLength(4)
  })

  it('says it when that changes, at most every 50 ms, and not if it is the same again', async () => {
    const { clock, told, state, announcer } = setup()
    announcer.announce()
    for (let i = 0; i < 20; i++) {
      state.waiting = i + 1
      announcer.changed()
      await clock.advance(10)
    }
    expect(told).toEqual([0, 50, 100, 150, 200])
    await clock.advance(100)
    const before = told.length
    announcer.changed()
    await clock.advance(100)
    expect(told).toHaveLength(before)
  })

  it.each([
    [200, 0],
    [201, 1],
  ])('notices that its process was away if its timer is late: %s ms', (lateMs, times) => {
    let [now, away] = [0, 0]
    let fire = (): void => undefined
    const announcer = new Announcer({
      clock: {
        now: () => now,
        setTimer: (_at: number, fn: () => void) => {
          fire = fn
          return { cancel: () => undefined }
        },
      } as never,
      said: () => ({ idle: 1 }) as Said,
      publish: () => undefined,
      wasAway: () => void away++,
      rhythm: { every: 1000, atMost: 50 },
    })
    announcer.announce()
    now = (1000 + lateMs) * NS_PER_MS
    fire()
    expect(away).toBe(times)
  })
})
