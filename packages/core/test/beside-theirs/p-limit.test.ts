import { inspect, map } from '@genpool/core'
import pLimit, { limitFunction } from 'p-limit'
import { advance, sides, jobs } from './sides'

describe('p-limit and a pool do the same:', () => {
  it('pLimit(1), Promise.all(input)', async () => {
    const { theirs, send, same } = sides({ size: 1 })
    const limit = pLimit(1)
    for (const job of ['foo', 'bar', 'bad', 'something']) {
      theirs.note(
        job,
        limit(() => theirs.run(job)),
      )
      send(job)
    }
    await advance(60)
    same()
    expect(theirs.ended).toMatchObject({ foo: 'page of foo', bad: 'failed' })
  })

  it('limit(fn, ...args) with a concurrency of 4', async () => {
    const { theirs, send, same } = sides({ size: 4 })
    const limit = pLimit(4)
    for (const job of jobs) {
      theirs.note(job, limit(theirs.run, job))
      send(job)
    }
    await advance(60)
    same()
    expect(theirs.most).toBe(4)
  })

  it('limitFunction(fn, { concurrency: 1 }), called for each input', async () => {
    const { theirs, send, same } = sides({ size: 1 })
    const limited = limitFunction(theirs.run, { concurrency: 1 })
    for (const job of jobs) {
      theirs.note(job, limited(job))
      send(job)
    }
    await advance(200)
    same()
  })

  it('limit.map(iterable, mapper)', async () => {
    const { theirs, ours, pool, same } = sides({ size: 3 })
    theirs.note('all', pLimit(3).map(jobs, theirs.run))
    ours.note('all', map(pool, jobs).toArray())
    await advance(60)
    same()
    expect(theirs.ended['all']).toBe(jobs.map((job) => `page of ${job}`).join())
  })

  it('limit.activeCount, limit.pendingCount and limit.clearQueue()', async () => {
    const { theirs, ours, pool, send } = sides({ size: 2 })
    const limit = pLimit({ concurrency: 2, rejectOnClear: true })
    const waiting = new AbortController()
    for (const job of jobs) {
      theirs.note(job, limit(theirs.run, job))
      send(job, { signal: waiting.signal })
    }
    await advance(15)
    const { waiting: pending, members } = inspect(pool)
    expect([members.busy, pending]).toEqual([limit.activeCount, limit.pendingCount])
    limit.clearQueue()
    // Ours has no word for it: what waits is cancelled by its signal, and so is what runs, which p-limit leaves.
    waiting.abort()
    await advance(30)
    expect(ours.jobs).toEqual(theirs.jobs)
    expect(jobs.slice(4).map((job) => [ours.ended[job], theirs.ended[job]])).toEqual(
      jobs.slice(4).map(() => ['failed', 'failed']),
    )
  })
})
