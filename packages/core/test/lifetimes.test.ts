import {
  call,
  cast,
  configure,
  type Context,
  definePool,
  drain,
  getMembers,
  getState,
  halt,
  inspect,
  type MemberContext,
  type PoolOptions,
  ready,
  reply,
  resize,
  spawnPool,
  watchDeadLetters,
} from '@genpool/core'
import { virtualClock, type VirtualClock } from '@genpool/runtime/testing'
import * as nact from 'nact'
import { type ActorSystemRef, start, stop } from 'nact'

/* eslint-disable @typescript-eslint/no-explicit-any -- plain nact actors and senders */
const dispatch = nact.dispatch as (to: unknown, message: unknown, sender?: unknown) => void
const query = nact.query as (to: unknown, message: unknown, timeout: number) => Promise<any>
const spawn = nact.spawn as (parent: unknown, f: unknown, name?: string, properties?: object) => any
const failure = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    (value) => expect(value).toBe('a failure'),
    (error: unknown) => error,
  )

let system: ActorSystemRef
let clock: VirtualClock
let logged: jest.SpyInstance
beforeEach(() => {
  system = start()
  clock = virtualClock()
  // nact's systems print each fault that reaches them.
  logged = jest.spyOn(console, 'log').mockImplementation(() => undefined)
})
afterEach(() => {
  stop(system)
  logged.mockRestore()
})

/** Members whose life is written down, and who do what they are told. */
function written(options: PoolOptions = {}, ownTerminate?: () => void | Promise<void>) {
  const log: string[] = []
  const gates: (() => void)[] = []
  const contexts: Context[] = []
  const behaviour = definePool({
    init: (ctx: MemberContext) => {
      log.push(`init ${ctx.member.name}`)
      return { done: 0 }
    },
    calls: {
      who: (_message: unknown, _state, ctx) => reply(ctx.member.name),
      done: () => reply('done', (draft) => void draft.done++),
      crash: () => {
        throw new Error('boom')
      },
      end: (message: { reason: unknown }) => halt(message.reason, { reply: 'ended' }),
      hang: async (_message: unknown, _state, ctx) => {
        contexts.push(ctx as Context)
        await new Promise<void>((resolve) => gates.push(resolve))
        return reply('late', (draft) => void draft.done++)
      },
    },
    casts: {
      crash: () => {
        throw new Error('boom')
      },
    },
    handleInfo: (message, _state, ctx) => void log.push(`info ${String(message)} ${ctx.member.name}`),
    terminate: (reason: unknown, state, ctx) => {
      if (ownTerminate !== undefined) return ownTerminate()
      const why = reason instanceof Error ? reason.message : String(reason)
      log.push(`terminate ${ctx.member.name} ${why} ${JSON.stringify(state)}`)
      return undefined
    },
  })
  const pool = spawnPool(system, behaviour, 'pool', { size: 1, clock, state: 'isolated', ...options }) as any
  const open = (): void => gates.splice(0).forEach((gate) => gate())
  return { pool, log, open, contexts }
}

const count = (log: readonly string[], start: string): number => log.filter((line) => line.startsWith(start)).length

