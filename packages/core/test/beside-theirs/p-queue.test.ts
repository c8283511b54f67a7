import { idle, inspect, map, pause, resume } from '@genpool/core'
import PQueue from 'p-queue'
import { advance, sides, jobs, mostWithin } from './sides'

describe('p-queue and a pool do the same:', () => {
  it('new PQueue({ concurrency: 1 }), queue.add(…), queue.onIdle()', async () => {
    const { theirs, ours, pool, send, same } = sides({ size: 1 })
    const queue = new PQueue({ concurrency: 1 })
    for (const job of ['https://sindresorhus.com', 'https://avajs.dev']) {
      theirs.note(
        job,
        queue.add(() => theirs.run(job)),
      )
      send(job)
    }
    theirs.note('idle', queue.onIdle())
    ours.note('idle', idle(pool))
    await advance(19)
    same()
    expect(theirs.ended).not.toHaveProperty('idle')
    await advance(2)
    same()
    expect(theirs.ended).toHaveProperty('idle')
  })

  it('queue.add(fn, { priority })', async () => {
    const { theirs, send, same } = sides({ size: 1 })
    const queue = new PQueue({ concurrency: 1 })
    jobs.forEach((job, n) => {
      const priority = n % 3
      theirs.note(
        job,
        queue.add(() => theirs.run(job), { priority }),
      )
      send(job, { priority })
    })
    await advance(200)
    same()
  })

  it('new PQueue({ intervalCap: 5, interval: 1000, strict: true })', async () => {
    const { theirs, send, same } = sides({ rate: { limit: 5, interval: 1000 } })
    const queue = new PQueue({ intervalCap: 5, interval: 1000, strict: true })
    for (const job of jobs) {
      theirs.note(
        job,
        queue.add(() => theirs.run(job)),
      )
      send(job)
    }
    await advance(2100)
    same()
    expect(theirs.times).toEqual([0, 0, 0, 0, 0, 1000, 1000, 1000, 1000, 1000, 2000, 2000])
  })

  it('the same without `strict`: theirs begins 4 within 2 ms where 2 in 1000 ms are allowed, ours never', async () => {
    const { theirs, ours, send } = sides({ rate: { limit: 2, interval: 1000 } })
    const queue = new PQueue({ intervalCap: 2, interval: 1000 })
    const add = (names: readonly string[]): void => {
      for (const job of names) {
        void queue.add(() => theirs.run(job))
        send(job)
      }
    }
    add(['first'])
    await advance(999)
    add(['a', 'b', 'c'])
    await advance(2100)
    expect(mostWithin(theirs.times, 1000)).toBeGreaterThan(2)
    expect(mostWithin(ours.times, 1000)).toBe(2)
  })

  it('autoStart: false, queue.start(), queue.pause()', async () => {
    const { theirs, pool, send, same } = sides({ size: 2, paused: true })
    const queue = new PQueue({ concurrency: 2, autoStart: false })
    for (const job of jobs) {
      theirs.note(
        job,
        queue.add(() => theirs.run(job)),
      )
      send(job)
    }
    await advance(20)
    queue.start()
    resume(pool)
    await advance(5)
    queue.pause()
    pause(pool)
    await advance(30)
    same()
    expect([theirs.begun.length, queue.size, inspect(pool).waiting]).toEqual([2, 10, 10])
  })

  it('queue.addAll([…]), and its first error', async () => {
    const { theirs, ours, pool, same } = sides({ size: 4 })
    const queue = new PQueue({ concurrency: 4 })
    theirs.note('good', queue.addAll(['a', 'b'].map((job) => () => theirs.run(job))))
    theirs.note('bad', queue.addAll(['c', 'bad'].map((job) => () => theirs.run(job))))
    ours.note('good', map(pool, ['a', 'b']).toArray())
    ours.note('bad', map(pool, ['c', 'bad']).toArray())
    await advance(50)
    same()
    expect(theirs.ended).toEqual({ good: 'page of a,page of b', bad: 'failed' })
  })

  it('queue.add(fn, { signal })', async () => {
    const { theirs, send, same } = sides({ size: 1 })
    const queue = new PQueue({ concurrency: 1 })
    const controller = new AbortController()
    theirs.note(
      'first',
      queue.add(() => theirs.run('first')),
    )
    send('first')
    theirs.note(
      'aborted',
      queue.add(() => theirs.run('aborted'), { signal: controller.signal }),
    )
    send('aborted', { signal: controller.signal })
    await advance(5)
    controller.abort()
    await advance(30)
    same()
    expect(theirs.ended).toEqual({ first: 'page of first', aborted: 'failed' })
  })
})
