import {
  call,
  cast,
  type Context,
  definePool,
  defineTask,
  getState,
  halt,
  inspect,
  noReply,
  reply,
  spawnPool,
} from '@genpool/core'
import { slowStore } from '@genpool/state-ane/testing'
import * as nact from 'nact'
import { clock, system } from '../virtual-system'

/* eslint-disable @typescript-eslint/no-explicit-any -- wrong on purpose */
const dispatch = nact.dispatch as (to: unknown, message: unknown) => void

type Handle = (ctx: Context<{ n: number }>, again: () => any) => any

/** A pool whose handler does something wrong with the result of `ctx.backOff` in its first run. */
function pool(handle: Handle, options: object = {}): any {
  const run = (ctx: any) => {
    if (ctx.attempt > 1) return undefined
    return handle(ctx, () => ctx.backOff(10, { again: true }))
  }
  const Again = definePool({
    init: () => ({ n: 0 }),
    calls: {
      one: (_message: object, _state: any, ctx: any) => run(ctx) ?? reply(ctx.attempt, raise),
      many: { batch: 3, handle: (list: any, _state: any, ctx: any) => run(ctx) ?? reply(list.map(() => ctx.attempt)) },
    } as any,
    casts: { one: (_message: object, _state: any, ctx: any) => run(ctx) ?? noReply(raise) } as any,
    handleContinue: () => noReply((draft: any) => void (draft.n += 100)),
  } as any)
  return spawnPool(system, Again as any, 'pool', { size: 1, clock, ...options })
}
const raise = (draft: any) => void (draft.n += 1)

/** The places where the result may end up before the commit. */
const places: Record<string, Handle> = {
  thrown: (_ctx, again) => {
    throw again()
  },
  returned: (_ctx, again) => again(),
  awaited: async (_ctx, again) => {
    await again()
    return reply('not run again', raise)
  },
  'returned by an async handler': async (_ctx, again) => again(),
  'that a promise resolves with': (_ctx, again) => Promise.resolve().then(again),
  'in reply': (_ctx, again) => reply(again(), raise),
  'in reply of an async handler': async (_ctx, again) => reply(again(), raise),
  'in reply, as the next state': (_ctx, again) => reply(1, again()),
  'in reply, with an object for its answer': (_ctx, again) => reply({ a: 1 }, again()),
  'in reply, as what comes then': (_ctx, again) => reply(1, raise, again()),
  'in noReply': (_ctx, again) => noReply(again()),
  'in noReply of an async handler': async (_ctx, again) => noReply(again()),
  'in noReply, with the mode exclusive': (_ctx, again) => noReply(again(), { commit: 'exclusive' }),
  'in noReply, with the mode overwrite': (_ctx, again) => noReply(again(), { commit: 'overwrite' }),
  'in noReply, to continue with': (_ctx, again) => noReply(raise, { continue: again() }),
  'in halt': (_ctx, again) => halt(again()),
  'in halt, as its answer': (_ctx, again) => halt('normal', { reply: again(), next: raise }),
  'in halt, as its next state': (_ctx, again) => halt('normal', { reply: 1, next: again() }),
  'returned by a recipe': (_ctx, again) => reply(1, () => again()),
  'thrown by a recipe': (_ctx, again) =>
    reply(1, () => {
      throw again()
    }),
}

describe.each(Object.entries(places))('what ctx.backOff returns with "again", %s', (_place, handle) => {
  it('has the message run again, and commits nothing before', async () => {
    const asked = pool(handle)
    const answer = call(asked, { type: 'one' })
    cast(asked, { type: 'one' })
    await clock.advance(50)
    await expect(answer).resolves.toBe(2)
    expect(getState(asked)).toEqual({ n: 2 })
    expect(inspect(asked)).toMatchObject({
      restarts: 0,
      backOffs: 2,
      stateVersion: 2,
      outcomes: { replied: 2, crashed: 0, invalid: 0 },
    })
  })

  it('does so with a state for each member, in a pool that runs several at once', async () => {
    const isolated = pool(handle, { size: 2, state: 'isolated' })
    const answers = Promise.all([call(isolated, { type: 'one' }), call(isolated, { type: 'one' })])
    await clock.advance(50)
    await expect(answers).resolves.toEqual([2, 2])
  })

  it('does so with a store that is far away', async () => {
    const far = pool(handle, { state: { store: slowStore() } })
    const answer = call(far, { type: 'one' })
    await clock.advance(50)
    await expect(answer).resolves.toBe(2)
    expect(inspect(far)).toMatchObject({ restarts: 0, outcomes: { crashed: 0, invalid: 0 } })
  })
})

