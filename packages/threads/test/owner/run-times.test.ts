import { NS_PER_MS } from '@genpool/runtime'
import { RunTimes } from '../../src/owner/run-times'

/** What follows from many messages that take so long, in milliseconds. */
function after(ms: number, prefetch: number | 'auto' = 'auto') {
  const times = new RunTimes(prefetch)
  for (let i = 0; i < 200; i++) times.ran(ms * NS_PER_MS)
  return times
}

describe('how much a thread holds', () => {
  it('is about 1 ms of work, up to five messages of 7.5 ms, and two messages at least', () => {
    const depths = [0.001, 0.02, 0.1, 0.4, 1, 1.4, 2.4, 4, 100].map((ms) => after(ms).depth)
    expect(depths).toEqual([64, 49, 9, 5, 5, 5, 3, 2, 2])
  })

  it('is up to 16 ms of work and 16 messages while others wait as long in the queue', () => {
    const depths = (waitedMs: number): number[] =>
      [0.001, 0.1, 1, 3, 7, 20].map((ms) => {
        const times = after(ms)
        times.waited(waitedMs * NS_PER_MS)
        return times.depth
      })
    expect(depths(100)).toEqual([64, 16, 16, 5, 2, 2])
    expect(depths(10)).toEqual([64, 16, 10, 3, 2, 2])
    expect(depths(0)).toEqual([64, 9, 5, 2, 2, 2])
  })

  it('is one more than what runs until it is known how long that takes', () => {
    const times = new RunTimes('auto')
    times.waited(100 * NS_PER_MS)
    expect(times.depth).toBe(2)
    times.ran(NS_PER_MS / 8)
    expect(times.depth).toBe(16)
  })

  it('is what prefetch says', () => {
    expect(after(1, 16).depth).toBe(16)
  })

  it('is what is left after it has given some back, until one has run', () => {
    const times = new RunTimes(16)
    times.gaveBack(9)
    expect(times.depth).toBe(9)
    times.gaveBack(0)
    expect(times.depth).toBe(1)
    times.ran(NS_PER_MS)
    expect(times.depth).toBe(16)
  })
})
