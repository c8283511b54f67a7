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

/** The same if callers have waited long, for all messages or for those that `isPatient` names. */
function patientPosts(us: readonly number[], isPatient: (i: number) => boolean = () => true): number[] {
  const at: number[] = []
  let now = 0
  let left = us.length
  const flushing = new Flushing(
    { flush: () => at.push(now / 1000) },
    () => undefined,
    () => left,
  )
  flushing.hold(now)
  for (const [i, each] of us.entries()) {
    left--
    now += each * 1000
    flushing.ended(now, each * 1000, isPatient(i))
  }
  return at
}

/** Runs messages whose callers have waited long, and notes how many results each post has. */
function patient() {
  let now = 0
  let left = 0
  let ready = 0
  const flushed: number[] = []
  const flush = (): void => {
    if (ready > 0) flushed.push(ready)
    ready = 0
  }
  const flushing = new Flushing(
    { flush },
    () => undefined,
    () => left,
  )
  const run = (count: number): void => {
    flushing.hold(now)
    for (left = count; left > 0;) {
      left--
      ready++
      now += 0.9 * NS_PER_MS
      flushing.ended(now, 0.9 * NS_PER_MS, true)
    }
    flushing.release()
  }
  return { flushing, run, flushed }
}

describe('the results of a thread', () => {
  it('go four at once if their callers have waited long, and before the last message begins', () => {
    expect(patientPosts([900, 900, 900, 900, 900, 900, 900, 900, 900, 900])).toEqual([3600, 7200, 8100])
  })

  it('go at once if one of their callers has not waited long', () => {
    expect(patientPosts([900, 900, 900, 900, 900, 900], (i) => i !== 1)).toEqual([1800, 4500])
  })

  it('wait for no message if one of the last ones took long', () => {
    expect(patientPosts([3000, 900, 900])).toEqual([3000, 3900, 4800])
  })

  it('of patient callers go with those of messages that have come meanwhile', async () => {
    const { flushing, run, flushed } = patient()
    run(1)
    run(1)
    expect(flushed).toEqual([])
    await new Promise((resolve) => setImmediate(resolve))
    expect(flushed).toEqual([2])
    flushing.hold(0)
    flushing.release()
    expect(flushed).toEqual([2])
  })

  it('of patient callers wait for no others if nothing has come', async () => {
    const { run, flushed } = patient()
    run(1)
    await new Promise((resolve) => setImmediate(resolve))
    run(1)
    await new Promise((resolve) => setImmediate(resolve))
    expect(flushed).toEqual([1, 1])
  })

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
