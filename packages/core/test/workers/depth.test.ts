import {
  call,
  type CallOptions,
  definePool,
  drain,
  explain,
  getMembers,
  inspect,
  type PoolOptions,
  reply,
  spawnPool,
  withWorkers,
} from '@genpool/core'
import { scriptedWorkers, virtualClock } from '@genpool/core/testing'
import { dispatch, start, stop } from 'nact'

const Work = definePool({
  init: () => 0,
  calls: {
    one: (_: { id: number }) => reply(0),
    many: { batch: 3, handle: (messages: readonly { id: number }[]) => reply(messages.map(({ id }) => id)) },
  },
  handleInfo: () => undefined,
})

function bench(depth: number, options: PoolOptions = {}) {
  const clock = virtualClock()
  const system = start()
  const workers = scriptedWorkers({ depth, now: () => clock.now() })
  const pool = spawnPool(system, withWorkers(Work, workers), 'pool', { size: 1, clock, ...options })
  const outcomes: string[] = []
  let sent = 0
  const send = (type: 'one' | 'many' = 'one', callOptions: CallOptions = {}): void => {
    const id = sent++
    call(pool, { type, id }, callOptions).then(
      () => void (outcomes[id] = 'replied'),
      (error: { code: string }) => void (outcomes[id] = error.code),
    )
  }
  const ids = (): unknown[] => workers.jobs.map(({ message }) => (message as { id: number }).id)
  return { clock, system, workers, pool, outcomes, send, ids }
}

