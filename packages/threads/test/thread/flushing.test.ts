import { NS_PER_MS } from '@genpool/runtime'
import { Flushing } from '../../src/thread/flushing'

/** When a thread posts what it has, if a message takes `us` and it has `count` of them. In microseconds. */
function posts(us: number, count: number): number[] {
  const at: number[] = []
  let now = 0
  let left = count
  const flushing = new Flushing(
    { flush: () => at.push(now / 1000) },
    () => undefined,
    () => left,
  )
  flushing.hold(now)
  while (left > 0) {
    left--
    now += us * 1000
    flushing.soon(now)
  }
  flushing.release()
  return at
}

describe('the results of a thread', () => {
  it('go many at once if its messages are tiny', () => {
    expect(posts(2, 30)).toEqual([20, 40, 60, 60])
  })

  it('go a few at once if it has more of them to do than it has done', () => {
    expect(posts(100, 10)).toEqual([300, 600, 700, 800, 900, 1000, 1000])
  })

  it('do not wait for each other if messages are long, or the last ones', () => {
    expect(posts(400, 3)).toEqual([400, 800, 1200, 1200])
    expect(posts(100, 4)).toEqual([100, 200, 300, 400, 400])
  })

  it('of one that ends later go at the end of that turn', async () => {
    let flushed = 0
    const flushing = new Flushing(
      { flush: () => flushed++ },
      () => undefined,
      () => 0,
    )
    flushing.soon(NS_PER_MS)
    flushing.soon(NS_PER_MS)
    expect(flushed).toBe(0)
    await new Promise((resolve) => process.nextTick(resolve))
    expect(flushed).toBe(1)
  })
})
