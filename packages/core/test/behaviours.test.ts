import {
  call,
  cast,
  definePool,
  type From,
  getState,
  halt,
  ignore,
  initThen,
  noReply,
  ready,
  refuse,
  reply,
  spawnPool,
} from '@genpool/core'
import * as nact from 'nact'
import { spawn } from 'nact'
import { z } from 'zod'
import { clock, system } from './virtual-system'

/* eslint-disable @typescript-eslint/no-explicit-any -- plain nact actors and senders */
const dispatch = nact.dispatch as (to: unknown, message: unknown, sender?: unknown) => void
const query = nact.query as (to: unknown, message: unknown, timeout: number) => Promise<any>
const failure = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    (value) => expect(value).toBe('a failure'),
    (error: unknown) => error,
  )

describe('schemas', () => {
  it('refuse a message before it is queued, with the path, and pass their output to the handler', async () => {
    const seen: unknown[] = []
    const Checked = definePool({
      init: () => 0,
      calls: {
        add: {
          schema: z.object({ type: z.literal('add'), value: z.coerce.number() }),
          handle: (msg: { value: number }, state: number) => {
            seen.push(msg.value)
            return reply(state + msg.value)
          },
        },
      },
    })
    const pool = spawnPool(system, Checked, 'pool')
    expect(await call(pool, { type: 'add', value: '7' })).toBe(7)
    const error = await failure(call(pool, { type: 'add', value: 'seven' }))
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_INVALID', path: ['value'] })
    expect(error.message).toContain('message "add" to pool "pool"')
    expect(seen).toEqual([7])
  })
})

describe('catch-alls', () => {
  const Any = definePool({
    init: () => ({ log: [] as string[] }),
    handleCall: (message: string | { stop: boolean }, from: From, state) => {
      if (typeof message !== 'string')
        return halt('asked to', { reply: ['bye'], next: { log: [...state.log, 'halted'] } })
      if (message === 'later') {
        setImmediate(() => {
          from.reply('late')
          from.reply('too late')
        })
        return noReply()
      }
      return reply([...state.log])
    },
    handleCast: (message: string, _state) =>
      noReply((draft) => void draft.log.push(message), message === 'go on' ? { continue: 'argument' } : undefined),
    handleContinue: (argument, _state) => noReply((draft) => void draft.log.push(`continued with ${String(argument)}`)),
    handleInfo: (message, _state, ctx) =>
      noReply((draft) => void draft.log.push(`info ${JSON.stringify(message)} to ${ctx.member.name}`)),
  })

  it('handle messages of any shape, answer later and once, continue before other messages, and handle infos', async () => {
    const pool = spawnPool(system, Any, 'pool', { size: 1 })
    cast(pool, 'go on')
    cast(pool, 'next')
    expect(await call(pool, 'log')).toEqual(['go on', 'continued with argument', 'next'])
    expect(await call(pool, 'later')).toBe('late')
    expect(await call(pool, { stop: true })).toEqual(['bye'])
    dispatch(pool, 'as a cast')
    expect(await call(pool, 'log')).toEqual(['go on', 'continued with argument', 'next', 'halted', 'as a cast'])
  })

  it('get { type: "timeout" } when a member is idle for that long, and not if it is busy', async () => {
    const log: string[] = []
    const Idle = definePool({
      init: () => 0,
      calls: { work: () => reply('done', undefined, { timeout: 100 }) },
      handleInfo: (message) => void log.push((message as { type: string }).type),
    })
    const pool = spawnPool(system, Idle, 'pool', { size: 1, clock })
    for (let i = 0; i < 3; i++) {
      await call(pool, { type: 'work' })
      await clock.advance(60)
    }
    expect(log).toEqual([])
    await clock.advance(60)
    expect(log).toEqual(['timeout'])
  })

  it('can be reached at the address of a member until it ends', async () => {
    const seen: string[] = []
    const Members = definePool({
      init: () => 0,
      calls: { who: (_message, _state, ctx) => reply(ctx.member), end: () => halt('normal', { reply: 'ended' }) },
      handleInfo: (message, _state, ctx) => void seen.push(`${String(message)} ${ctx.member.name}`),
    })
    const pool = spawnPool(system, Members, 'pool', { size: 2 })
    const [first, second] = await Promise.all([call(pool, { type: 'who' }), call(pool, { type: 'who' })])
    expect(JSON.parse(JSON.stringify(first))).toEqual({ name: first.name, slot: 1, incarnation: 1 })
    dispatch(first.ref, 'hello')
    dispatch(second.ref, 'and you')
    await call(pool, { type: 'who' })
    await call(pool, { type: 'who' })
    expect(seen.sort()).toEqual([`and you ${second.name}`, `hello ${first.name}`].sort())
    await Promise.all([call(pool, { type: 'end' }), call(pool, { type: 'end' })])
    dispatch(first.ref, 'still there?')
    await call(pool, { type: 'who' })
    expect(seen).toHaveLength(2)
  })
})

