import {
  call,
  cast,
  definePool,
  getState,
  halt,
  inspect,
  noReply,
  reply,
  spawnPool,
  watchDeadLetters,
} from '@genpool/core'
import * as nact from 'nact'
import { runInNewContext } from 'node:vm'
import { clock, system } from './virtual-system'

/* eslint-disable @typescript-eslint/no-explicit-any -- wrong on purpose */
const failure = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    (value) => expect(value).toBe('a failure'),
    (error: unknown) => error,
  )
const dispatch = nact.dispatch as (to: unknown, message: unknown, sender?: unknown) => void
const query = nact.query as (to: unknown, message: unknown, timeout: number) => Promise<any>

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const outcomes = (pool: any) => inspect(pool).outcomes as object
const raise = (draft: any) => void (draft.n += 1)

function pool(handle: (message: any, ctx: any) => any, options: object = {}) {
  const Answers = definePool({
    init: () => ({ n: 0 }),
    calls: { ask: (message: object, _state, ctx) => handle(message, ctx), ok: (_m: object) => reply('ok') },
  })
  return spawnPool(system, Answers as any, 'pool', { size: 1, clock, ...options }) as any
}

/** All kinds of what a caller would have to await. */
const promises: Record<string, () => any> = {
  'that resolves': () => Promise.resolve(1),
  'that rejects': () => Promise.reject(new Error('nobody hears this')),
  'that never settles': () => new Promise(() => undefined),
  'of another realm': () => runInNewContext('Promise.resolve(1)'),
  'of a class of its own': () => new (class extends Promise<number> {})((resolve) => resolve(1)),
  'that is a thenable': () => ({ then: (done: any) => done(1) }),
  'that is a function with a then': () => Object.assign(() => 1, { then: (done: any) => done(1) }),
  'whose then throws when it is read': () => Object.defineProperty({}, 'then', { get: () => raiseError() }),
}
const raiseError = () => {
  throw new Error('no then')
}

describe.each(Object.entries(promises))('a promise %s', (name, make) => {
  const steps: Record<string, () => any> = {
    'by reply': () => reply(make(), raise),
    'by an async handler': async () => reply(make(), raise),
    'with the mode exclusive': () => reply(make(), { n: 5 }, { commit: 'exclusive' }),
    'by halt': () => halt('done', { reply: make(), next: raise }),
  }
  // A function is called for the answer, whatever else it has.
  const cases = Object.entries(name.includes('function') ? {} : steps)
  for (const [way, handle] of cases) {
    it(`is refused as an answer ${way}: nothing is committed, and the member goes on`, async () => {
      const asked = pool(handle)
      const error = await failure(call(asked, { type: 'ask' }))
      expect(error).toMatchObject({ code: 'ERR_GENPOOL_INVALID', what: 'answer of the handler "ask"' })
      expect(error.message).toMatch(/the answer is a (promise|thenable).*: await it before reply/)
      expect(getState(asked)).toEqual({ n: 0 })
      expect(await call(asked, { type: 'ok' })).toBe('ok')
      expect(inspect(asked)).toMatchObject({ restarts: 0, outcomes: { replied: 1, invalid: 1, crashed: 0 } })
    })
  }

  it('fails the call if the function of the answer returns it; what was committed stays', async () => {
    const asked = pool(() => reply(() => make(), raise))
    const error = await failure(call(asked, { type: 'ask' }))
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', type: 'ask' })
    expect(error.message).toMatch(/await it before reply\. The state was committed before; only the answer failed/)
    expect(getState(asked)).toEqual({ n: 1 })
    expect(await call(asked, { type: 'ok' })).toBe('ok')
    expect(inspect(asked).restarts).toBe(0)
  })

  it('is refused by ctx.from.reply, and its run commits nothing', async () => {
    const asked = pool((_m, ctx) => {
      ctx.from.reply(make())
      return noReply(raise)
    })
    expect(await failure(call(asked, { type: 'ask' }))).toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    expect(getState(asked)).toEqual({ n: 0 })
    expect(outcomes(asked)).toMatchObject({ replied: 0, invalid: 1 })
  })

  it('is refused by ctx.from.reply after the handler has returned', async () => {
    let from: any
    const asked = pool((_m, ctx) => {
      from = ctx.from
      return noReply(raise)
    })
    const answer = failure(call(asked, { type: 'ask' }))
    await turn()
    expect(from.reply(make())).toBe(true)
    expect(from.reply(make())).toBe(false)
    expect((await answer).message).toContain('await it before reply')
  })
})

