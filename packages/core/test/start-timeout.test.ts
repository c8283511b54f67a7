import {
  call,
  configure,
  initThen,
  definePool,
  drain,
  explain,
  getMembers,
  inspect,
  onEvent,
  type PoolOptions,
  ready,
  reply,
  resize,
  spawnPool,
  StartTimeoutError,
  withWorkers,
} from '@genpool/core'
import { createStore } from '@genpool/state-ane'
import { findActor } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import fc from 'fast-check'
import { type ActorSystemRef, start, stop } from 'nact'

let system: ActorSystemRef
let clock: ReturnType<typeof virtualClock>
let quiet: jest.SpyInstance
beforeEach(() => {
  system = start()
  clock = virtualClock()
  quiet = jest.spyOn(console, 'log').mockImplementation(() => undefined)
})
afterEach(() => {
  stop(system)
  quiet.mockRestore()
})

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => value,
    (error: unknown) => error,
  )

/** What an `init` waits for: settled by the test, in the order in which `init` was called. */
interface Opening {
  open(value: unknown): void
  fail(error: unknown): void
}

const LIMITS = { startTimeout: 1000, backoff: { min: 100, max: 100, jitter: 0 } }

/** A pool whose `init` answers when the test says so, and which writes down what `terminate` is given. */
const spawned = ({ restart, ...options }: PoolOptions = {}) => {
  const openings: Opening[] = []
  const ended: unknown[] = []
  const Slow = definePool({
    init: () => new Promise<{ connection: string }>((open, fail) => void openings.push({ open: open as never, fail })),
    calls: {
      use: (_message, state) => reply(state.connection),
      crash: () => {
        throw new Error('crash')
      },
      wait: async () => {
        await clock.wait(5)
        return reply('waited')
      },
    },
    terminate: (reason, state, ctx) => void ended.push([ctx.member.name, String(reason), state.connection]),
    handleContinue: () => undefined as never,
  })
  const limits = { ...LIMITS, ...restart }
  const pool = spawnPool(system, Slow, 'slow', { size: 1, clock, state: 'isolated', restart: limits, ...options })
  return { openings, ended, pool }
}

