import { call, type CrashedError, definePool, type From, getState, noReply, reply, spawnPool } from '@genpool/core'
import { type ActorSystemRef, dispatch, start, stop } from 'nact'

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => {
  stop(system)
})

interface State {
  readonly n: number
}
const add = (draft: { n: number }): void => void draft.n++
const thrower = (): never => {
  throw new Error('no answer')
}
const promised = (): unknown => Promise.resolve(1)

/** Answers that cannot be given, each with a recipe or without one. */
const Wrong = definePool({
  init: (): State => ({ n: 0 }),
  calls: {
    throws: ({ next }: { next: boolean }) => (next ? reply(thrower, add) : reply(thrower)),
    promises: ({ next }: { next: boolean }) => (next ? reply(promised, add) : reply(promised)),
    short: {
      batch: 2,
      handle: (messages: readonly { next: boolean }[]) => (messages[0]?.next === true ? reply([], add) : reply([])),
    },
    item: {
      batch: 2,
      handle: (messages: readonly { next: boolean }[]) => {
        const answers = (): unknown[] => messages.map(promised)
        return messages[0]?.next === true ? reply(answers, add) : reply(answers)
      },
    },
    late: ({ next }: { next: boolean }, _state, ctx) => {
      const answer = (from: From): void => void from.reply(promised())
      setImmediate(answer, ctx.from)
      return next ? noReply(add) : noReply()
    },
    dispatched: ({ next }: { next: boolean }, _state, ctx) => {
      dispatch(ctx.sender, Promise.reject(new Error('no answer')))
      return next ? noReply(add) : noReply()
    },
  },
})

describe('the error of an answer that cannot be given', () => {
  const failing = async (type: string, next: boolean): Promise<CrashedError & { n: number }> => {
    const pool = spawnPool(system, Wrong, next ? 'changing' : 'reading', { state: { type: 'shared' } })
    const error = await call(pool, { type, next } as never).catch((error: unknown) => error as CrashedError)
    return Object.assign(error as CrashedError, { n: getState(pool).n })
  }

  it.each(['throws', 'promises', 'item', 'late', 'dispatched'])(
    'says that the state was committed, and only then: "%s"',
    async (type) => {
      const changed = await failing(type, true)
      expect(changed).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', committed: true, n: 1 })
      expect(changed.message).toContain('The state was committed before; only the answer failed.')
      const unchanged = await failing(type, false)
      expect(unchanged).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', committed: false, n: 0 })
      expect(unchanged.message).toContain('Nothing was committed.')
    },
  )

  it('says the same of a batch with too few answers', async () => {
    const changed = await failing('short', true)
    expect(changed).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', committed: true, n: 1 })
    expect(changed.message).toContain('An answer of the handler "short" was refused; the state was committed before.')
    const unchanged = await failing('short', false)
    expect(unchanged).toMatchObject({ code: 'ERR_GENPOOL_INVALID', n: 0 })
    expect(unchanged.message).toContain('An answer of the handler "short" was refused; nothing was changed.')
  })
})
