import { NS_PER_MS } from '@genpool/runtime'
import { RunTimes } from '../../src/owner/run-times'

/** What follows from many messages that take so long, in milliseconds. */
function after(ms: number, prefetch: number | 'auto' = 'auto') {
  const times = new RunTimes(prefetch)
  for (let i = 0; i < 200; i++) times.ran(ms * NS_PER_MS)
  return { depth: times.depth, patience: times.patience / NS_PER_MS }
}

describe('how much a thread holds', () => {
  it('is about 1 ms of work, up to five messages of 7.5 ms, and two messages at least', () => {
    const depths = [0.001, 0.02, 0.1, 0.4, 1, 1.4, 2.4, 4, 100].map((ms) => after(ms).depth)
    expect(depths).toEqual([64, 49, 9, 5, 5, 5, 3, 2, 2])
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

describe('how long a caller has waited whose answer may wait for three others', () => {
  it('is six times as long as those take', () => {
    expect(after(0.5).patience).toBeCloseTo(9, 0)
    expect(after(1.4).patience).toBeCloseTo(25.2, 0)
  })

  it('is never for tiny messages, which go many at once anyway, and for long ones', () => {
    expect(after(0.02).patience).toBe(Infinity)
    expect(after(2).patience).toBe(Infinity)
  })
})
