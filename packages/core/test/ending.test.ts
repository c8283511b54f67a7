import {
  configure,
  definePool,
  drain,
  type PoolOptions,
  type PoolRef,
  reply,
  resize,
  spawnPool,
  withWorkers,
} from '@genpool/core'
import type { Clock } from '@genpool/runtime'
import { stop } from 'nact'
import { clock, system } from './virtual-system'

/** Whether a promise has settled. */
const watched = (promise: Promise<unknown>): { done: boolean } => {
  const state = { done: false }
  void promise.then(() => (state.done = true))
  return state
}

/** A pool whose `terminate` returns when the test says so. */
const spawned = (options: PoolOptions = {}) => {
  const errors: string[] = []
  const ends: { resolve(): void; reject(error: unknown): void }[] = []
  const Stuck = definePool({
    init: () => 0,
    calls: { work: () => reply('done') },
    terminate: () => new Promise<void>((resolve, reject) => void ends.push({ resolve, reject })),
  })
  const onCallbackError = (error: unknown): void => void errors.push((error as Error).message)
  const pool = spawnPool(system, Stuck, 'pool', { size: 2, clock, onCallbackError, ...options })
  return { pool, errors, ends }
}

/** A clock that knows how many of its timers keep the process alive. */
const holding = (inner: Clock): { clock: Clock; readonly holds: number } => {
  const live = new Set<object>()
  const setTimer: Clock['setTimer'] = (at, fn, holds = true) => {
    const mark = {}
    if (holds) live.add(mark)
    const fire = (): void => {
      live.delete(mark)
      fn()
    }
    const timer = inner.setTimer(at, fire, holds)
    return {
      cancel: () => {
        live.delete(mark)
        timer.cancel()
      },
    }
  }
  return {
    clock: { now: () => inner.now(), defer: (fn) => inner.defer(fn), setTimer },
    get holds() {
      return live.size
    },
  }
}

describe('a terminate that never returns', () => {
  it('keeps the process alive while a drain waits for it, and no longer', async () => {
    const timers = holding(clock)
    const { pool } = spawned({ clock: timers.clock })
    const drained = [drain(pool, { within: 200 }), drain(pool, { within: 300 })].map(watched)
    await clock.advance(250)
    expect(drained.map(({ done }) => done)).toEqual([true, false])
    expect(timers.holds).toBeGreaterThan(0)
    await clock.advance(50)
    expect(drained.map(({ done }) => done)).toEqual([true, true])
    expect(timers.holds).toBe(0)
  })

  it('does not hold up drain(pool, { within }), and is reported with the name of its member', async () => {
    const { pool, errors } = spawned()
    const drained = watched(drain(pool, { within: 200 }))
    await clock.advance(199)
    expect([drained.done, errors]).toEqual([false, []])
    await clock.advance(1)
    expect(drained.done).toBe(true)
    expect(errors).toEqual([
      expect.stringMatching(
        /^terminate of "member-1.1" of pool "pool" has not returned when the time of drain\(.*\) was over, 200 ms after it began/,
      ),
      expect.stringMatching(
        /^terminate of "member-2.1" of pool "pool" has not returned when the time of drain\(.*\) was over, 200 ms after it began/,
      ),
    ])
    // Once each.
    await clock.advance(60_000)
    expect([errors.length, clock.timers]).toEqual([2, 0])
  })

  it.each([
    ['drain(pool, { within })', { within: 200 }, /raise "within"/],
    ['"terminateTimeout"', {}, /raise "terminateTimeout"/],
  ])('is reported as a warning that names what ended the wait: %s', async (_what, within, advice) => {
    const warned: string[] = []
    const emit = jest.spyOn(process, 'emitWarning').mockImplementation((title, options) => {
      warned.push(String(title), String((options as unknown as { detail: string }).detail))
    })
    const { pool } = spawned({ size: 1, terminateTimeout: 500, onCallbackError: undefined })
    void drain(pool, within)
    await clock.advance(500)
    emit.mockRestore()
    expect(warned).toEqual(['A member of pool "pool" has not released what it opened.', expect.stringMatching(advice)])
  })

  it('holds up a drain without a limit, and a stop, no longer than "terminateTimeout"', async () => {
    const { pool, errors } = spawned({ terminateTimeout: 500 })
    stop(pool)
    const drained = [watched(drain(pool)), watched(drain(pool))]
    await clock.advance(499)
    expect([drained[0]!.done, drained[1]!.done, errors]).toEqual([false, false, []])
    await clock.advance(1)
    expect([drained[0]!.done, drained[1]!.done, clock.timers]).toEqual([true, true, 0])
    expect(errors).toEqual([
      expect.stringMatching(/"member-1.1".* 500 ms.*"terminateTimeout"/),
      expect.stringMatching(/"member-2.1".* 500 ms.*"terminateTimeout"/),
    ])
  })

  it('is waited for 30 s by default, or as long as configure says', async () => {
    const { pool } = spawned()
    const drained = watched(drain(pool))
    await clock.advance(29_999)
    expect(drained.done).toBe(false)
    await clock.advance(1)
    expect(drained.done).toBe(true)
    const other = spawned({ terminateTimeout: Infinity })
    resize(other.pool, 1)
    await clock.advance(100_000)
    expect(other.errors).toEqual([])
    configure(other.pool, { terminateTimeout: 100_001 })
    await clock.advance(1)
    expect(other.errors).toEqual([expect.stringContaining('"member-2.1"')])
  })

  it('is ended by force where its worker can do that, once it is not waited for any longer', async () => {
    const told: string[] = []
    const worker = {
      state: 0,
      heapMb: 0,
      depth: 1,
      start: () => Promise.resolve({ kind: 'ready', reason: undefined }),
      end: (reason: unknown) => {
        told.push(String(reason))
        return new Promise<void>(() => undefined)
      },
      hurry: () => void told.push('hurry'),
    }
    const Far = definePool({ init: () => 0, calls: { work: () => reply('done') } })
    const onCallbackError = (): void => undefined
    const far = withWorkers(Far, { create: () => worker } as never)
    const pool = spawnPool(system, far, 'far', { size: 2, clock, terminateTimeout: 500, onCallbackError })
    await clock.settle()
    resize(pool, 1)
    await clock.advance(499)
    expect(told).toEqual(['resized'])
    await clock.advance(1)
    expect(told).toEqual(['resized', 'hurry'])
  })

  it('may return or reject later; what it rejects with is reported', async () => {
    const { pool, errors, ends } = spawned({ terminateTimeout: 100 })
    const drained = drain(pool)
    await clock.advance(100)
    await drained
    ends[0]!.resolve()
    ends[1]!.reject(new Error('not closed'))
    await clock.settle()
    expect(errors.slice(2)).toEqual(['not closed'])
  })

  it('holds for one that awaits the drain of its own pool', async () => {
    const errors: unknown[] = []
    const Own: ReturnType<typeof definePool> = definePool({
      init: () => 0,
      calls: {},
      terminate: () => drain(pool),
    }) as never
    const onCallbackError = (error: unknown): void => void errors.push(error)
    const pool = spawnPool(system, Own as never, 'own', { size: 1, clock, onCallbackError }) as PoolRef
    const drained = watched(drain(pool))
    await clock.advance(30_000)
    expect([drained.done, errors.length]).toEqual([true, 1])
  })
})
