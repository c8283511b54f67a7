import {
  call,
  type CallOptions,
  cast,
  defineTask,
  drain,
  idle,
  inspect,
  map,
  pause,
  type PoolOptions,
  resume,
  spawnPool,
} from '@genpool/core'
import { NS_PER_MS } from '@genpool/runtime'
import { virtualClock, type VirtualClock } from '@genpool/runtime/testing'
import Bottleneck from 'bottleneck'
import { type ActorSystemRef, start, stop } from 'nact'
import pLimit, { limitFunction } from 'p-limit'
import PQueue from 'p-queue'

/*
 * The examples of the READMEs of p-limit, p-queue and bottleneck: theirs and ours run beside each other, on one time, and the
 * same is seen of both.
 */

let system: ActorSystemRef
let clock: VirtualClock
/** Their time: that of `Date` and `setTimeout`. */
let startedAt: number
beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance', 'hrtime'] })
  takeNoTimeForZero()
  startedAt = Date.now()
  system = start()
  clock = virtualClock()
})
afterEach(() => {
  stop(system)
  jest.useRealTimers()
})

/** bottleneck has timeouts of 0, which take a millisecond each in the fake time. Here they take none. */
const takeNoTimeForZero = (): void => {
  const { setTimeout: begin, clearTimeout: end } = globalThis
  const setAny = (fn: () => void, ms?: number): unknown => ((ms ?? 0) > 0 ? begin(fn, ms) : setImmediate(fn))
  const clearAny = (timer: unknown): void => {
    if (timer instanceof Immediate) clearImmediate(timer as NodeJS.Immediate)
    else end(timer as NodeJS.Timeout)
  }
  Object.assign(globalThis, { setTimeout: setAny, clearTimeout: clearAny })
}
const probe = setImmediate(() => undefined)
const Immediate = probe.constructor as new () => NodeJS.Immediate

/** Lets all happen that happens now. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 8; i++) await new Promise((resolve) => setImmediate(resolve))
  await clock.settle()
}

/** Lets time pass for both, one millisecond at a time. */
const advance = async (ms: number): Promise<void> => {
  await settle()
  for (let i = 0; i < ms; i++) {
    await jest.advanceTimersByTimeAsync(1)
    await clock.advance(1)
    await settle()
  }
}

/** What one can see of a side: when which job began, how many ran at once, and how each ended. */
class Seen {
  readonly begun: [job: string, ms: number][] = []
  readonly ended: Record<string, string> = {}
  most = 0
  #running = 0

  constructor(
    private readonly now: () => number,
    private readonly wait: (ms: number) => Promise<unknown>,
    private readonly ms: number,
  ) {}

  /** The job that the examples call `fetchSomething`, `myFunction` or `someTask`. */
  readonly run = async (job: string): Promise<string> => {
    this.begun.push([job, this.now()])
    this.most = Math.max(this.most, ++this.#running)
    await this.wait(this.ms)
    this.#running--
    if (job.startsWith('bad')) throw new Error(`cannot fetch ${job}`)
    return `page of ${job}`
  }

  /** Writes down how a job ends. */
  note(job: string, promise: Promise<unknown>): void {
    promise.then(
      (value) => (this.ended[job] = String(value)),
      () => (this.ended[job] = 'failed'),
    )
  }

  get jobs(): string[] {
    return this.begun.map(([job]) => job)
  }

  get times(): number[] {
    return this.begun.map(([, ms]) => ms)
  }
}

/** Two sides whose jobs take `ms`, and our pool. */
const sides = (options: PoolOptions = {}, ms = 10) => {
  const theirs = new Seen(
    () => Date.now() - startedAt,
    (wait) => new Promise((resolve) => setTimeout(resolve, wait)),
    ms,
  )
  const ours = new Seen(
    () => clock.now() / NS_PER_MS,
    (wait) => clock.wait(wait),
    ms,
  )
  const task = defineTask(async (job: string) => ours.run(job))
  const pool = spawnPool(system, task, 'pool', { clock, size: 20, ...options })
  const send = (job: string, more: CallOptions = {}) => ours.note(job, call(pool, job, more))
  const same = (): void => {
    expect({ begun: ours.begun, ended: ours.ended, most: ours.most }).toEqual({
      begun: theirs.begun,
      ended: theirs.ended,
      most: theirs.most,
    })
  }
  return { theirs, ours, pool, send, same }
}
const jobs = Array.from({ length: 12 }, (_, n) => `job${n}`)

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

/** The most that began within any `interval`. */
function mostWithin(times: readonly number[], interval: number): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + interval).length))
}