describe('a crash', () => {
  it('rejects its caller at once with the cause, and replaces the member under a new incarnation', async () => {
    const { pool, log } = written()
    const error = await failure(call(pool, { type: 'crash' }))
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', pool: 'pool', member: 'member-1.1', type: 'crash' })
    expect(error.cause).toMatchObject({ message: 'boom' })
    expect(await call(pool, { type: 'who' })).toBe('member-1.2')
    expect(log).toEqual(['init member-1.1', 'terminate member-1.1 boom {"done":0}', 'init member-1.2'])
    expect(clock.now()).toBe(0)
  })

  it('of a query or a dispatch is like one of a call; of a cast it is a dead letter', async () => {
    const { pool } = written()
    const letters: unknown[] = []
    watchDeadLetters(pool, ({ message, error }) => letters.push([message, error.code]))
    expect(await failure(query(pool, { type: 'crash' }, 1000))).toMatchObject({ code: 'ERR_GENPOOL_CRASHED' })
    expect(cast(pool, { type: 'crash' })).toEqual({ ok: true })
    dispatch(pool, { type: 'crash' })
    expect(await call(pool, { type: 'who' })).toBe('member-1.4')
    expect(letters).toEqual([
      [{ type: 'crash' }, 'ERR_GENPOOL_CRASHED'],
      [{ type: 'crash' }, 'ERR_GENPOOL_CRASHED'],
    ])
    expect(inspect(pool)).toMatchObject({ restarts: 3, deadLetters: 2, outcomes: { crashed: 3, replied: 1 } })
  })

  it('does not affect the other members, the shared state and waiting requests', async () => {
    const { pool } = written({ size: 2, state: 'shared' })
    await call(pool, { type: 'done' })
    const answers = Array.from({ length: 20 }, (_, n) => call(pool, { type: n % 5 === 2 ? 'crash' : 'done' }))
    const settled = await Promise.allSettled(answers)
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(16)
    expect(getState(pool)).toEqual({ done: 17 })
    expect(inspect(pool)).toMatchObject({ size: 2, members: { idle: 2, busy: 0 }, restarts: 4 })
  })
})

describe('restart intensity', () => {
  const limits = { restart: { intensity: 2, within: 1000 } } as const

  it('allows its number of crashes within its window, and forgets old ones', async () => {
    const { pool } = written(limits)
    for (let i = 0; i < 10; i++) {
      await failure(call(pool, { type: 'crash' }))
      await clock.advance(501)
    }
    expect(await call(pool, { type: 'who' })).toBe('member-1.11')
  })

  it('if it is exceeded, the pool stops and waiting callers get the reason', async () => {
    const { pool, log } = written(limits)
    const answers = ['crash', 'crash', 'crash', 'who', 'who'].map((type) => failure(call(pool, { type } as never)))
    const errors = await Promise.all(answers)
    expect(errors.map((error) => error.code)).toEqual([
      ...Array.from({ length: 3 }, () => 'ERR_GENPOOL_CRASHED'),
      ...Array.from({ length: 2 }, () => 'ERR_GENPOOL_STOPPED'),
    ])
    expect(errors[4]).toMatchObject({ started: false, cause: { cause: { message: 'boom' } } })
    expect(errors[4].message).toMatch(/more than 2 members crashed within 1000 ms: boom/)
    expect(inspect(pool).phase).toBe('stopped')
    expect(await failure(call(pool, { type: 'who' }))).toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
    expect(await failure(ready(pool)).catch(() => 'was ready')).toBeDefined()
    expect([count(log, 'init'), count(log, 'terminate')]).toEqual([3, 3])
    expect(clock.timers).toBe(0)
  })

  it('does not count members that end normally, are recycled, resized or stuck', async () => {
    const { pool } = written({
      restart: { intensity: 0 },
      recycle: { afterMessages: 2, jitter: 0 },
      stuckAfter: 100,
      size: 2,
    })
    await call(pool, { type: 'end', reason: 'normal' })
    await call(pool, { type: 'end', reason: 'shutdown' })
    for (let i = 0; i < 9; i++) await call(pool, { type: 'who' })
    const stuck = failure(call(pool, { type: 'hang' }))
    await clock.advance(200)
    expect(await stuck).toMatchObject({ code: 'ERR_GENPOOL_CRASHED' })
    resize(pool, 1)
    resize(pool, 2)
    expect(inspect(pool).phase).toBe('running')
    expect(await call(pool, { type: 'end', reason: 'a fault' })).toBe('ended')
    expect(inspect(pool).phase).toBe('stopped')
  })

  it('escalates to a plain parent, whose onCrash gets the pool and the cause; with any decision the pool ends', async () => {
    const told: any[] = []
    const parent = spawn(system, () => undefined, 'parent', {
      onCrash: (_message: unknown, error: Error, ctx: any, child: any) => {
        told.push([error.message, child?.name])
        return ctx.resume
      },
    })
    const pool = spawnPool(
      parent,
      definePool({
        calls: {
          crash: () => {
            throw new Error('boom')
          },
        },
      }),
      'pool',
      { size: 1, restart: { intensity: 0 } },
    )
    await failure(call(pool, { type: 'crash' }))
    await clock.settle()
    expect(told).toEqual([[expect.stringContaining('boom'), 'pool']])
    expect(inspect(pool).phase).toBe('stopped')
    expect(nact.dispatch(parent, 'still there')).toBeUndefined()
  })

  it('escalates to a parent pool, which continues', async () => {
    const upper = written()
    const Fragile = definePool({
      calls: {
        crash: () => {
          throw new Error('boom')
        },
      },
    })
    const lower = spawnPool(upper.pool, Fragile, 'lower', { size: 1, restart: { intensity: 0 } })
    await failure(call(lower, { type: 'crash' }))
    expect(inspect(lower).phase).toBe('stopped')
    expect(await call(upper.pool, { type: 'who' })).toBe('member-1.1')
  })
})

