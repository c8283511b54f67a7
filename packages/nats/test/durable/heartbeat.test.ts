import { virtualClock } from '@genpool/runtime/testing'
import fc from 'fast-check'
import { Heartbeat } from '../../src/durable/heartbeat'
import { Ahead } from '../../src/durable/ahead'

const listener = (seen: string[], caughtUp = (): Promise<unknown> => Promise.resolve()) => ({
  beat: () => seen.push('beat'),
  lapsed: () => seen.push('lapsed'),
  caughtUp,
})

describe('a heartbeat', () => {
  it('beats three times in its while, until it ends', async () => {
    const clock = virtualClock()
    const seen: string[] = []
    const heart = new Heartbeat(clock, 300, listener(seen))
    heart.start()
    await clock.advance(950)
    expect(seen).toEqual(Array.from({ length: 9 }, () => 'beat'))
    heart.end()
    await clock.advance(1000)
    expect(seen).toHaveLength(9)
  })

  it('notices that it could not beat for its whole while', async () => {
    const clock = virtualClock()
    const seen: string[] = []
    const heart = new Heartbeat(clock, 300, listener(seen))
    heart.start()
    await clock.advance(100)
    clock.block(299)
    await clock.advance(1)
    expect(seen).toEqual(['beat', 'beat'])
    clock.block(500)
    await clock.advance(1)
    expect(seen.slice(2)).toEqual(['lapsed', 'beat'])
    heart.end()
  })
})

describe('what is read after a process stood still', () => {
  it('is suspect until all is read that had come before, also if it is read before the timer fires', async () => {
    const clock = virtualClock()
    const seen: string[] = []
    const pongs: (() => void)[] = []
    const heart = new Heartbeat(
      clock,
      300,
      listener(seen, () => new Promise<void>((resolve) => pongs.push(resolve))),
    )
    heart.start()
    expect(heart.look()).toBe(false)
    clock.block(301)
    expect(heart.look()).toBe(true)
    expect(seen).toEqual(['lapsed'])
    await clock.advance(1)
    expect(seen).toEqual(['lapsed', 'beat'])
    expect(heart.look()).toBe(true)
    pongs[0]?.()
    await clock.settle()
    expect(heart.look()).toBe(false)
    expect(pongs).toHaveLength(1)
    heart.end()
  })

  it('is suspect if it may have become too old before the next beat, for any lengths of standing still', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 20 }), async (blocks) => {
        const clock = virtualClock()
        const heart = new Heartbeat(clock, 300, listener([]))
        heart.start()
        for (const ms of blocks) {
          const from = clock.now()
          clock.block(ms)
          // A message that came when it began to stand still is read now.
          const age = (clock.now() - from) / 1e6
          if (!heart.look()) expect(age).toBeLessThanOrEqual(200)
          await clock.advance(1)
        }
        heart.end()
      }),
    )
  })
})

describe('casts on their way to busy members', () => {
  it('are allowed only while nearly all handlers are short', async () => {
    const clock = virtualClock()
    let runMs = Infinity
    const ahead = new Ahead(clock, () => runMs)
    expect(ahead.of(8)).toBe(0)
    runMs = 0.2
    await clock.advance(101)
    expect(ahead.of(8)).toBe(64)
    runMs = 5
    expect(ahead.of(8)).toBe(64)
    await clock.advance(101)
    expect(ahead.of(8)).toBe(0)
  })
})