describe('an init that never answers', () => {
  it('is a failed start after "restart.startTimeout", and is tried again', async () => {
    const { pool, openings } = spawned()
    const answer = call(pool, { type: 'use' }, { timeout: Infinity })
    await clock.advance(999)
    expect(openings).toHaveLength(1)
    await clock.advance(1 + 100)
    expect(openings).toHaveLength(2)
    openings[1]!.open({ connection: 'second' })
    await clock.settle()
    expect(await answer).toBe('second')
    expect(getMembers(pool)[0]?.name).toBe('member-1.2')
    expect(clock.timers).toBe(0)
  })

  it('is waited for 30 s by default, and for ever with Infinity', async () => {
    const patient = spawned({ restart: { startTimeout: Infinity } })
    await clock.advance(3_600_000)
    expect(patient.openings).toHaveLength(1)
    const Never = definePool({ init: () => new Promise<number>(() => undefined), calls: {} })
    const pool = spawnPool(system, Never, 'never', { clock, size: 1 })
    await clock.advance(29_999)
    expect(inspect(pool).starts).toMatchObject({ failures: 0, timedOut: 0 })
    await clock.advance(1)
    expect(inspect(pool).starts).toMatchObject({ failures: 1, timedOut: 1 })
  })

  it('gives the pool up after "restart.attempts"; ready and callers are told why', async () => {
    const { pool, openings, ended } = spawned({ restart: { attempts: 2 } })
    const started = failure(ready(pool))
    const answer = failure(call(pool, { type: 'use' }, { timeout: Infinity }))
    await clock.advance(5000)
    const why = {
      code: 'ERR_GENPOOL_STOPPED',
      message: expect.stringContaining('init has not answered for 1000 ms'),
      cause: { cause: { code: 'ERR_GENPOOL_START_TIMEOUT', pool: 'slow', member: 'member-1.2', afterMs: 1000 } },
    }
    expect(await started).toMatchObject(why)
    expect(await answer).toMatchObject(why)
    expect(openings).toHaveLength(2)
    expect([inspect(pool).phase, clock.timers]).toEqual(['stopped', 0])
    // Both answer after all, the pool being long gone.
    openings[0]!.open({ connection: 'first' })
    openings[1]!.fail(new Error('too late to matter'))
    await clock.settle()
    expect(ended).toEqual([['member-1.1', 'startTimeout', 'first']])
  })

  it.each(['isolated', 'shared'] as const)('that answers later has its %s state closed, once', async (state) => {
    const { pool, openings, ended } = spawned({ state })
    await clock.advance(1100)
    openings[1]!.open({ connection: 'second' })
    await clock.settle()
    expect(await call(pool, { type: 'use' })).toBe('second')
    expect(ended).toEqual([])
    openings[0]!.open({ connection: 'first' })
    await clock.settle()
    expect(ended).toEqual([[state === 'shared' ? 'member-0.1' : 'member-1.1', 'startTimeout', 'first']])
    expect(await call(pool, { type: 'use' })).toBe('second')
    expect(getMembers(pool)).toHaveLength(1)
  })

  it.each(['isolated', 'shared'] as const)('that rejects later, with a(n) %s state, changes nothing', async (state) => {
    const { pool, openings, ended } = spawned({ state })
    await clock.advance(1100)
    openings[0]!.fail(new Error('late'))
    await clock.settle()
    expect(inspect(pool).starts).toMatchObject({ failures: 1 })
    openings[1]!.open({ connection: 'second' })
    await clock.settle()
    expect(await call(pool, { type: 'use' })).toBe('second')
    expect(ended).toEqual([])
  })

  it('holds for the one that replaces a crashed member', async () => {
    const { pool, openings } = spawned()
    openings[0]!.open({ connection: 'first' })
    await clock.settle()
    await failure(call(pool, { type: 'crash' }))
    const answer = call(pool, { type: 'use' }, { timeout: Infinity })
    await clock.advance(1100)
    expect(openings).toHaveLength(3)
    openings[2]!.open({ connection: 'third' })
    await clock.settle()
    expect(await answer).toBe('third')
  })

  it('holds for a state that is made anew by a reset', async () => {
    const { pool, openings, ended } = spawned({ state: 'shared' })
    openings[0]!.open({ connection: 'first' })
    await clock.settle()
    const actor = findActor(pool as never) as unknown as { reset(): void }
    actor.reset()
    await clock.advance(1000)
    expect(await failure(call(pool, { type: 'use' }))).toMatchObject({
      code: 'ERR_GENPOOL_STOPPED',
      message: expect.stringContaining('init has not answered for 1000 ms'),
    })
    openings[1]!.open({ connection: 'second' })
    await clock.settle()
    expect(ended).toContainEqual(['member-0.1', 'startTimeout', 'second'])
  })

  it('leaves an elastic pool without that member if it has others', async () => {
    const { pool, openings } = spawned({ size: { min: 1, max: 2 }, restart: { attempts: 1 } })
    openings[0]!.open({ connection: 'first' })
    await clock.settle()
    for (let ms = 0; ms < 1000; ms++) {
      void call(pool, { type: 'wait' }).catch(() => undefined)
      await clock.advance(1)
    }
    expect(inspect(pool)).toMatchObject({ size: 2, members: { starting: 1 } })
    await clock.advance(10_000)
    expect(openings.length).toBeGreaterThan(1)
    expect(inspect(pool)).toMatchObject({ phase: 'running', size: 1 })
  })

  it('counts as a failure for the circuit breaker', async () => {
    const { pool } = spawned({ breaker: { failures: 1, wait: 10_000 } })
    await clock.advance(1000)
    expect(inspect(pool).breaker?.state).toBe('open')
  })

  it('is waited for by the new limit as soon as the pool is configured', async () => {
    const { pool, openings } = spawned({ restart: { startTimeout: Infinity } })
    await clock.advance(500)
    configure(pool, { restart: { startTimeout: 600 } })
    await clock.advance(99)
    expect(inspect(pool).starts).toEqual({ oldestMs: 599, failures: 0, timedOut: 0 })
    await clock.advance(1)
    expect(inspect(pool).starts).toEqual({ oldestMs: 0, failures: 1, timedOut: 1 })
    configure(pool, { restart: { startTimeout: Infinity } })
    await clock.advance(60_000)
    expect(openings).toHaveLength(2)
  })

  it('says so in the event, and in the explanation', async () => {
    const events: unknown[] = []
    const off = onEvent('genpool:init:fail', (event) => void events.push(event))
    const { pool } = spawned()
    await clock.advance(500)
    expect(explain(pool).findings[0]).toMatchObject({ finding: 'starting', figures: { longestMs: 500 } })
    await clock.advance(500)
    off()
    expect(events).toMatchObject([
      { member: 'member-1.1', timedOut: true, failures: 1, retryInMs: 100, error: expect.any(StartTimeoutError) },
    ])
    expect(explain(pool).findings[0]).toMatchObject({
      finding: 'start-timeout',
      option: 'restart.startTimeout',
      figures: { failedStarts: 1, timedOut: 1 },
    })
  })

  it('is what callers who give up meanwhile are told of', async () => {
    const { pool } = spawned()
    const first = failure(call(pool, { type: 'use' }, { timeout: 200 }))
    await clock.advance(201)
    expect(await first).toMatchObject({
      code: 'ERR_GENPOOL_EXPIRED',
      message: expect.stringMatching(/init has not answered for 20\d ms/),
    })
    const second = failure(call(pool, { type: 'use' }, { timeout: 850 }))
    await clock.advance(851)
    expect(await second).toMatchObject({
      message: expect.stringContaining('init has not answered for 1000 ms'),
      cause: { code: 'ERR_GENPOOL_START_TIMEOUT' },
    })
  })

  it('is in the explanation also if other members work', async () => {
    const { pool, openings } = spawned({ size: 2, restart: { startTimeout: Infinity } })
    openings[0]!.open({ connection: 'first' })
    await clock.settle()
    expect(explain(pool).calm).toBe(true)
    await clock.advance(12_000)
    expect(explain(pool).findings).toMatchObject([
      { finding: 'starting', says: expect.stringMatching(/^1 member has not started.*not answered for 12 s$/) },
    ])
  })

  it('does not hold up a stop or a drain', async () => {
    const stopped = spawned()
    stop(stopped.pool)
    expect(clock.timers).toBe(0)
    stopped.openings[0]!.open({ connection: 'first' })
    await clock.settle()
    expect(stopped.ended).toEqual([['member-1.1', 'shutdown', 'first']])
    const { pool } = spawned()
    const left = failure(call(pool, { type: 'use' }, { timeout: Infinity }))
    const drained = drain(pool, { within: 200 })
    await clock.advance(200)
    await drained
    expect(await left).toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
    expect(clock.timers).toBe(0)
  })

  it('that answers after a stop has its shared state closed', async () => {
    const { pool, openings, ended } = spawned({ state: 'shared' })
    stop(pool)
    openings[0]!.open({ connection: 'first' })
    await clock.settle()
    expect(ended).toEqual([['member-0.1', 'shutdown', 'first']])
  })

  it('of a member that is not wanted any more is not waited for', async () => {
    const { pool, openings, ended } = spawned({ size: 2 })
    openings[0]!.open({ connection: 'first' })
    await clock.settle()
    resize(pool, 1)
    expect([inspect(pool).starts.oldestMs, clock.timers]).toEqual([0, 0])
    openings[1]!.open({ connection: 'second' })
    await clock.settle()
    expect(ended).toEqual([['member-2.1', 'resized', 'second']])
  })
})