describe('an init that fails', () => {
  /** Each start at its own time, in milliseconds. */
  function failing(options: PoolOptions, succeedsAt = Infinity) {
    const starts: number[] = []
    const Failing = definePool({
      init: () => {
        starts.push(clock.now() / 1e6)
        if (clock.now() / 1e6 < succeedsAt) throw new Error('no database')
        return 'state'
      },
      calls: { get: (_message, state: string) => reply(state) },
    })
    return { starts, pool: spawnPool(system, Failing, 'pool', { clock, ...options }) }
  }
  const backoff = { min: 100, max: 400, jitter: 0 }

  it.each(['shared', 'isolated'] as const)(
    'is retried after min, twice as long each time, up to max (%s)',
    async (state) => {
      const { pool, starts } = failing({ state, size: 1, restart: { attempts: Infinity, backoff } })
      const waiting = failure(call(pool, { type: 'get' }, { timeout: 1590 }))
      await clock.advance(1600)
      expect(starts).toEqual([0, 100, 300, 700, 1100, 1500])
      expect(await waiting).toMatchObject({ code: 'ERR_GENPOOL_EXPIRED', started: false })
    },
  )

  it.each(['shared', 'isolated'] as const)('gives up after `attempts`, with its cause (%s)', async (state) => {
    const { pool, starts } = failing({ state, size: 1, restart: { attempts: 3, backoff } })
    const [waiting, started] = [failure(call(pool, { type: 'get' })), failure(ready(pool))]
    await clock.advance(299)
    expect(starts).toHaveLength(2)
    await clock.advance(2)
    for (const error of [await waiting, await started]) {
      expect(error).toMatchObject({ code: 'ERR_GENPOOL_STOPPED', started: false })
      expect(error.message).toMatch(/its init failed 3 times in a row: no database/)
    }
    await clock.advance(10_000)
    expect([starts.length, clock.timers]).toEqual([3, 0])
  })

  it.each([
    ['shared', 1],
    ['isolated', 1],
    ['isolated', 20],
  ] as const)('waits for what it needs, however many members there are (%s, %i)', async (state, size) => {
    const { pool, starts } = failing({ state, size, restart: { attempts: 5, backoff } }, 500)
    const waiting = call(pool, { type: 'get' })
    await clock.advance(1000)
    expect(await waiting).toBe('state')
    expect(starts.filter((at) => at < 100)).toHaveLength(state === 'shared' ? 1 : size)
    expect(inspect(pool).members.idle).toBe(size)
  })

  it('waits between min and max less the jitter', async () => {
    const { starts } = failing({
      state: 'isolated',
      size: 1,
      restart: { attempts: Infinity, backoff: { min: 100, max: 100, jitter: 0.5 } },
    })
    await clock.advance(5000)
    const waits = starts.slice(1).map((at, i) => at - starts[i]!)
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(50)
    expect(Math.max(...waits)).toBeLessThanOrEqual(100)
    expect(new Set(waits).size).toBeGreaterThan(10)
  })

  it('settles what was sent to the member that could not start', async () => {
    const Failing = definePool({
      init: () => Promise.reject<number>(new Error('no database')),
      handleCall: () => reply(1),
    })
    const pool = spawnPool(system, Failing, 'pool', { clock, state: 'isolated', size: 1, restart: { attempts: 1 } })
    const own = getMembers(pool)[0]!.ref
    const asked = failure(query(own, 'get', 1_000_000))
    dispatch(own, 'hello')
    await clock.settle()
    expect(await asked).toMatchObject({ code: 'ERR_GENPOOL_STOPPED', started: false })
    expect(inspect(pool)).toMatchObject({ accepted: 1, deadLetters: 1, outcomes: { stopped: 1, invalid: 1 } })
  })
})

