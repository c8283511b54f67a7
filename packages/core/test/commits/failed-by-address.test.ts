import {
  call,
  definePool,
  type From,
  getState,
  halt,
  inspect,
  noReply,
  type PoolOptions,
  ready,
  reply,
  spawnPool,
} from '@genpool/core'
import { dispatch, query } from 'nact'
import { clock, system } from '../virtual-system'
import { lateStore } from './late-store'

interface Account {
  readonly paid: number
}
interface Message {
  readonly next?: boolean
}
const pays = (draft: { paid: number }): void => void draft.paid++
const stepOf = ({ next = true }: Message) => (next ? noReply(pays) : noReply())
const failsSoon = (from: From): void => void clock.wait(10).then(() => from.fail(new Error('no mail')))

/** Handlers that fail their calls by the reply address: after the commit, and before it. */
const Payments = definePool({
  init: (): Account => ({ paid: 0 }),
  calls: {
    late: (msg: Message, _state, ctx) => {
      failsSoon(ctx.from)
      return stepOf(msg)
    },
    halts: ({ next = true }: Message, _state, ctx) => {
      failsSoon(ctx.from)
      return next ? halt('enough', { next: pays }) : halt('enough')
    },
    effect: (msg: Message, _state, ctx) => {
      const { from } = ctx
      ctx.afterCommit(() => from.fail('no mail'))
      return stepOf(msg)
    },
    batch: {
      batch: 3,
      handle: (messages: readonly Message[], _state, ctx) => {
        failsSoon(ctx.from)
        return stepOf(messages[0] ?? {})
      },
    },
    early: (_msg: Message, _state, ctx) => {
      ctx.from.fail('no money')
      return reply('paid', pays)
    },
    earlyInBatch: {
      batch: 3,
      handle: (messages: readonly Message[], _state, ctx) => {
        ctx.from.fail('no money')
        return reply(
          messages.map(() => 'paid'),
          (draft) => void (draft.paid += messages.length),
        )
      },
    },
    paid: (_msg: Message, state) => reply(state.paid),
    inRecipe: (_msg: Message, _state, ctx) => reply('paid', (draft) => (pays(draft), void ctx.from.fail('no money'))),
    inLateRecipe: async (_msg: Message, _state, ctx) => {
      await clock.wait(1)
      return noReply((draft) => (pays(draft), void ctx.from.fail('no money')))
    },
    inRecipeOfBatch: {
      batch: 3,
      handle: (messages: readonly Message[], _state, ctx) => {
        const { from } = ctx
        return reply(
          messages.map(() => 'paid'),
          (draft) => (pays(draft), void from.fail('no money')),
        )
      },
    },
    promises: (_msg: Message, _state, { from }) => {
      void clock.wait(10).then(() => from.reply(Promise.resolve('late')))
      return reply('paid', pays)
    },
    promisesInAnswer: (_msg: Message, _state, { from }) => reply(() => from.reply(Promise.resolve('late')), pays),
    inAnswer: ({ next = true }: Message, _state, ctx) => {
      const answer = (): string => (ctx.from.fail('no paper'), 'paid')
      return next ? reply(answer, pays) : reply(answer)
    },
    /** Fails once it has answered. */
    both: (_msg: Message, _state, ctx) => reply([ctx.from.reply('paid'), ctx.from.fail('no money')], pays),
  },
})
type Type =
  | 'promises'
  | 'promisesInAnswer'
  | 'paid'
  | 'inRecipe'
  | 'inLateRecipe'
  | 'inRecipeOfBatch'
  | 'inAnswer'
  | 'late'
  | 'halts'
  | 'effect'
  | 'batch'
  | 'early'
  | 'earlyInBatch'
  | 'both'

const opened = (options: PoolOptions = {}) => spawnPool(system, Payments, 'payments', { size: 2, clock, ...options })
const failureOf = async (answer: Promise<unknown>): Promise<unknown> => {
  const failed = answer.then(
    (answer) => (answer === 0 ? 0 : 'answered'),
    (error: unknown) => error,
  )
  await clock.advance(50)
  return failed
}
const CRASHED = { code: 'ERR_GENPOOL_CRASHED' }