describe('what ctx.backOff returns with "again"', () => {
  it.each<[string, (again: () => any, list: any[]) => any]>([
    ['alone', (again) => again()],
    ['in reply', (again) => reply(again())],
    ['as all answers', (again, list) => reply(list.map(again))],
    ['as one of the answers', (again, list) => reply(list.map((_each, i) => (i === 1 ? again() : 1)))],
  ])('has all messages of a batch run again: %s', async (_name, handle) => {
    const Batch = definePool({
      calls: {
        many: {
          batch: 3,
          handle: (list: any[], _state: unknown, ctx: any) =>
            list.length > 1 && ctx.attempt === 1
              ? handle(() => ctx.backOff(10, { again: true }), list)
              : reply(list.map(() => ctx.attempt)),
        },
      } as any,
    }) as any
    const batches = spawnPool(system, Batch, 'batches', { size: 1, clock }) as any
    const answers = Promise.all([1, 2, 3].map(() => call(batches, { type: 'many' })))
    await clock.advance(50)
    await expect(answers).resolves.toEqual(expect.arrayContaining([2]))
    expect(inspect(batches).outcomes).toMatchObject({ replied: 3, crashed: 0, invalid: 0 })
  })

  it('has a message run again from catch-alls, and from a task that gives it to reply', async () => {
    const once = (ctx: any) => (ctx.attempt === 1 ? ctx.backOff(10, { again: true }) : ctx.attempt)
    const CatchAll = definePool({
      handleCall: async (_message: string, _from, _state, ctx) => reply(once(ctx)),
      handleCast: (message: any[], _state, ctx) => (message.push(ctx.attempt), noReply(once(ctx))),
    })
    const catchAll = spawnPool(system, CatchAll, 'catchAll', { size: 1, clock })
    const task = spawnPool(system, defineTask(async (_n: number, ctx) => reply(once(ctx))) as any, 'task', { clock })
    const attempts: number[] = []
    cast(catchAll, attempts)
    const answers = Promise.all([call(catchAll, 'go'), call(task as any, 1)])
    await clock.advance(50)
    await expect(answers).resolves.toEqual([2, 2])
    expect(attempts).toEqual([1, 2])
  })
})

describe('what ctx.backOff returns with "again", after the commit,', () => {
  const fails = async (handle: Handle) => {
    const asked = pool(handle)
    const answer = call(asked, { type: 'one' }).catch((error: unknown) => error) as Promise<any>
    await clock.advance(50)
    return { asked, error: await answer }
  }

  it.each<[string, Handle]>([
    ['is no answer of the function of reply', (_ctx, again) => reply(() => again(), raise)],
    ['is no answer of it without a next state', (_ctx, again) => reply(() => again())],
    ['is not thrown by it', (_ctx, again) => reply(() => { throw again() }, raise)], // prettier-ignore
    ['is no answer of the function of halt', (_ctx, again) => halt('normal', { reply: () => again(), next: raise })],
    ['is nothing that ctx.from.fail takes', (ctx, again) => (ctx.from.fail(again()), noReply())],
    ['is nothing to dispatch to the sender', (ctx, again) => (dispatch(ctx.sender, again()), noReply())],
  ])('%s: the error says where it belongs', async (_name, handle) => {
    const { asked, error } = await fails(handle)
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', type: 'one' })
    expect(error.message).toContain(
      'what ctx.backOff(ms, { again: true }) returns: return it from the handler, or throw it',
    )
    expect(inspect(asked)).toMatchObject({ outcomes: { replied: 0, crashed: 1 } })
  })

  it('is refused by ctx.from.reply, and its run commits nothing', async () => {
    const { asked, error } = await fails((ctx, again) => (ctx.from.reply(again()), noReply(raise)))
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    expect(error.message).toContain('return it from the handler, or throw it')
    expect(getState(asked)).toEqual({ n: 0 })
  })

  it('is told as a warning where an effect of afterCommit returns or throws it', async () => {
    const warnings: any[] = []
    const emit = jest.spyOn(process, 'emitWarning').mockImplementation((...args: any[]) => void warnings.push(args[1]))
    const asked = pool((ctx, again) => {
      ctx.afterCommit(again)
      ctx.afterCommit(() => {
        throw again()
      })
      return reply('answered')
    })
    const answer = call(asked, { type: 'one' })
    await clock.advance(50)
    await new Promise(setImmediate)
    emit.mockRestore()
    await expect(answer).resolves.toBe('answered')
    expect(warnings.map(({ code }) => code)).toEqual(['GENPOOL_CALLBACK', 'GENPOOL_CALLBACK'])
    for (const { detail } of warnings) expect(detail).toContain('return it from the handler, or throw it')
  })
})

