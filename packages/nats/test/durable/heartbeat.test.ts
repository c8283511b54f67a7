import { virtualClock } from '@genpool/runtime/testing'
import { Heartbeat } from '../../src/durable/heartbeat'
import { Ahead } from '../../src/durable/ahead'

describe('a heartbeat', () => {
  it('beats three times in its while, until it ends', async () => {
    const clock = virtualClock()
    const seen: string[] = []
    const heart = new Heartbeat(clock, 300, { beat: () => seen.push('beat'), lapsed: () => seen.push('lapsed') })
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
    const heart = new Heartbeat(clock, 300, { beat: () => seen.push('beat'), lapsed: () => seen.push('lapsed') })
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
