import { NS_PER_MS } from '@genpool/runtime'
import { RunLengths } from '../../src/thread/run-lengths'

describe('how long the next run of a handler takes, most likely', () => {
  const [handler, other] = [{}, {}]

  it('is unknown before one has ended', () => {
    const lengths = new RunLengths()
    lengths.ran(null, NS_PER_MS)
    expect(lengths.expected(handler)).toBe(Infinity)
    expect(lengths.mean(handler)).toBeUndefined()
    lengths.ran(other, 1000)
    expect(lengths.expected(handler)).toBe(Infinity)
  })

  it('is as long as the last one, or as the mean if that is longer', () => {
    const lengths = new RunLengths()
    lengths.ran(handler, 1000)
    lengths.ran(other, 500)
    expect([lengths.expected(handler), lengths.expected(other)]).toEqual([1000, 500])
    lengths.ran(handler, 17_000)
    expect(lengths.expected(handler)).toBe(17_000)
    expect(lengths.mean(handler)).toBe(2000)
    lengths.ran(handler, 0)
    expect(lengths.expected(handler)).toBe(1875)
  })
})