describe('retryOnCrash and poisonAfter', () => {
  function crashing(times: number, options: PoolOptions) {
    const runs: string[] = []
    let left = times
    const run = (_message: unknown, _state: unknown, ctx: any): any => {
      runs.push(`${ctx.member.name} ${ctx.attempt}`)
      if (left-- > 0) throw new Error('boom')
    }
    const Crashing = definePool({
      calls: { work: (m, s, c) => run(m, s, c) ?? reply('done'), once: (m, s, c) => run(m, s, c) ?? reply('done') },
      casts: { work: run },
    })
    const pool = spawnPool(system, Crashing, 'pool', { size: 1, clock, ...options })
    const letters: any[] = []
    watchDeadLetters(pool, (letter) => letters.push(letter))
    return { pool, runs, letters }
  }

  it('retries a message that is declared repeatable, on another incarnation', async () => {
    const { pool, runs, letters } = crashing(2, { retryOnCrash: { work: 2 } })
    expect(await call(pool, { type: 'work' })).toBe('done')
    expect(runs).toEqual(['member-1.1 1', 'member-1.2 2', 'member-1.3 3'])
    expect(letters).toEqual([])
    expect(inspect(pool).outcomes).toMatchObject({ replied: 1, crashed: 0 })
  })

  it('runs others once', async () => {
    const { pool, runs } = crashing(1, { retryOnCrash: { work: 2 } })
    expect(await failure(call(pool, { type: 'once' }))).toMatchObject({ code: 'ERR_GENPOOL_CRASHED' })
    expect(runs).toHaveLength(1)
  })

  it('gives up after the allowed number of retries', async () => {
    const { pool, runs } = crashing(9, { retryOnCrash: { work: 1 } })
    expect(await failure(call(pool, { type: 'work' }))).toMatchObject({ code: 'ERR_GENPOOL_CRASHED' })
    expect(runs).toHaveLength(2)
  })

  it.each(['call', 'cast'] as const)(
    'puts a %s that crashed `poisonAfter` members into the dead letters, once',
    async (kind) => {
      const dropped: unknown[] = []
      const { pool, runs, letters } = crashing(99, {
        retryOnCrash: { work: 50 },
        poisonAfter: 2,
        onDrop: (letter) => dropped.push(letter),
      })
      if (kind === 'call') {
        expect(await failure(call(pool, { type: 'work' }))).toMatchObject({ code: 'ERR_GENPOOL_CRASHED' })
      } else cast(pool, { type: 'work' })
      await clock.settle()
      expect(runs).toHaveLength(2)
      expect(letters).toEqual([
        { pool: 'pool', message: { type: 'work' }, error: expect.objectContaining({ code: 'ERR_GENPOOL_CRASHED' }) },
      ])
      expect(dropped).toEqual(letters)
      expect(inspect(pool).deadLetters).toBe(1)
    },
  )

  it('repeats before what was sent later, and though the queue is full', async () => {
    const { pool, runs } = crashing(1, { retryOnCrash: { work: 1 }, broker: { client: { type: 'drop', max: 2 } } })
    const order: string[] = []
    const note = (name: string) => () => order.push(name)
    const all = [
      call(pool, { type: 'work' }).then(note('first')),
      call(pool, { type: 'work' }).then(note('second')),
      call(pool, { type: 'work' }).then(note('third')),
    ]
    await clock.settle()
    await Promise.all(all)
    expect(order).toEqual(['first', 'second', 'third'])
    expect(runs).toHaveLength(4)
  })

  it('keeps the deadline, and retries while the pool drains', async () => {
    const { pool, runs } = crashing(1, { retryOnCrash: { work: 3 } })
    const answer = call(pool, { type: 'work' })
    const drained = drain(pool)
    await clock.settle()
    expect(await answer).toBe('done')
    await drained
    expect(runs).toHaveLength(2)
  })
})