describe('a promise as an answer', () => {
  it('in the list of a batch is refused for the whole batch, before its commit', async () => {
    const Batches = definePool({
      init: () => ({ n: 0 }),
      calls: {
        many: { batch: 4, handle: (list: { type: 'many' }[]) => reply(list.map(async () => 1) as any, raise) },
        late: {
          batch: 4,
          handle: (list: { type: 'late' }[]) =>
            reply(() => [1, Promise.reject(new Error())].slice(0, list.length), raise),
        },
      } as any,
    }) as any
    const batches = spawnPool(system, Batches, 'batches', { size: 1, clock }) as any
    const many = [1, 2, 3].map(() => failure(call(batches, { type: 'many' })))
    for (const each of many) expect(await each).toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    expect(getState(batches)).toEqual({ n: 0 })
    const late = [1, 2].map(() => call(batches, { type: 'late' }))
    const error = failure(late[1] as any)
    expect(await late[0]).toBe(1)
    expect((await error).message).toContain('await it before reply')
  })

  it('in the list of a call that is no batch is an answer like others', async () => {
    const asked = pool(() => reply([Promise.resolve(1)]))
    expect(await Promise.all((await call(asked, { type: 'ask' })) as any)).toEqual([1])
  })

  it('begins no query that waits for its then', async () => {
    let begun = 0
    const builder = () => ({ then: (done: any) => done(++begun) })
    const class_ = class extends Promise<number> {
      override then(...handlers: any[]): any {
        begun++
        return super.then(...handlers)
      }
    }
    const lists = [() => builder(), () => new class_(() => undefined)]
    const asked = pool((message) => reply(lists[message.i]?.() as any))
    for (const i of [0, 1]) await failure(call(asked, { type: 'ask', i }))
    expect(begun).toBe(0)
  })

  it('ends no process if it rejects after the deadline', async () => {
    let from: any
    const asked = pool((_m, ctx) => {
      from = ctx.from
      return noReply()
    })
    const answer = failure(call(asked, { type: 'ask' }, { timeout: 5 }))
    await clock.advance(6)
    expect(await answer).toMatchObject({ code: 'ERR_GENPOOL_EXPIRED' })
    expect(from.reply(Promise.reject(new Error('late')))).toBe(false)
    await turn()
  })

  it('to a dispatch is a dead letter', async () => {
    const asked = pool(() => reply(Promise.resolve(1) as any))
    const letters: any[] = []
    watchDeadLetters(asked, (letter: any) => letters.push(letter))
    dispatch(asked, { type: 'ask' })
    await turn()
    expect(letters).toHaveLength(1)
    expect(outcomes(asked)).toMatchObject({ invalid: 1, replied: 0 })
  })

  it('to a cast with the catch-all of casts is refused, too', async () => {
    const asked = spawnPool(
      system,
      definePool({ handleCast: () => reply(Promise.reject(new Error())) as any }),
      'c',
    ) as any
    cast(asked, 'x')
    await turn()
    expect(outcomes(asked)).toMatchObject({ invalid: 1 })
  })
})

describe(`nact's dispatch of a promise to the sender`, () => {
  const promised = (promise: unknown, more: unknown[] = []) =>
    spawnPool(
      system,
      ((state: any, _m: unknown, ctx: any) => {
        for (const each of [promise, ...more]) dispatch(ctx.sender, each)
        return state
      }) as any,
      'plain',
      { clock, timeout: 50 } as any,
    ) as any

  it('answers with what the promise becomes, as nact does, and is counted then', async () => {
    let resolve!: (value: number) => void
    const plain = promised(new Promise((done) => (resolve = done)), [2])
    const answer = query(plain, 'x', 1000)
    await turn()
    expect(outcomes(plain)).toMatchObject({ replied: 0 })
    resolve(7)
    expect(await answer).toBe(7)
    expect(outcomes(plain)).toMatchObject({ replied: 1 })
  })

  it('expires at the deadline if the promise never settles', async () => {
    const plain = promised(new Promise(() => undefined))
    const error = failure(query(plain, 'x', 50))
    await turn()
    await clock.advance(60)
    expect(await error).toMatchObject({ code: 'ERR_GENPOOL_EXPIRED', started: true })
    expect(outcomes(plain)).toMatchObject({ replied: 0, expired: 1 })
  })

  it('fails with the cause if the promise rejects', async () => {
    const cause = new Error('no rows')
    const plain = promised(Promise.reject(cause))
    expect(await failure(query(plain, 'x', 50))).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', cause })
    expect(outcomes(plain)).toMatchObject({ replied: 0, crashed: 1 })
  })

  it.each(['resolves', 'rejects'])(
    'of a run that is repeated is none: the call gets the next one, also if it %s',
    async (how) => {
      let settle!: { resolves(value: number): void; rejects(error: Error): void }
      const first = new Promise((resolves, rejects) => (settle = { resolves, rejects } as never))
      const runs: any[] = [first]
      let resolve!: (value: string) => void
      const plain = spawnPool(
        system,
        ((state: any, _m: unknown, ctx: any) => {
          const isFirst = runs.length === 1
          runs.push(ctx)
          dispatch(ctx.sender, isFirst ? first : new Promise((done) => (resolve = done)))
          if (isFirst) throw new Error('once')
          return state
        }) as any,
        'plain',
        { clock, size: 1, retryOnCrash: { message: 1 } } as any,
      ) as any
      const answer = query(plain, 'x', 1000)
      await clock.settle()
      expect(runs).toHaveLength(3)
      if (how === 'resolves') settle.resolves(1)
      else settle.rejects(new Error('of the first run'))
      await clock.settle()
      resolve('of the second run')
      expect(await answer).toBe('of the second run')
      expect(outcomes(plain)).toMatchObject({ replied: 1, crashed: 0 })
    },
  )

  it('waits for the commit first if the state is shared', async () => {
    const plain = spawnPool(
      system,
      ((state: number, _m: unknown, ctx: any) => {
        dispatch(ctx.sender, Promise.resolve(state))
        return state + 1
      }) as any,
      'shared',
      { initialState: 1, state: 'shared', size: 2 } as any,
    ) as any
    expect(await query(plain, 'x', 50)).toBe(1)
    expect(await query(plain, 'x', 50)).toBe(2)
  })
})