describe('a member whose worker holds several jobs', () => {
  it('is idle again when the last of them has ended', async () => {
    const { clock, workers, pool, send, system } = bench(2)
    send()
    await clock.settle()
    expect(inspect(pool).members).toMatchObject({ busy: 1, idle: 0 })
    workers.jobs[0]?.begin()
    workers.jobs[0]?.finish()
    await clock.settle()
    expect(inspect(pool).members).toMatchObject({ busy: 0, idle: 1 })
    dispatch(getMembers(pool)[0]?.ref as never, 'hello' as never)
    await clock.settle()
    expect(workers.jobs.map(({ message }) => message)).toEqual(['hello'])
    stop(system)
  })

  it('gives it a message for this member before what is sent later', async () => {
    const { clock, workers, pool, send, system } = bench(3)
    send()
    await clock.settle()
    dispatch(getMembers(pool)[0]?.ref as never, 'hello' as never)
    send()
    await clock.settle()
    expect(workers.jobs.map(({ message }) => message)).toEqual([
      { type: 'one', id: 0 },
      'hello',
      { type: 'one', id: 1 },
    ])
    stop(system)
  })

  it('takes no more work after it was replaced as stuck', async () => {
    const { clock, workers, pool, outcomes, send, system } = bench(3, { stuckAfter: 100, timeout: Infinity })
    send()
    send()
    await clock.settle()
    workers.jobs[0]?.begin()
    await clock.advance(1000)
    expect(outcomes[0]).toBe('ERR_GENPOOL_CRASHED')
    send()
    await clock.settle()
    for (const job of workers.jobs) if (job.begin()) job.finish()
    await clock.settle()
    expect(outcomes).toEqual(['ERR_GENPOOL_CRASHED', 'replied', 'replied'])
    expect(inspect(pool).members).toMatchObject({ busy: 0, idle: 1 })
    stop(system)
  })

  it.each([1, 3])(
    'gets no more work after a handler has ended it, and gives back what it had (%i sent ahead)',
    async (ahead) => {
      const { clock, workers, outcomes, send, system, pool } = bench(3, { timeout: Infinity })
      for (let i = 0; i < ahead; i++) send()
      await clock.settle()
      const [worker] = workers.alive
      const [job] = worker!.jobs
      job?.begin()
      job?.job.succeed('bye', true)
      worker!.host.done(job!.job, { halt: 'done' }, 1, 1)
      send()
      await clock.settle()
      expect(workers.alive).not.toContain(worker)
      for (const next of workers.jobs) if (next.begin()) next.finish()
      await clock.settle()
      expect(outcomes).toEqual(Array(ahead + 1).fill('replied'))
      expect(inspect(pool)).toMatchObject({ waiting: 0, members: { busy: 0, idle: 1 } })
      stop(system)
    },
  )

  it('frees the key of a message that is aborted, when the batch that it was given ahead in is taken apart', async () => {
    const { clock, workers, outcomes, send, system } = bench(2, { timeout: Infinity })
    const giving = new AbortController()
    send()
    await clock.settle()
    workers.jobs[0]?.begin()
    send('many', { key: 'a', signal: giving.signal })
    send('many', { key: 'b' })
    await clock.settle()
    giving.abort()
    send('many', { key: 'a' })
    for (let i = 0; i < 3; i++) {
      for (const job of workers.jobs) if (job.hasBegun || job.begin()) job.finish([0, 0])
      await clock.settle()
    }
    expect(outcomes).toEqual(['replied', 'ERR_GENPOOL_CANCELLED', 'replied', 'replied'])
    stop(system)
  })

  it('gives jobs that its dead worker had not begun to the next one, in order', async () => {
    const { clock, workers, outcomes, send, system, ids } = bench(4, { timeout: Infinity })
    for (let i = 0; i < 4; i++) send()
    await clock.settle()
    workers.jobs[0]?.begin()
    workers.alive[0]?.die()
    await clock.settle()
    expect(ids()).toEqual([1, 2, 3])
    for (const job of workers.jobs) if (job.begin()) job.finish()
    await clock.settle()
    expect(outcomes).toEqual(['ERR_GENPOOL_CRASHED', 'replied', 'replied', 'replied'])
    stop(system)
  })

  it('fails all that had begun when its worker breaks a rule, and runs the rest elsewhere', async () => {
    const { clock, workers, outcomes, send, system } = bench(3, { timeout: Infinity })
    for (let i = 0; i < 3; i++) send()
    await clock.settle()
    const [worker] = workers.alive
    worker!.jobs[0]?.begin()
    worker!.host.done(worker!.jobs[1]!.job, undefined, 1, 1)
    await clock.settle()
    for (const job of workers.jobs) if (job.begin()) job.finish()
    await clock.settle()
    expect(outcomes).toEqual(['ERR_GENPOOL_CRASHED', 'ERR_GENPOOL_CRASHED', 'replied'])
    stop(system)
  })

  it('does not give its dead worker the jobs that it takes back', async () => {
    const { clock, workers, outcomes, send, system } = bench(2, { timeout: Infinity })
    send()
    await clock.settle()
    workers.alive[0]!.depth = 1
    workers.alive[0]?.die()
    // It had done nothing: the next one starts after a wait.
    await clock.advance(100)
    for (const job of workers.jobs) if (job.begin()) job.finish()
    await clock.settle()
    expect(outcomes).toEqual(['replied'])
    stop(system)
  })

  it('runs the rest of a batch when its first message is aborted before it began', async () => {
    const { clock, workers, outcomes, send, system } = bench(2, { timeout: Infinity })
    const controller = new AbortController()
    send()
    send()
    send('many', { signal: controller.signal })
    send('many')
    send('many')
    await clock.settle()
    workers.jobs[0]?.begin()
    workers.jobs[0]?.finish()
    await clock.settle()
    expect(workers.jobs[1]?.job.companions).toHaveLength(2)
    controller.abort()
    await clock.settle()
    while (workers.jobs.length > 0) {
      for (const job of workers.jobs) if (job.begin()) job.finish()
      await clock.settle()
    }
    expect(outcomes).toEqual(['replied', 'replied', 'ERR_GENPOOL_CANCELLED', 'replied', 'replied'])
    stop(system)
  })

  it('runs a whole batch elsewhere when its worker dies before the batch began', async () => {
    const { clock, workers, outcomes, send, system } = bench(2, { timeout: Infinity })
    send()
    send()
    for (let i = 0; i < 3; i++) send('many')
    await clock.settle()
    workers.jobs[0]?.begin()
    workers.jobs[0]?.finish()
    await clock.settle()
    workers.alive[0]?.die()
    await clock.settle()
    while (workers.jobs.length > 0) {
      for (const job of workers.jobs) if (job.begin()) job.finish()
      await clock.settle()
    }
    expect(outcomes).toEqual(Array(5).fill('replied'))
    stop(system)
  })

  it('gives back waiting jobs when its depth falls to 1', async () => {
    const { clock, workers, outcomes, send, system, pool } = bench(3, { size: 2, stuckAfter: 100, timeout: Infinity })
    for (let i = 0; i < 6; i++) send()
    await clock.settle()
    const [first, second] = workers.alive
    first!.depth = second!.depth = 1
    first!.jobs[0]?.begin()
    await clock.advance(1000)
    while (workers.jobs.length > 0) {
      for (const job of workers.jobs) if (job.begin()) job.finish()
      await clock.settle()
    }
    expect(outcomes.filter((outcome) => outcome === 'replied')).toHaveLength(5)
    expect(inspect(pool).members).toMatchObject({ busy: 0, idle: 2 })
    stop(system)
  })

  it.each(['codel', 'open'] as const)(
    'is not idle while it has room, so that an elastic pool grows (%s)',
    async (valve) => {
      const size = { min: 1, max: 3, valve, update: 10, idle: 1000 }
      const { clock, workers, pool, send, system } = bench(4, { size, timeout: Infinity })
      send()
      send()
      await clock.settle()
      workers.jobs[0]?.begin()
      await clock.advance(900)
      expect(inspect(pool)).toMatchObject({ size: 2, waiting: 0, members: { busy: 1, idle: 1 } })
      for (let i = 0; i < 4; i++) send()
      await clock.advance(900)
      expect(inspect(pool)).toMatchObject({ size: 3, waiting: 0, members: { busy: 2, idle: 1 } })
      while (workers.jobs.length > 0) {
        for (const job of workers.jobs) if (job.begin() || job.hasBegun) job.finish()
        await clock.settle()
      }
      await clock.advance(5000)
      expect(inspect(pool).size).toBe(1)
      stop(system)
    },
  )

  it('is idle, though others have work, so that an elastic pool does not grow', async () => {
    const size = { min: 2, max: 3, valve: 'open', update: 10, idle: 1000 } as const
    const { clock, workers, pool, send, system } = bench(4, { size, timeout: Infinity })
    send()
    await clock.settle()
    workers.jobs[0]?.begin()
    await clock.advance(5000)
    expect(inspect(pool).size).toBe(2)
    stop(system)
  })

  it('delays drain while jobs wait in its worker', async () => {
    const { clock, workers, pool, outcomes, send, system } = bench(3, { timeout: Infinity })
    send()
    send()
    await clock.settle()
    let drained = false
    void drain(pool).then(() => (drained = true))
    await clock.settle()
    expect(drained).toBe(false)
    for (const job of workers.jobs) if (job.begin()) job.finish()
    await clock.settle()
    expect(outcomes).toEqual(['replied', 'replied'])
    expect(drained).toBe(true)
    stop(system)
  })

  it('is said to be in the handler that runs, not in those that its worker has not begun', async () => {
    const { clock, workers, pool, send, system } = bench(2)
    send('one')
    await clock.settle()
    workers.jobs[0]?.begin()
    send('many', { timeout: 60_000 })
    await clock.settle()
    for (let i = 0; i < 3; i++) send('one', { timeout: 60_000 })
    await clock.advance(2000)
    expect(workers.jobs.map(({ job }) => job.handler.type)).toEqual(['one', 'many'])
    expect(explain(pool).text).toContain('all members (1 of 1) have been in "one" for')
    stop(system)
  })
})