describe('a call that is failed by its reply address', () => {
  it.each<Type>(['late', 'halts', 'effect', 'batch'])(
    'says after the commit that it stands, and without one that there was none: "%s"',
    async (type) => {
      const pool = opened()
      const paid = await failureOf(call(pool, { type }))
      expect(paid).toMatchObject({ ...CRASHED, committed: true, mayBeCommitted: true })
      expect(String(paid)).toContain('The state was committed before; only the answer failed.')
      expect(getState(pool)).toEqual({ paid: 1 })
      const unpaid = await failureOf(call(pool, { type, next: false }))
      expect(unpaid).toMatchObject({ ...CRASHED, committed: false, mayBeCommitted: false })
      expect(getState(pool)).toEqual({ paid: 1 })
    },
  )

  it.each<Type>(['late', 'halts', 'effect', 'batch'])('is not repeated after the commit: "%s"', async (type) => {
    const pool = opened({ retryOnCrash: { [type]: 2 } })
    const failed = failureOf(call(pool, { type }, { retry: { attempts: 3, backoff: { min: 1, max: 1 } } }))
    expect(await failed).toMatchObject({ ...CRASHED, committed: true })
    expect(getState(pool)).toEqual({ paid: 1 })
  })

  it('is repeated if nothing was committed', async () => {
    const pool = opened({ retryOnCrash: { late: 0 } })
    const retry = { attempts: 3, backoff: { min: 1, max: 1 } }
    expect(await failureOf(call(pool, { type: 'late', next: false }, { retry }))).toMatchObject({ committed: false })
    expect(inspect(pool).outcomes.crashed).toBe(3)
  })

  it('commits nothing if its handler has not returned', async () => {
    const pool = opened()
    expect(await failureOf(call(pool, { type: 'early' }))).toMatchObject({ ...CRASHED, committed: false })
    expect(getState(pool)).toEqual({ paid: 0 })
  })

  it.each(['isolated', 'shared', 'held', 'written'] as const)(
    'commits nothing if a recipe does so, and says so; the commit stands if the answer does: a state that is %s',
    async (kind) => {
      const { store, takes } = lateStore(clock)
      const ofKind = {
        written: { type: 'shared', store, key: 'account' },
        held: { type: 'shared', commit: 'exclusive' },
      }
      const pool = opened({ state: (ofKind as never)[kind] ?? kind, size: 1 } as PoolOptions)
      await ready(pool)
      if (kind === 'written') takes(10)
      for (const type of ['inRecipe', 'inLateRecipe', 'inRecipeOfBatch'] as const) {
        const failed = await failureOf(call(pool, { type }))
        expect([type, failed]).toMatchObject([
          type,
          { ...CRASHED, cause: 'no money', committed: false, mayBeCommitted: false },
        ])
        expect([type, await failureOf(call(pool, { type: 'paid' }))]).toEqual([type, 0])
      }
      const failed = await failureOf(call(pool, { type: 'inAnswer' }))
      expect(failed).toMatchObject({ ...CRASHED, cause: 'no paper', committed: true, mayBeCommitted: true })
      const unpaid = await failureOf(call(pool, { type: 'inAnswer', next: false }))
      expect(unpaid).toMatchObject({ ...CRASHED, cause: 'no paper', committed: false, mayBeCommitted: false })
      expect(inspect(pool).restarts).toBe(0)
    },
  )

  it('says that the commit may count if the rest of its batch goes on', async () => {
    const pool = opened({ size: 1 })
    const answers = Promise.allSettled([1, 2, 3].map(() => call(pool, { type: 'earlyInBatch' })))
    await clock.advance(1)
    const [failed, ...rest] = await answers
    expect(failed).toMatchObject({ reason: { ...CRASHED, committed: 'maybe', mayBeCommitted: true } })
    expect(String((failed as PromiseRejectedResult).reason)).toContain('others wait for the same run')
    expect(rest.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
    expect(getState(pool)).toEqual({ paid: 3 })
  })

  it('says that the commit may count while it is written', async () => {
    const { store, takes } = lateStore(clock)
    const pool = opened({ state: { type: 'shared', store, key: 'account' } })
    await ready(pool)
    takes(30)
    expect(await failureOf(call(pool, { type: 'late' }))).toMatchObject({ ...CRASHED, committed: 'maybe' })
    await clock.advance(50)
    expect(getState(pool)).toEqual({ paid: 1 })
  })

  it.each<Type>(['promises', 'promisesInAnswer'])(
    'says that the commit stands if a promise is given as the answer after it has begun: "%s"',
    async (type) => {
      const { store, takes } = lateStore(clock)
      const pool = opened({ state: { type: 'shared', store, key: 'account' } })
      await ready(pool)
      takes(30)
      const failed = await failureOf(call(pool, { type }))
      expect(failed).toMatchObject({ ...CRASHED, committed: true, mayBeCommitted: true })
      expect(String(failed)).toContain('await it before reply')
      expect(getState(pool)).toEqual({ paid: 1 })
    },
  )

  it('takes back an answer that waits for the commit', async () => {
    const pool = opened()
    expect(await failureOf(call(pool, { type: 'both' }))).toMatchObject({ cause: 'no money', committed: false })
    expect(getState(pool)).toEqual({ paid: 0 })
  })
})

describe('the reply address of another message of a batch', () => {
  it('says that the commit stands if it fails later', async () => {
    const Batch = definePool({
      init: (): Account => ({ paid: 0 }),
      calls: {
        pay: {
          batch: 2,
          handle: (messages: readonly { from: unknown }[]) => {
            // The answer of each is a promise, as nact passes it on.
            for (const { from } of messages)
              dispatch(
                from as never,
                clock.wait(5).then(() => Promise.reject(new Error('no mail'))),
              )
            return reply([1, 2], pays)
          },
        },
      },
    })
    const pool = spawnPool(system, Batch, 'batch', { size: 1, clock })
    const asks = [1, 2].map(() => failureOf(query(pool, (from) => ({ type: 'pay', from }) as never, 1000)))
    for (const error of await Promise.all(asks)) expect(error).toMatchObject({ ...CRASHED, committed: true })
    expect(getState(pool)).toEqual({ paid: 1 })
  })
})