describe('stuckAfter', () => {
  it('replaces a stuck member, tells its caller, and ignores its late result', async () => {
    const { pool, log, open, contexts } = written({ state: 'shared', stuckAfter: 1000 })
    const stuck = failure(call(pool, { type: 'hang' }, { timeout: Infinity }))
    const next = call(pool, { type: 'who' })
    await clock.advance(990)
    expect(contexts[0]!.signal.aborted).toBe(false)
    await clock.advance(20)
    expect(await stuck).toMatchObject({
      code: 'ERR_GENPOOL_CRASHED',
      member: 'member-1.1',
      cause: { message: expect.stringContaining('1000 ms') },
    })
    expect(contexts[0]!.signal.aborted).toBe(true)
    expect(await next).toBe('member-1.2')
    open()
    await clock.settle()
    expect(getState(pool)).toEqual({ done: 0 })
    expect(contexts[0]!.from.reply('too late')).toBe(false)
    expect(count(log, 'terminate member-1.1 stuck')).toBe(1)
    expect(inspect(pool)).toMatchObject({ restarts: 1, members: { idle: 1, busy: 0 } })
  })

  it('lets a drained pool end although a handler never ends', async () => {
    const { pool } = written({ stuckAfter: 1000 })
    const stuck = failure(call(pool, { type: 'hang' }, { timeout: Infinity }))
    let drained = false
    void drain(pool).then(() => (drained = true))
    await clock.advance(100)
    stop(pool)
    await clock.advance(10)
    expect(await stuck).toMatchObject({ code: 'ERR_GENPOOL_STOPPED', started: true })
    expect(drained).toBe(false)
    await clock.advance(1000)
    expect([drained, clock.timers]).toEqual([true, 0])
  })

  it('fences a plain function off all of its effects', async () => {
    const effects: unknown[] = []
    let open!: () => void
    const pool = spawnPool(
      system,
      async (state: number, _message: string, ctx) => {
        ctx.afterCommit((committed) => effects.push(committed))
        await new Promise<void>((resolve) => (open = resolve))
        return state + 1
      },
      'pool',
      { initialState: 0, clock, stuckAfter: 100 },
    )
    cast(pool, 'go')
    await clock.advance(200)
    open()
    await clock.settle()
    expect([effects, getState(pool)]).toEqual([[], [0]])
  })
})