describe('init', () => {
  const started = (init: any, state: 'shared' | 'isolated' = 'shared') => {
    const log: unknown[] = []
    const behaviour = definePool({
      init,
      handleCall: (_message: unknown, _from, current: unknown) => reply(current),
      handleContinue: (argument) => void log.push(argument),
    })
    return {
      log,
      pool: spawnPool(system, behaviour, 'pool', {
        size: 2,
        state,
        clock,
        restart: { attempts: 2, backoff: { jitter: 0 } },
      }),
    }
  }

  it.each(['shared', 'isolated'] as const)('may be asynchronous, and continue first (%s)', async (state) => {
    const { pool, log } = started(() => Promise.resolve(initThen('made', { continue: 'first' })), state)
    await ready(pool)
    expect(await call(pool, 'what')).toBe('made')
    expect(log).toEqual(state === 'shared' ? ['first'] : ['first', 'first'])
  })

  it.each(['shared', 'isolated'] as const)(
    'may refuse, and ready() and waiting callers get the reason (%s)',
    async (state) => {
      const quiet = jest.spyOn(console, 'log').mockImplementation(() => undefined)
      const { pool } = started(() => Promise.resolve(refuse(new Error('no licence'))), state)
      const waiting = failure(call(pool, 'what'))
      expect(await failure(ready(pool))).toMatchObject({
        code: 'ERR_GENPOOL_STOPPED',
        message: expect.stringContaining('no licence'),
      })
      expect(await waiting).toMatchObject({
        code: 'ERR_GENPOOL_STOPPED',
        message: expect.stringContaining('no licence'),
      })
      quiet.mockRestore()
    },
  )

  it('may ignore a member: the others do the work', async () => {
    const { pool } = started((ctx: any) => (ctx.member.slot === 1 ? ignore() : 'the second'), 'isolated')
    expect(await call(pool, 'what')).toBe('the second')
    expect(getState(pool)).toEqual(['the second'])
  })

  it('that fails is retried after a wait', async () => {
    let tries = 0
    const { pool } = started(() => {
      if (++tries === 1) throw new Error('not yet')
      return 'made'
    })
    const answer = call(pool, 'what')
    await clock.advance(110)
    expect([await answer, tries]).toEqual(['made', 2])
  })
})

describe('a shared state and asynchronous handlers', () => {
  /** Reads, waits until it is let go, and returns a next state: the second of two must run again. */
  const racing = () => {
    const gates: (() => void)[] = []
    const effects: string[] = []
    const attempts: number[] = []
    const Racing = definePool({
      init: () => 0,
      calls: {
        next: async (msg: { name: string }, state, ctx) => {
          attempts.push(ctx.attempt)
          ctx.afterCommit(() => effects.push(`${msg.name} on ${state}`))
          if (ctx.attempt === 1) await new Promise<void>((resolve) => gates.push(resolve))
          dispatch(ctx.sender, `${msg.name} saw ${state}`)
          return noReply(state + 1)
        },
        exact: async (_message, state) => {
          await Promise.resolve()
          return reply(
            (committed) => `${state} became ${committed}`,
            () => 100,
          )
        },
        overwrite: async (_message, state) => {
          await Promise.resolve()
          return reply('written', state + 1000, { commit: 'overwrite' })
        },
      },
    })
    return { gates, effects, attempts, pool: spawnPool(system, Racing, 'pool', { size: 3 }) }
  }
  const turns = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
  }

  it('an answer by dispatch(ctx.sender) waits for the commit, and a lost attempt answers no one', async () => {
    const { gates, effects, attempts, pool } = racing()
    const answers = [query(pool, { type: 'next', name: 'a' }, 1000), call(pool, { type: 'next', name: 'b' })]
    const told: unknown[] = []
    const actor = (spawn as any)(system, (state: unknown, message: unknown) => (told.push(message), state), 'actor')
    dispatch(pool, { type: 'next', name: 'c' }, actor)
    await turns()
    for (const open of gates) open()
    expect((await Promise.all(answers)).sort()).toEqual(['a saw 0', 'b saw 1'])
    await turns()
    expect(told).toEqual(['c saw 2'])
    expect(effects).toEqual(['a on 0', 'b on 1', 'c on 2'])
    expect(attempts.filter((attempt) => attempt > 1).length).toBeGreaterThanOrEqual(2)
    expect(getState(pool)).toBe(3)
  })

  it('a function as answer sees the committed state; one step may overwrite', async () => {
    const { pool } = racing()
    expect(await call(pool, { type: 'exact' })).toBe('0 became 100')
    expect(await call(pool, { type: 'overwrite' })).toBe('written')
    expect(getState(pool)).toBe(1100)
  })
})
