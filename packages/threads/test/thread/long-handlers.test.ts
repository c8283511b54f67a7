import { NS_PER_MS } from '@genpool/runtime'
import { LongHandlers } from '../../src/thread/long-handlers'

describe('a handler may take long', () => {
  const [handler, other] = [{}, {}]

  it('if it has not ended yet, or took long the last time', () => {
    const long = new LongHandlers()
    expect(long.mayBe(handler)).toBe(true)
    long.ran(handler, 1000)
    long.ran(other, 1000)
    long.ran(null, NS_PER_MS)
    expect([long.mayBe(handler), long.mayBe(other)]).toEqual([false, false])
    long.ran(other, 3 * NS_PER_MS)
    expect([long.mayBe(handler), long.mayBe(other)]).toEqual([false, true])
    long.ran(handler, 3 * NS_PER_MS)
    expect(long.mayBe(handler)).toBe(true)
  })
})