describe('recycle', () => {
  it('replaces a member after its number of messages, between two of them', async () => {
    const { pool, log } = written({ recycle: { afterMessages: 3, jitter: 0 } })
    const names = await Promise.all(Array.from({ length: 9 }, () => call(pool, { type: 'who' })))
    expect(names).toEqual([1, 2, 3].flatMap((n) => Array.from({ length: 3 }, () => `member-1.${n}`)))
    expect(count(log, 'terminate member-1.1 recycled')).toBe(1)
  })

  it('replaces a member of a certain age; a busy one when it is done', async () => {
    const { pool, open, log } = written({ recycle: { afterMs: 1000, jitter: 0 } })
    await clock.advance(990)
    expect(await call(pool, { type: 'who' })).toBe('member-1.1')
    await clock.advance(20)
    expect(await call(pool, { type: 'who' })).toBe('member-1.2')
    const busy = call(pool, { type: 'hang' })
    await clock.advance(1500)
    expect(log.filter((line) => line.includes('member-1.2'))).toEqual(['init member-1.2'])
    open()
    expect(await busy).toBe('late')
    expect(await call(pool, { type: 'who' })).toBe('member-1.3')
    expect(log).toContain('terminate member-1.2 recycled {"done":1}')
  })

  it('does not replace all members at the same time', async () => {
    const { log } = written({ size: 50, recycle: { afterMs: 1000, jitter: 0.5 } })
    await clock.advance(490)
    expect(count(log, 'terminate')).toBe(0)
    await clock.advance(260)
    expect(count(log, 'terminate')).toBeGreaterThan(5)
    expect(count(log, 'terminate')).toBeLessThan(45)
    await clock.advance(270)
    expect(count(log, 'terminate')).toBeGreaterThanOrEqual(50)
  })

  it('applies to running members when it is changed', async () => {
    const { pool } = written()
    configure(pool, { recycle: { afterMessages: 2, jitter: 0 } })
    const names = await Promise.all(Array.from({ length: 4 }, () => call(pool, { type: 'who' })))
    expect(names).toEqual(['member-1.1', 'member-1.1', 'member-1.2', 'member-1.2'])
    await clock.advance(500)
    configure(pool, { recycle: { afterMessages: Infinity, afterMs: 600 } })
    await clock.advance(110)
    expect(await call(pool, { type: 'who' })).toBe('member-1.4')
    configure(pool, { recycle: { afterMs: Infinity } })
    await clock.advance(5000)
    expect(await call(pool, { type: 'who' })).toBe('member-1.4')
  })
})

