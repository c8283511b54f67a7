import {
  call,
  definePool,
  drain,
  isGenPoolError,
  onEvent,
  reply,
  spawnPool,
  type Worker,
  type WorkerHost,
  withWorkers,
} from '@genpool/core'
import { virtualClock } from '@genpool/core/testing'
import { type ActorSystemRef, start, stop } from 'nact'

let system: ActorSystemRef
let clock: ReturnType<typeof virtualClock>
let unhandled: unknown[]
const note = (error: unknown): void => void unhandled.push(error)
beforeEach(() => {
  system = start()
  clock = virtualClock()
  unhandled = []
  process.on('unhandledRejection', note)
  // nact's systems print each fault that reaches them.
  jest.spyOn(console, 'log').mockImplementation(() => undefined)
})
afterEach(async () => {
  stop(system)
  await clock.settle()
  process.off('unhandledRejection', note)
  jest.restoreAllMocks()
  expect(unhandled).toEqual([])
})

const Work = definePool({ init: () => 0, calls: { work: () => reply(0) } })
const throwing = (text: string) => (): never => {
  throw new Error(text)
}

/** A worker that answers each job at once, but for what a test makes of it. */
function answering(host: WorkerHost): Worker {
  return {
    depth: 1,
    commits: false,
    state: undefined,
    start: () => ({ kind: 'ready', reason: undefined }),
    give(job) {
      host.progress.began(job, clock.now())
      job.succeed('answer', true)
      host.done(job, undefined, -1, 1)
    },
    revoke: () => false,
    cancel: () => undefined,
    holdsAnswersOf: () => false,
    startOf: () => null,
    end: () => undefined,
  }
}

/** The first worker has a fault, all others are sound. */
function firstIs(fault: (host: WorkerHost) => Partial<Worker>) {
  let made = 0
  const create = (_seat: unknown, host: WorkerHost): Worker =>
    made++ === 0 ? { ...answering(host), ...fault(host) } : answering(host)
  return spawnPool(system, withWorkers(Work, { create }), 'pool', { size: 1, clock, onCallbackError: () => undefined })
}
const outcome = (pool: ReturnType<typeof firstIs>): Promise<unknown> =>
  call(pool, { type: 'work' }).catch((error: unknown) => error)

describe('a worker of the user with a fault is replaced, and its pool continues:', () => {
  it('one that throws when it gets a job; the caller gets the reason', async () => {
    const pool = firstIs(() => ({ give: throwing('no give') }))
    const first = outcome(pool)
    await clock.settle()
    expect(await first).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', cause: { message: 'no give' } })
    const second = outcome(pool)
    await clock.settle()
    expect(await second).toBe('answer')
  })

  it.each<[string, Partial<Worker>]>([
    ['throws when it starts', { start: throwing('no start') }],
    ['starts with nonsense', { start: () => undefined as never }],
    ['starts with a kind that is unknown', { start: () => Promise.resolve({ kind: 'yes', reason: 1 } as never) }],
  ])('one that %s: the start is tried again', async (_name, fault) => {
    const pool = firstIs(() => fault)
    const first = outcome(pool)
    await clock.advance(1000)
    expect(await first).toBe('answer')
  })

  it('one that throws when a job is taken back or cancelled', async () => {
    const pool = firstIs(() => ({
      give: () => undefined,
      revoke: throwing('no revoke'),
      cancel: throwing('no cancel'),
    }))
    const controller = new AbortController()
    const first = call(pool, { type: 'work' }, { signal: controller.signal }).catch((error: unknown) => error)
    await clock.settle()
    controller.abort()
    await clock.settle()
    expect(await first).toMatchObject({ code: 'ERR_GENPOOL_CANCELLED' })
    const second = outcome(pool)
    await clock.settle()
    expect(await second).toBe('answer')
  })
})