describe('ctx.backOff with "again" for a message to one member', () => {
  it('says in handleContinue, too, that it cannot run again', async () => {
    const failures: any[] = []
    const Worker = definePool({
      calls: { go: () => reply(1, undefined, { continue: 1 }) },
      handleContinue: (_argument: any, _state: any, ctx: any) => {
        try {
          ctx.backOff(10, { again: true })
        } catch (error) {
          failures.push(error)
        }
      },
    } as any)
    const asked = spawnPool(system, Worker as any, 'continues', { size: 1, clock }) as any
    await call(asked, { type: 'go' })
    await clock.settle()
    expect(failures).toMatchObject([{ code: 'ERR_GENPOOL_OPTIONS', issues: [{ path: ['again'] }] }])
  })
})

describe('a step', () => {
  const steps: Record<string, () => any> = {
    reply: () => reply(1),
    noReply: () => noReply(),
    halt: () => halt('normal', { reply: 1 }),
  }
  describe.each(Object.entries(steps))('made by %s', (_name, make) => {
    it.each<[string, (ctx: any) => any]>([
      ['the answer in reply', () => reply(make(), raise)],
      ['the answer in reply of an async handler', async () => reply(make(), raise)],
      ['the answer in halt', () => halt('normal', { reply: make(), next: raise })],
      ['the next state', () => noReply(make())],
      ['the next state in reply', () => reply(1, make())],
      ['the answer of ctx.from.reply', (ctx) => (ctx.from.reply(make()), noReply(raise))],
    ])('is refused as %s, and commits nothing', async (_place, handle) => {
      const asked = pool(handle)
      await expect(call(asked, { type: 'one' })).rejects.toMatchObject({
        code: 'ERR_GENPOOL_INVALID',
        message: expect.stringMatching(/a step \(what reply, noReply and halt return\)/) as string,
      })
      expect(getState(asked)).toEqual({ n: 0 })
      expect(inspect(asked).restarts).toBe(0)
    })

    it('is refused as the answer of a function, which is called after the commit', async () => {
      const asked = pool(() => reply(() => make(), raise))
      await expect(call(asked, { type: 'one' })).rejects.toMatchObject({
        code: 'ERR_GENPOOL_CRASHED',
        committed: true,
        message: expect.stringContaining('the answer is a step') as string,
      })
    })
  })

  it('is refused among the answers of a batch', async () => {
    const Batch = definePool({
      calls: { many: { batch: 3, handle: (list: any[]) => reply(list.map((_each, i) => reply(i))) } } as any,
    }) as any
    const batches = spawnPool(system, Batch, 'batches', { size: 1, clock }) as any
    await expect(call(batches, { type: 'many' })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_INVALID',
      message: expect.stringContaining('the answer is a step') as string,
    })
  })

  it('is what a task may return, synchronous or not', async () => {
    const now = spawnPool(system, defineTask((n: number) => reply(n)) as any, 'now', { clock }) as any
    const later = spawnPool(system, defineTask(async (n: number) => reply(n)) as any, 'later', { clock }) as any
    await expect(call(now, 1)).resolves.toBe(1)
    await expect(call(later, 2)).resolves.toBe(2)
  })
})