describe('terminate', () => {
  const ways: Record<string, (pool: any, open: () => void) => unknown> = {
    stop: (pool) => stop(pool),
    'stop of the system': () => stop(system),
    drain: (pool) => drain(pool),
    crash: (pool) => failure(call(pool, { type: 'crash' })),
    halt: (pool) => call(pool, { type: 'end', reason: 'normal' }),
    recycle: (pool) => configure(pool, { recycle: { afterMs: 10 } }),
    resize: (pool) => resize(pool, 1),
    'stop of its address': (pool) => stop(getMembers(pool)[1]!.ref as never),
    'stop while busy': (pool, open) => {
      for (const type of ['hang', 'hang']) void call(pool, { type }).catch(() => undefined)
      void clock.settle().then(() => (stop(pool), open()))
    },
  }

  it.each(Object.entries(ways))('is called once for each init, after %s', async (_name, end) => {
    const { pool, log, open } = written({ size: 2 })
    getMembers(pool)
    end(pool, open)
    await clock.advance(100)
    stop(pool)
    await clock.advance(100)
    const lives = (start: string): string[] =>
      log.filter((line) => line.startsWith(start)).map((line) => line.split(' ')[1]!)
    expect(lives('terminate').sort()).toEqual(lives('init').sort())
    expect(log.filter((line) => line.includes('undefined'))).toEqual([])
  })

  it('stopping replaces no member, also when member addresses are known', async () => {
    const { pool, log } = written({ size: 3 })
    getMembers(pool)
    stop(pool)
    await clock.settle()
    expect([count(log, 'init'), count(log, 'terminate')]).toEqual([3, 3])
  })

  it('waits for the handler in flight, and gets the last state', async () => {
    const { pool, log, open } = written()
    await call(pool, { type: 'done' })
    const busy = failure(call(pool, { type: 'hang' }))
    await clock.settle()
    stop(pool)
    expect(await busy).toMatchObject({ code: 'ERR_GENPOOL_STOPPED', started: true })
    expect(count(log, 'terminate')).toBe(0)
    open()
    await clock.settle()
    expect(log.at(-1)).toBe('terminate member-1.1 shutdown {"done":1}')
  })

  it('runs after a slow init whose member was already given up, and not before', async () => {
    const open: (() => void)[] = []
    const log: unknown[] = []
    const Slow = definePool({
      init: async (ctx) => {
        await new Promise<void>((resolve) => open.push(resolve))
        return `connection of ${ctx.member.name}`
      },
      terminate: (reason, state) => void log.push([reason, state]),
      calls: { get: (_message, state) => reply(state) },
    })
    const pool = spawnPool(system, Slow, 'pool', { size: 2, state: 'isolated', clock })
    resize(pool, 1)
    stop(pool)
    await clock.settle()
    expect(log).toEqual([])
    open.forEach((each) => each())
    await clock.settle()
    expect(log.sort()).toEqual([
      ['resized', 'connection of member-2.1'],
      ['shutdown', 'connection of member-1.1'],
    ])
  })

  it('that throws goes to onCallbackError, and the pool continues', async () => {
    const errors: unknown[] = []
    const { pool } = written({ onCallbackError: (error) => errors.push(error) }, () => {
      throw new Error('cannot close')
    })
    await call(pool, { type: 'end', reason: 'normal' })
    expect(await call(pool, { type: 'who' })).toBe('member-1.2')
    expect(errors).toEqual([expect.objectContaining({ message: 'cannot close' })])
    stop(pool)
    await Promise.resolve()
    expect(errors).toHaveLength(2)
  })

  it('delays drain until it is done', async () => {
    let release!: () => void
    const { pool } = written({}, () => new Promise<void>((resolve) => (release = resolve)))
    await call(pool, { type: 'who' })
    let drained = false
    const end = drain(pool).then(() => (drained = true))
    await clock.settle()
    expect([drained, inspect(pool).phase]).toEqual([false, 'stopped'])
    release()
    await end
  })
})

describe("a member's own address", () => {
  it('reaches only that member, in handleInfo, and nothing after it has ended', async () => {
    const { pool, log } = written({ size: 3 })
    const [, second] = getMembers(pool)
    dispatch(second!.ref, 'hello')
    await clock.settle()
    expect(log.at(-1)).toBe('info hello member-2.1')
    stop(second!.ref as never)
    dispatch(second!.ref, 'still there?')
    await clock.settle()
    expect(log.filter((line) => line.startsWith('info'))).toHaveLength(1)
    expect(getMembers(pool).map(({ name }) => name)).toEqual(['member-1.1', 'member-2.2', 'member-3.1'])
  })

  it('has children that stop with the member, and are not children of the pool', async () => {
    const Parent = definePool({
      init: () => 0,
      calls: {
        spawn: (_message, _state, ctx) => {
          spawn(ctx.member.ref, (state: unknown) => state, 'child')
          return reply([...ctx.children.keys()])
        },
        crash: () => {
          throw new Error('boom')
        },
      },
    })
    const pool = spawnPool(system, Parent, 'pool', { size: 1, clock })
    expect(await call(pool, { type: 'spawn' })).toEqual([])
    const { findActor } = await import('@genpool/runtime')
    const own = getMembers(pool)[0]!.ref as never
    const child = findActor(own)!.children.get('child')!
    expect(child.stopped).toBe(false)
    await failure(call(pool, { type: 'crash' }))
    expect(child.stopped).toBe(true)
    expect(findActor(own)).toBeUndefined()
    expect(await call(pool, { type: 'spawn' })).toEqual([])
  })
})
