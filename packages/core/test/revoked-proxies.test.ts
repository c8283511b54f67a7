import { call, definePool, getState, onEvent, ready, reply, spawnPool } from '@genpool/core'
import { type ActorSystemRef, query, start, stop } from 'nact'

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

describe('an error that throws when it is looked at', () => {
  const trap = (): never => {
    throw new Error('looked at')
  }
  const trapped = (): Error =>
    new Proxy(new Error('x'), {
      get: trap,
      getPrototypeOf: trap,
      has: trap,
      ownKeys: trap,
      getOwnPropertyDescriptor: trap,
    })

  it('fails a message to a plain function, and a start with a listener; nothing else happens', async () => {
    const plain = spawnPool(
      system,
      (): never => {
        throw trapped()
      },
      'plain',
    )
    await expect(query(plain as never, 'hello' as never, 100)).rejects.toThrow()
    const failures: number[] = []
    const off = onEvent('genpool:init:fail', ({ failures: count }) => void failures.push(count))
    const failing = spawnPool(
      system,
      definePool({
        init: (): { n: number } => {
          throw trapped()
        },
        calls: { get: () => reply(1) },
      }),
      'failing',
    )
    await expect(ready(failing)).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
    off()
    expect(failures[0]).toBe(1)
  })
})
