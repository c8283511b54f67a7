import { cast, drain } from '@genpool/core'
import Bottleneck from 'bottleneck'
import { advance, sides, jobs, mostWithin } from './sides'

describe('bottleneck and a pool do the same:', () => {
  /** Schedules each job with theirs, and calls ours. */
  const schedule = (
    { theirs, send }: Pick<ReturnType<typeof sides>, 'theirs' | 'send'>,
    limiter: Bottleneck,
    names: readonly string[],
  ): void => {
    for (const job of names) {
      theirs.note(
        job,
        limiter.schedule(() => theirs.run(job)),
      )
      send(job)
    }
  }

  it('new Bottleneck({ minTime: 333 })', async () => {
    const both = sides({ rate: { limit: 1, interval: 333 } })
    schedule(both, new Bottleneck({ minTime: 333 }), jobs.slice(0, 5))
    await advance(1400)
    both.same()
    expect(both.theirs.times).toEqual([0, 333, 666, 999, 1332])
  })

  it('new Bottleneck({ maxConcurrent: 1, minTime: 333 }) with jobs that take longer', async () => {
    const both = sides({ size: 1, rate: { limit: 1, interval: 333 } }, 500)
    schedule(both, new Bottleneck({ maxConcurrent: 1, minTime: 333 }), jobs.slice(0, 4))
    await advance(2100)
    both.same()
    expect(both.theirs.most).toBe(1)
  })

  it('limiter.wrap(fn), then wrapped(arg1)', async () => {
    const { theirs, send, same } = sides({ size: 2 })
    const wrapped = new Bottleneck({ maxConcurrent: 2 }).wrap(theirs.run)
    for (const job of jobs) {
      theirs.note(job, wrapped(job))
      send(job)
    }
    await advance(100)
    same()
  })

  it('reservoir: 100, refreshed every 60 s (here: 4 every 1000 ms)', async () => {
    const both = sides({ rate: { limit: 4, interval: 1000 } })
    const limiter = new Bottleneck({ reservoir: 4, reservoirRefreshAmount: 4, reservoirRefreshInterval: 1000 })
    schedule(both, limiter, jobs)
    await advance(2300)
    // Its refresh comes when its heartbeat does, up to 250 ms late.
    expect(both.ours.jobs).toEqual(both.theirs.jobs)
    expect(both.ours.times).toEqual([0, 0, 0, 0, 1000, 1000, 1000, 1000, 2000, 2000, 2000, 2000])
    for (const [n, ms] of both.theirs.times.entries()) {
      expect(Math.abs(ms - (both.ours.times[n] ?? 0))).toBeLessThanOrEqual(250)
    }
    await limiter.disconnect()
  })

  it('reservoir, just before it is refreshed: theirs begins 10 at once where 5 are allowed, ours never', async () => {
    const both = sides({ rate: { limit: 5, interval: 1000 } })
    const limiter = new Bottleneck({ reservoir: 5, reservoirRefreshAmount: 5, reservoirRefreshInterval: 1000 })
    await advance(999)
    schedule(both, limiter, jobs.slice(0, 10))
    await advance(1300)
    expect(mostWithin(both.theirs.times, 1000)).toBe(10)
    expect(mostWithin(both.ours.times, 1000)).toBe(5)
    await limiter.disconnect()
  })

  it('schedule({ weight }) with a reservoir: what a job costs', async () => {
    const both = sides({ rate: { limit: 3, interval: 1000, cost: (job) => (job === 'job1' ? 3 : 1) } })
    const limiter = new Bottleneck({ reservoir: 3, reservoirRefreshAmount: 3, reservoirRefreshInterval: 1000 })
    for (const job of jobs.slice(0, 3)) {
      both.theirs.note(
        job,
        limiter.schedule({ weight: job === 'job1' ? 3 : 1 }, () => both.theirs.run(job)),
      )
      both.send(job)
    }
    await advance(2600)
    expect(both.ours.jobs).toEqual(both.theirs.jobs)
    expect(both.ours.ended).toEqual(both.theirs.ended)
    expect(both.ours.times).toEqual([0, 1000, 2000])
    await limiter.disconnect()
  })

  it('schedule({ priority }) with maxConcurrent', async () => {
    const { theirs, send, same } = sides({ size: 1 })
    const limiter = new Bottleneck({ maxConcurrent: 1 })
    jobs.forEach((job, n) => {
      // Theirs: 0 to 9, the least first. Ours: the greatest first.
      const priority = n === 0 ? 0 : n % 4
      theirs.note(
        job,
        limiter.schedule({ priority }, () => theirs.run(job)),
      )
      send(job, { priority: -priority })
    })
    await advance(200)
    same()
  })

  it.each([
    ['OVERFLOW', 'tail'],
    ['LEAK', 'head'],
  ] as const)('highWater with strategy %s', async (strategy, dropFrom) => {
    const both = sides({ size: 1, broker: { client: { type: 'drop', order: 'fifo', max: 2, dropFrom } } })
    const limiter = new Bottleneck({ maxConcurrent: 1, highWater: 2, strategy: Bottleneck.strategy[strategy] })
    schedule(both, limiter, ['first'])
    // The first one runs, and the others wait.
    await advance(1)
    schedule(both, limiter, jobs.slice(0, 5))
    await advance(100)
    both.same()
    expect(Object.values(both.theirs.ended).filter((each) => each === 'failed')).toHaveLength(3)
  })

  it('new Bottleneck.Group({ maxConcurrent: 1 }), group.key(…)', async () => {
    const both = sides({ limits: { by: (job) => (job as string).slice(-1), concurrency: 1 } })
    const group = new Bottleneck.Group({ maxConcurrent: 1 })
    for (const job of [...jobs, ...jobs.map((each) => `other-${each}`)]) {
      both.theirs.note(
        job,
        group.key(job.slice(-1)).schedule(() => both.theirs.run(job)),
      )
      both.send(job)
    }
    await advance(100)
    // Which of several keys begins first at one time is nobody's promise.
    const sorted = (begun: [string, number][]) => [...begun].sort()
    expect(sorted(both.ours.begun)).toEqual(sorted(both.theirs.begun))
    expect([both.ours.ended, both.ours.most]).toEqual([both.theirs.ended, both.theirs.most])
    await Promise.all(group.keys().map(async (key) => group.deleteKey(key)))
  })

  it('limiter.stop({ dropWaitingJobs: false })', async () => {
    const both = sides({ size: 2 })
    const limiter = new Bottleneck({ maxConcurrent: 2 })
    schedule(both, limiter, jobs)
    await advance(1)
    both.theirs.note('stopped', limiter.stop({ dropWaitingJobs: false }))
    both.ours.note('stopped', drain(both.pool))
    await expect(limiter.schedule(() => both.theirs.run('late'))).rejects.toThrow('stopped')
    expect(cast(both.pool, 'late').ok).toBe(false)
    await advance(100)
    both.same()
    expect(both.theirs.jobs).toEqual(jobs)
  })
})
