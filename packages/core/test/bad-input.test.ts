import { call, cast, definePool, reply, spawnPool, watchDeadLetters } from '@genpool/core'
import * as nact from 'nact'
import { system } from './virtual-system'

/* eslint-disable @typescript-eslint/no-explicit-any -- messages of any shape */
const dispatch = nact.dispatch as (to: unknown, message: unknown) => void
const failure = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    (value) => expect(value).toBe('a failure'),
    (error: unknown) => error,
  )

describe('bad input', () => {
  const Strict = definePool({
    init: () => 0,
    calls: {
      nonsense: () => ({ reply: 5 }) as never,
      nothing: () => undefined as never,
      twice: (_message, _state, ctx) => {
        ctx.from.reply('first')
        ctx.from.reply('second')
        return reply('third')
      },
    },
    casts: { fine: () => undefined, nonsense: () => 7 as never },
  })

  it('an unknown type is refused with the pool, the message and the known types', async () => {
    const pool = spawnPool(system, Strict, 'strict')
    const error = await failure(call(pool, { type: 'nonsens' } as never))
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    expect(error.message).toMatch(/"nonsens".*pool "strict".*"nonsense", "nothing", "twice"/s)
    expect((await failure(call(pool, { type: 'fine' } as never))).message).toContain('It is a cast')
    expect(cast(pool, { type: 'nothing' } as never)).toMatchObject({
      ok: false,
      error: { code: 'ERR_GENPOOL_INVALID' },
    })
  })

  it.each([null, undefined, 7, 'text', Symbol('s'), () => 1, [], Object.create(null), new Proxy({}, {}), { type: {} }])(
    'a message that is %p is refused with a typed error',
    async (message: unknown) => {
      const pool = spawnPool(system, Strict, 'strict')
      expect(await failure(call(pool, message as never))).toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
      expect(cast(pool, message as never)).toMatchObject({ ok: false, error: { code: 'ERR_GENPOOL_INVALID' } })
      expect(() => dispatch(pool, message)).not.toThrow()
    },
  )

  it('a handler that returns nonsense fails only its caller; the first of several answers counts', async () => {
    const pool = spawnPool(system, Strict, 'strict', { size: 1 })
    const lost: string[] = []
    watchDeadLetters(pool, ({ error }) => lost.push(error.code))
    expect(await failure(call(pool, { type: 'nonsense' }))).toMatchObject({
      code: 'ERR_GENPOOL_INVALID',
      message: expect.stringMatching(/"nonsense".*returned an object that is not a step. Return reply\(value\)/s),
    })
    expect(await failure(call(pool, { type: 'nothing' }))).toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    cast(pool, { type: 'nonsense' })
    expect(await call(pool, { type: 'twice' })).toBe('first')
    expect(lost).toEqual(['ERR_GENPOOL_INVALID'])
  })

  it('an invalid behaviour is refused when it is defined', () => {
    expect(() => definePool({ calls: { add: 5 } } as never)).toThrow(/at calls.add/)
    expect(() => definePool({ inti: () => 0 } as never)).toThrow(/"inti" \(did you mean "init"\?\)/)
  })
})