describe('what init opens', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('open' as const), at: fc.nat(30) }),
    fc.record({ do: fc.constant('fail' as const), at: fc.nat(30) }),
    fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 1500 }) }),
    fc.record({ do: fc.constant('resize' as const), size: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ do: fc.constant('crash' as const) }),
    fc.record({ do: fc.constant('stop' as const) }),
  )

  it('goes to terminate exactly once, whenever it is opened and whatever happens to the pool', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { pool, openings, ended } = spawned({ size: 3, restart: { attempts: 3 } })
        const opened = new Set<string>()
        const settled = new Set<number>()
        const settle = (at: number, how: 'open' | 'fail'): void => {
          if (at >= openings.length || settled.has(at)) return
          settled.add(at)
          if (how === 'fail') return openings[at]!.fail(new Error('refused'))
          opened.add(String(at))
          openings[at]!.open({ connection: String(at) })
        }
        for (const each of steps) {
          if (each.do === 'open' || each.do === 'fail') settle(each.at, each.do)
          else if (each.do === 'advance') await clock.advance(each.ms)
          else if (each.do === 'resize' && inspect(pool).phase !== 'stopped') resize(pool, each.size)
          else if (each.do === 'crash') void call(pool, { type: 'crash' }, { timeout: 50 }).catch(() => undefined)
          else if (each.do === 'stop') stop(pool)
          await clock.settle()
        }
        stop(pool)
        for (let at = 0; at < openings.length; at++) settle(at, 'open')
        await clock.advance(5000)
        const closed = ended.map((end) => (end as string[])[2])
        expect(closed.sort()).toEqual([...opened].sort())
        expect(clock.timers).toBe(0)
      }),
      { numRuns: 60 },
    )
  })
})

