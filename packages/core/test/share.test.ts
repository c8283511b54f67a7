import { call, cast, type Context, drain, inspect, onEvent } from '@genpool/core'
import { stop } from 'nact'
import { outcome, sharing } from './sharing'

describe('calls with the same "share"', () => {
  it('have one run, whose answer all of them get, also those that come while it runs', async () => {
    const { clock, runs, pool, read } = sharing()
    await clock.settle()
    const calls = [read('a'), read('b')]
    await clock.advance(50)
    calls.push(read('c'))
    expect(inspect(pool)).toMatchObject({ members: { busy: 1 }, waiting: 0, accepted: 3, shared: 2 })
    await clock.advance(50)
    const answers = await Promise.all(calls)
    expect(answers).toEqual([1, 2, 3].map(() => ({ id: 'a', run: 1 })))
    expect(new Set(answers).size).toBe(1)
    expect(runs).toEqual(['a'])
    const again = read('d')
    await clock.advance(100)
    await expect(again).resolves.toEqual({ id: 'd', run: 2 })
    expect(inspect(pool)).toMatchObject({ accepted: 4, outcomes: { replied: 4 }, shared: 2 })
  })

  it('share by type and by any key; lists and objects are compared by content', async () => {
    const { clock, runs, pool } = sharing({ size: 9 })
    await clock.settle()
    const [one, two] = [
      { id: 1, of: 'x' },
      { id: 2, of: 'x' },
    ]
    const all = [one, { of: 'x', id: 1 }, two, null, null, NaN, NaN, 0].map((share, i) =>
      call(pool, { type: 'read', id: `${i}` }, { share }),
    )
    const others = [one, one].map((share) => call(pool, { type: 'other', id: 'x' }, { share }))
    const alone = [1, 2].map(() => call(pool, { type: 'other', id: 'alone' }, { share: undefined }))
    await clock.advance(100)
    await Promise.all([...all, ...others, ...alone])
    expect(runs).toEqual(['0', '2', '3', '5', '7', 'other x', 'other alone', 'other alone'])
  })

  it('leave alone: the abort or the deadline of one ends its own wait only, also that of the first', async () => {
    const { clock, runs, seen, pool, read } = sharing()
    await clock.settle()
    const controller = new AbortController()
    const calls = [read('a', { signal: controller.signal }), read('b', { timeout: 30 }), read('c', { timeout: 500 })]
    const all = Promise.all(calls.map(outcome))
    await clock.settle()
    expect(seen.ctx?.remainingMs).toBe(5000)
    controller.abort()
    expect(seen.ctx?.remainingMs).toBe(500)
    await clock.advance(40)
    expect(inspect(pool).outcomes).toMatchObject({ cancelled: 1, expired: 1, replied: 0 })
    await clock.advance(60)
    expect(await all).toEqual(['ERR_GENPOOL_CANCELLED true', 'ERR_GENPOOL_EXPIRED true', { id: 'a', run: 1 }])
    expect([runs, seen.ctx?.signal.aborted]).toEqual([['a'], false])
    expect(inspect(pool)).toMatchObject({ accepted: 3, outcomes: { replied: 1 } })
  })

  it('end the run when the last of them leaves: it never begins, or its signal aborts', async () => {
    const { clock, runs, seen, pool, read } = sharing({ size: 1 })
    await clock.settle()
    const [first, second] = [new AbortController(), new AbortController()]
    const running = [read('a', { signal: first.signal }), read('b', { timeout: 40 })].map(outcome)
    await clock.settle()
    const waiting = [1, 2].map(() => outcome(read('c', { share: 'other', signal: second.signal })))
    await clock.settle()
    expect(inspect(pool).waiting).toBe(1)
    second.abort()
    // When the first of them left, the run could still begin for the other one.
    expect(await Promise.all(waiting)).toEqual(['ERR_GENPOOL_CANCELLED true', 'ERR_GENPOOL_CANCELLED false'])
    expect(inspect(pool).waiting).toBe(0)
    first.abort()
    const { signal } = seen.ctx as Context
    expect(signal.aborted).toBe(false)
    await clock.advance(42)
    expect([signal.aborted, (signal.reason as { code: string }).code]).toEqual([true, 'ERR_GENPOOL_EXPIRED'])
    expect(await Promise.all(running)).toEqual(['ERR_GENPOOL_CANCELLED true', 'ERR_GENPOOL_EXPIRED true'])
    expect(inspect(pool)).toMatchObject({ accepted: 4, outcomes: { cancelled: 3, expired: 1 } })
    expect(runs).toEqual(['a'])
    await clock.advance(100)
    expect(clock.timers).toBe(0)
  })

  it('get the same error, each as a rejection of its own', async () => {
    const { clock, read, crash, pool } = sharing()
    await clock.settle()
    crash(1)
    const calls = [read('a'), read('b')].map((promise) => promise.catch((error: unknown) => error))
    await clock.advance(100)
    const [a, b] = await Promise.all(calls)
    expect(a).toMatchObject({ code: 'ERR_GENPOOL_CRASHED' })
    expect(b).toBe(a)
    expect(inspect(pool)).toMatchObject({ accepted: 2, outcomes: { crashed: 2 }, restarts: 1 })
  })

  it('stay with a run that runs again after a crash', async () => {
    const { clock, runs, read, crash } = sharing({ retryOnCrash: { read: 1 } })
    await clock.settle()
    crash(1)
    const calls = Promise.all([read('a'), read('b')])
    await clock.advance(100)
    await clock.advance(100)
    await expect(calls).resolves.toMatchObject([{ id: 'a' }, { id: 'a' }])
    expect(runs).toEqual(['a', 'a'])
  })

  it('wait for a later answer together', async () => {
    const { clock, pool, seen } = sharing()
    await clock.settle()
    const later = () => call(pool, { type: 'later' }, { share: 1 })
    const first = later()
    await clock.settle()
    const second = later()
    await clock.settle()
    expect(inspect(pool).late).toBe(1)
    seen.from?.reply('now')
    expect(await Promise.all([first, second])).toEqual(['now', 'now'])
  })

  it('give a run that waits the greatest of their priorities', async () => {
    const { clock, runs, read } = sharing({ size: 1 })
    await clock.settle()
    const calls = [read('busy', { share: 'busy' }), read('x', { share: 'x' }), read('y', { share: 'y', priority: 1 })]
    await clock.settle()
    calls.push(read('x', { share: 'x', priority: 2 }))
    await clock.advance(100)
    await clock.advance(100)
    await clock.advance(100)
    await Promise.all(calls)
    expect(runs).toEqual(['busy', 'x', 'y'])
  })

  it('are dropped together, and each is counted', async () => {
    const { clock, read, pool } = sharing({ size: 1, broker: { client: { type: 'drop', max: 1 } } })
    await clock.settle()
    const drops: unknown[] = []
    const off = onEvent('genpool:drop', ({ reason }) => drops.push(reason), { pool })
    const rest = read('a', { share: 1 })
    await clock.settle()
    const all = [2, 2, 3].map((share) => outcome(read('b', { share })))
    const urgent = read('c', { share: 4, priority: 1 })
    await clock.settle()
    expect(await Promise.all(all)).toEqual(Array(3).fill('ERR_GENPOOL_DROPPED undefined'))
    expect(inspect(pool)).toMatchObject({ outcomes: { dropped: 3 }, drops: { max: 1, priority: 2 } })
    expect(drops).toEqual(['max', 'priority', 'priority'])
    await clock.advance(200)
    await Promise.all([rest, urgent])
    off()
  })

  it('tell each caller the progress, and have one event each', async () => {
    const { clock, read, pool } = sharing()
    await clock.settle()
    const told: unknown[] = []
    const off = onEvent('genpool:request:settled', ({ outcome, attempts }) => told.push([outcome, attempts]), { pool })
    const progress: string[] = []
    const all = ['a', 'b'].map((name) =>
      read(name, { onProgress: (value) => progress.push(`${name} ${value as string}`) }),
    )
    await clock.advance(100)
    await Promise.all(all)
    await clock.settle()
    expect(progress).toEqual(['a begun', 'b begun'])
    expect(told).toEqual([
      ['replied', 1],
      ['replied', 1],
    ])
    off()
  })

  it('are refused each for itself: a wrong message or option changes nothing for the others', async () => {
    const { clock, pool, read, runs } = sharing()
    await clock.settle()
    const strict = (n: unknown) => outcome(call(pool, { type: 'strict', n } as never, { share: 1 }))
    expect(await Promise.all([strict(1), strict('x'), strict(1)])).toEqual([1, 'ERR_GENPOOL_INVALID undefined', 1])
    await expect(call(pool, { type: 'unknown' } as never, { share: 1 })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_INVALID',
    })
    await expect(read('a', { timeout: -1 })).rejects.toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
    const aborted = outcome(read('a', { signal: AbortSignal.abort() }))
    expect([await aborted, runs]).toEqual(['ERR_GENPOOL_CANCELLED false', []])
    expect(cast(pool, { type: 'note' }, { share: 1 } as never)).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('"share"') as string },
    })
  })

  it('end with the pool: a stop tells all of them, a drain finishes them and takes no more', async () => {
    const { clock, pool, read } = sharing()
    await clock.settle()
    const calls = [read('a'), read('b')].map(outcome)
    await clock.settle()
    const drained = drain(pool)
    const late = outcome(read('c'))
    await clock.advance(100)
    expect(await Promise.all([...calls, late])).toEqual([
      { id: 'a', run: 1 },
      { id: 'a', run: 1 },
      'ERR_GENPOOL_STOPPED false',
    ])
    await drained
    const other = sharing()
    await other.clock.settle()
    const lost = [other.read('a'), other.read('b')].map(outcome)
    await other.clock.settle()
    stop(other.pool)
    expect(await Promise.all(lost)).toEqual(Array(2).fill('ERR_GENPOOL_STOPPED true'))
  })
})
