import {
  broadcast,
  call,
  cast,
  configure,
  type Context,
  definePool,
  drain,
  getMembers,
  getState,
  inspect,
  noReply,
  type PoolOptions,
  ready,
  reply,
  resize,
  spawnPool,
} from '@genpool/core'
import * as nact from 'nact'
import { stop } from 'nact'
import { clock, system } from './virtual-system'

/* eslint-disable @typescript-eslint/no-explicit-any -- queries and errors of any shape */
const query = nact.query as (to: unknown, message: unknown, timeout: number) => Promise<any>
const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => value,
    (error: { code?: string }) => error.code ?? String(error),
  )

/** A pool whose init takes 100 ms. */
function spawned(options: PoolOptions = {}, initMs = 100) {
  const log: string[] = []
  const contexts: Context[] = []
  const Work = definePool({
    init: async (ctx: { member: { name: string } }) => {
      log.push(`init ${ctx.member.name}`)
      if (initMs > 0) await clock.wait(initMs)
      return { count: 0 }
    },
    calls: {
      add: () => reply('added', (draft) => void draft.count++),
      work: async (msg: { ms: number }) => {
        await clock.wait(msg.ms)
        return reply('worked', (draft) => void draft.count++)
      },
      late: (_message: unknown, _state, ctx) => {
        contexts.push(ctx as Context)
        return noReply()
      },
      again: () => noReply(undefined, { continue: 'go on' }) as never,
    },
    casts: { add: () => noReply((draft) => void draft.count++), again: () => noReply(undefined, { continue: 1 }) },
    handleInfo: (message, _state, ctx) => void log.push(`info ${String(message)} ${ctx.member.name}`),
    handleContinue: async (argument) => {
      await clock.wait(10)
      log.push(`continued with ${String(argument)}`)
    },
    terminate: (_reason, state, ctx) => void log.push(`terminate ${ctx.member.name} ${JSON.stringify(state)}`),
  })
  return { log, contexts, pool: spawnPool(system, Work, 'pool', { size: 2, clock, ...options }) }
}

describe('a pool that starts', () => {
  it('with a shared state makes one state, also when it is resized or configured before the state exists', async () => {
    const { pool, log } = spawned()
    const answer = call(pool, { type: 'add' })
    resize(pool, 4)
    configure(pool, { timeout: 1000 })
    await clock.advance(200)
    expect(await answer).toBe('added')
    expect(inspect(pool)).toMatchObject({ size: 4, members: { idle: 4 } })
    expect(getState(pool)).toEqual({ count: 1 })
    expect(log).toEqual(['init member-0.1'])
  })

  it('with isolated states starts only the members that are wanted in the end', async () => {
    const { pool, log } = spawned({ state: 'isolated', size: 4 })
    resize(pool, 1)
    resize(pool, 2)
    await clock.advance(200)
    expect(getMembers(pool).map(({ name, status }) => [name, status])).toEqual([
      ['member-1.1', 'idle'],
      ['member-2.2', 'idle'],
    ])
    expect(log.filter((line) => line.startsWith('terminate'))).toHaveLength(3)
  })

  it('keeps calls waiting, expires them at their deadline, and drains when it has started', async () => {
    const { pool } = spawned()
    const calls = [call(pool, { type: 'add' }, { timeout: 50 }), call(pool, { type: 'add' })].map(outcome)
    const drained = drain(pool)
    // It has to start to finish what it has.
    const started = ready(pool)
    await clock.advance(200)
    await drained
    expect(await Promise.all(calls)).toEqual(['ERR_GENPOOL_EXPIRED', 'added'])
    await expect(started).resolves.toBeUndefined()
    await expect(ready(pool)).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
  })

  it('can be stopped before it has started: waiting callers are told, and nothing is left', async () => {
    const { pool, log } = spawned()
    const calls = [
      outcome(call(pool, { type: 'add' })),
      outcome(query(pool, { type: 'add' }, 1000)),
      outcome(ready(pool)),
    ]
    cast(pool, { type: 'add' })
    stop(pool as never)
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 3 }, () => 'ERR_GENPOOL_STOPPED'))
    await clock.advance(200)
    expect([log, clock.timers]).toEqual([['init member-0.1', 'terminate member-0.1 {"count":0}'], 0])
  })

  it('gives members earlier broadcasts, once, before anything else', async () => {
    const { pool, log } = spawned({ state: 'isolated', size: 1 })
    const answer = call(pool, { type: 'add' })
    broadcast(pool, 'one')
    broadcast(pool, 'always', { lateJoiners: true })
    await clock.advance(200)
    expect(await answer).toBe('added')
    expect(log.slice(1)).toEqual(['info one member-1.1', 'info always member-1.1'])
  })
})