it.each<[string, (host: WorkerHost) => Partial<Worker>]>([
  [
    'reports the end of a job twice',
    (host) => ({
      give(job) {
        answering(host).give(job)
        host.done(job, undefined, -1, 1)
        host.refused(job, new Error('again'), -1)
      },
    }),
  ],
  [
    'throws after it has reported the end',
    (host) => ({
      give(job) {
        answering(host).give(job)
        throw new Error('late')
      },
    }),
  ],
  ['dies with a job that never began', (host) => ({ give: (job) => host.died(new Error('dead'), [job]) })],
  ['ends a job that it has not begun', (host) => ({ give: (job) => host.done(job, undefined, -1, 1) })],
])('a worker that %s does not disturb the count of what runs', async (_name, fault) => {
  const pool = firstIs(fault)
  const first = outcome(pool)
  await clock.settle()
  await first
  const second = outcome(pool)
  await clock.settle()
  expect(await second).toBe('answer')
  let busy: number | undefined
  const off = onEvent('genpool:pool:drain', (event) => (busy = event.busy), { pool })
  const drained = drain(pool)
  await clock.settle()
  off()
  expect(busy).toBe(0)
  await drained
})

it('a call that expires while a worker of the user runs it says that it was started', async () => {
  const pool = firstIs((host) => ({
    give(job) {
      host.progress.began(job, clock.now())
      host.progress.attempted(job, { number: 1, exclusive: false })
    },
  }))
  const first = call(pool, { type: 'work' }, { timeout: 100 }).catch((error: unknown) => error)
  await clock.advance(200)
  expect(await first).toMatchObject({ code: 'ERR_GENPOOL_EXPIRED', started: true })
})

it('a factory that throws is a failed start, and the pool says why it stopped', async () => {
  const pool = spawnPool(system, withWorkers(Work, { create: throwing('no worker') }), 'pool', {
    clock,
    size: 1,
    restart: { attempts: 2 },
  })
  const first = outcome(pool)
  await clock.advance(1000)
  const error = await first
  expect(isGenPoolError(error, 'ERR_GENPOOL_STOPPED')).toBe(true)
  expect((error as Error).message).toContain('no worker')
  await drain(pool)
})

describe('the onCrash of a plain function that has workers of the user', () => {
  const asked: unknown[] = []
  const resuming = (fault: (host: WorkerHost) => Partial<Worker>) => {
    asked.length = 0
    const onCrash = (message: unknown, error: Error, ctx: { resume: unknown }): unknown => {
      asked.push([message, error.message])
      return ctx.resume
    }
    const Plain = definePool((state: unknown) => state, { onCrash } as never)
    let made = 0
    const create = (_seat: unknown, host: WorkerHost): Worker => {
      const worker = answering(host)
      return made++ === 0 ? { ...worker, ...fault(host) } : worker
    }
    const restart = { backoff: { min: 10, jitter: 0 } }
    const pool = spawnPool(system, withWorkers(Plain, { create }), 'pool', { size: 1, clock, restart })
    const failed = (): Promise<unknown> => call(pool as never, 'x' as never).catch((error: unknown) => error)
    return { failed, made: () => made }
  }

  it('is not asked about a start that fails: its worker cannot be used, so the start is tried again', async () => {
    const { failed, made } = resuming(() => ({ start: throwing('no start') }))
    const first = failed()
    await clock.advance(50)
    expect([await first, asked, made()]).toEqual(['answer', [], 2])
  })

  it('is asked about a job that fails, and may keep the member', async () => {
    const { failed, made } = resuming((host) => ({
      give: (job) => {
        host.progress.began(job, clock.now())
        host.failed(job, new Error('no luck'), -1)
      },
    }))
    const first = failed()
    await clock.advance(50)
    expect(await first).toMatchObject({ code: 'ERR_GENPOOL_CRASHED' })
    expect([asked, made()]).toEqual([[['x', 'no luck']], 1])
  })

  it('is not asked about a worker that died', async () => {
    const { failed, made } = resuming((host) => ({
      give: (job) => {
        host.progress.began(job, clock.now())
        host.died(new Error('gone'), [job])
      },
    }))
    const first = failed()
    await clock.advance(50)
    expect(await first).toMatchObject({ code: 'ERR_GENPOOL_CRASHED' })
    expect([asked, made()]).toEqual([[], 2])
  })
})