describe('a start that takes another way', () => {
  it('is limited with initThen, and its late state is closed', async () => {
    const ended: unknown[] = []
    const open: ((value: unknown) => void)[] = []
    const Later = definePool({
      init: async () => {
        const connection = await new Promise<string>((resolve) => void open.push(resolve as never))
        return initThen({ connection }, { continue: 'warm up' })
      },
      calls: { use: (_message, state) => reply(state.connection) },
      handleContinue: () => undefined as never,
      terminate: (reason, state) => void ended.push([reason, state.connection]),
    })
    const pool = spawnPool(system, Later, 'later', { clock, size: 1, state: 'isolated', restart: LIMITS })
    await clock.advance(1100)
    open[0]!('first')
    await clock.settle()
    expect(ended).toEqual([['startTimeout', 'first']])
    stop(pool)
  })

  it("is limited for a user's worker", async () => {
    const ended: unknown[] = []
    const starts: ((started: { kind: 'ready'; reason: undefined }) => void)[] = []
    const Work = definePool({ init: () => 0, calls: { use: () => reply('done') } })
    const workers = {
      create: () => ({
        depth: 1,
        commits: false,
        state: undefined,
        start: () => new Promise((resolve) => void starts.push(resolve as never)),
        give: () => undefined,
        revoke: () => false,
        cancel: () => undefined,
        holdsAnswersOf: () => false,
        startOf: () => null,
        end: (reason: unknown) => void ended.push(reason),
      }),
    }
    const behaviour = withWorkers(Work, workers as never)
    const pool = spawnPool(system, behaviour, 'far', { clock, size: 1, restart: LIMITS })
    await clock.advance(1100)
    expect(starts).toHaveLength(2)
    starts[0]!({ kind: 'ready', reason: undefined })
    await clock.settle()
    expect(ended).toEqual(['startTimeout'])
    stop(pool)
  })

  const durable = (attempts: number) => {
    let open!: (value: unknown) => void
    const log: string[] = []
    const ready = new Promise((resolve) => (open = resolve))
    const store = Object.assign(createStore({ name: 'slow' }), { ready })
    const Work = definePool({
      init: () => {
        log.push('init')
        return 0
      },
      calls: { use: (_message, state) => reply(state) },
      terminate: (reason, _state, ctx) => void log.push(`terminate ${ctx.member.name} ${String(reason)}`),
    })
    const state = { store, validate: () => true }
    const pool = spawnPool(system, Work, 'durable', { clock, size: 1, state, restart: { ...LIMITS, attempts } })
    return { pool, log, open }
  }

  it('is limited for a store that does not open, and what init has made is released', async () => {
    const { pool, log } = durable(2)
    const started = failure(ready(pool))
    await clock.advance(2100)
    expect(await started).toMatchObject({
      code: 'ERR_GENPOOL_STOPPED',
      message: expect.stringContaining('store has not answered for 1000 ms'),
    })
    expect(log).toEqual(['init', 'terminate member-0.1 shutdown'])
  })

  it('waits again for a store that opens later, and does not call init again', async () => {
    const { pool, log, open } = durable(5)
    await clock.advance(1500)
    expect(inspect(pool).starts).toMatchObject({ failures: 1 })
    open(undefined)
    await clock.settle()
    expect(await call(pool, { type: 'use' })).toBe(0)
    expect(log).toEqual(['init'])
  })

  it.each([0, 500, 1050, 1500])(
    'releases it, once, if the pool stops after %i ms, before the store opens',
    async (ms) => {
      const { pool, log, open } = durable(5)
      await clock.advance(ms)
      stop(pool)
      open(undefined)
      await clock.settle()
      expect(log).toEqual(['init', 'terminate member-0.1 shutdown'])
    },
  )
})
