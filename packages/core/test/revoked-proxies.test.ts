import { call, definePool, getState, reply, spawnPool } from '@genpool/core'
import { type ActorSystemRef, start, stop } from 'nact'

let system: ActorSystemRef
beforeEach(() => (system = start()))
afterEach(() => stop(system))

describe('a handler that throws a revoked proxy', () => {
  const { proxy, revoke } = Proxy.revocable<object>({}, {})
  revoke()
  const Throwing = definePool({
    init: () => ({ n: 0 }),
    calls: {
      throws: (): never => {
        throw proxy as never
      },
      rejects: async () => Promise.reject(proxy as never),
      answers: () =>
        reply((): never => {
          throw proxy as never
        }),
      fails: (_msg: object, _state, ctx) => {
        ctx.from.fail(proxy)
        return reply(1)
      },
    },
  })

  it.each(['throws', 'rejects', 'answers', 'fails'] as const)('fails its call with a text: "%s"', async (type) => {
    const pool = spawnPool(system, Throwing, 'pool', { size: 1 })
    await expect(call(pool, { type })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_CRASHED',
      cause: { message: expect.stringMatching(/^what was thrown is a proxy that has been revoked/) as string },
    })
    await expect(call(pool, { type })).rejects.toMatchObject({ code: 'ERR_GENPOOL_CRASHED' })
  })
})

describe('a handler that answers with a revoked proxy', () => {
  const revoked = (of: object): object => {
    const { proxy, revoke } = Proxy.revocable(of, {})
    revoke()
    return proxy
  }
  const adds = (draft: { n: number }): void => void draft.n++
  const Answering = definePool({
    init: () => ({ n: 0 }),
    calls: {
      value: ({ of }: { of: object }) => reply(revoked(of), adds),
      later: ({ of }: { of: object }) => reply(() => revoked(of), adds),
    },
  })

  it.each([
    ['value', 'object'],
    ['value', 'function'],
    ['later', 'object'],
    ['later', 'function'],
  ] as const)('fails its call, which has committed: %s, of an %s', async (type, kind) => {
    const of = kind === 'object' ? {} : (): number => 1
    const pool = spawnPool(system, Answering, 'pool', { size: 1 })
    await expect(call(pool, { type, of })).rejects.toMatchObject({ code: 'ERR_GENPOOL_CRASHED', committed: true })
    expect(getState(pool)).toEqual({ n: 1 })
  })
})