describe('a pool that drains', () => {
  it.each(['call', 'cast', 'query'] as const)('serves a %s that came in the same turn', async (kind) => {
    const { pool } = spawned({}, 0)
    await clock.settle()
    const answer =
      kind === 'call' ? call(pool, { type: 'add' }) : kind === 'query' ? query(pool, { type: 'add' }, 9) : 'added'
    if (kind === 'cast') cast(pool, { type: 'add' })
    const drained = drain(pool)
    await clock.settle()
    await drained
    expect(await answer).toBe('added')
    expect(inspect(pool).outcomes).toMatchObject({ replied: 1, stopped: 0 })
  })

  it('finishes broadcasts, messages to members, and continue steps', async () => {
    const { pool, log } = spawned({}, 0)
    await clock.settle()
    cast(pool, { type: 'again' })
    broadcast(pool, 'news')
    const drained = drain(pool)
    await clock.advance(20)
    await drained
    expect(log.filter((line) => !line.startsWith('terminate')).sort()).toEqual([
      'continued with 1',
      'info news member-1.1',
      'info news member-2.1',
      'init member-0.1',
    ])
  })

  it('waits for late answers', async () => {
    const { pool, contexts } = spawned({}, 0)
    await clock.settle()
    const answer = outcome(call(pool, { type: 'late' }))
    await clock.settle()
    let done = false
    const drained = drain(pool).then(() => (done = true))
    await clock.advance(1000)
    expect(done).toBe(false)
    contexts[0]!.from.reply('finally')
    await clock.settle()
    await drained
    expect(await answer).toBe('finally')
  })

  it('can still be resized and configured, and be given less time', async () => {
    const { pool } = spawned({ size: 1 }, 0)
    await clock.settle()
    const calls = Array.from({ length: 6 }, () => outcome(call(pool, { type: 'work', ms: 100 }, { timeout: Infinity })))
    await clock.settle()
    const drained = drain(pool)
    resize(pool, 3)
    void drain(pool, { within: 150 })
    void drain(pool, { within: 100_000 })
    await clock.advance(160)
    expect(await Promise.all(calls)).toEqual([
      ...Array.from({ length: 3 }, () => 'worked'),
      ...Array.from({ length: 3 }, () => 'ERR_GENPOOL_STOPPED'),
    ])
    await clock.advance(100)
    await drained
    expect(clock.timers).toBe(0)
  })

  it('ends after `within` although a handler never ends, and tells its caller', async () => {
    const Hanging = definePool({ init: () => 0, calls: { hang: () => new Promise<never>(() => undefined) } })
    const pool = spawnPool(system, Hanging, 'hanging', { clock, size: 2 })
    const caller = call(pool, { type: 'hang' }, { timeout: Infinity }).catch((error: unknown) => error)
    let drained = false
    void drain(pool, { within: 200 }).then(() => (drained = true))
    await clock.advance(199)
    expect(drained).toBe(false)
    await clock.advance(1)
    expect(drained).toBe(true)
    expect(await caller).toMatchObject({ code: 'ERR_GENPOOL_STOPPED', started: true })
  })

  it('refuses an invalid `within`, and continues', async () => {
    const { pool } = spawned()
    for (const within of [NaN, -1, '5', null, {}]) {
      expect(() => drain(pool, { within: within as never })).toThrow(/at within: expected milliseconds/)
    }
    await clock.advance(200)
    expect(inspect(pool).phase).toBe('running')
  })
})

describe('a pool that has stopped', () => {
  it('refuses everything with a StoppedError, throws nothing in a dispatch, and starts no member', async () => {
    const { pool, log } = spawned({}, 0)
    await clock.settle()
    const [member] = getMembers(pool)
    stop(pool as never)
    await clock.settle()
    expect(await outcome(call(pool, { type: 'add' }))).toBe('ERR_GENPOOL_STOPPED')
    expect(cast(pool, { type: 'add' })).toMatchObject({ ok: false, error: { code: 'ERR_GENPOOL_STOPPED' } })
    for (const to of [pool, member!.ref]) {
      expect(() => nact.dispatch(to as never, { type: 'add' } as never)).not.toThrow()
    }
    for (const change of [() => resize(pool, 5), () => configure(pool, { timeout: 5 })]) {
      expect(change).toThrow(expect.objectContaining({ code: 'ERR_GENPOOL_STOPPED' }))
    }
    expect(broadcast(pool, 'anybody?')).toBe(0)
    await drain(pool)
    await clock.advance(1000)
    expect(getMembers(pool)).toEqual([])
    expect(inspect(pool)).toMatchObject({ phase: 'stopped', size: 0 })
    expect(getState(pool)).toEqual({ count: 0 })
    expect(log.filter((line) => line.startsWith('init'))).toHaveLength(1)
  })

  it('tells the caller of an assigned message that has not begun that it was not started', async () => {
    const { pool } = spawned({}, 0)
    await clock.settle()
    const answer = call(pool, { type: 'add' })
    stop(pool as never)
    await expect(answer).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED', started: false })
  })
})
