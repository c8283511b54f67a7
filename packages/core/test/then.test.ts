import {
  call,
  definePool,
  getMembers,
  getState,
  halt,
  inspect,
  noReply,
  type PoolRef,
  reply,
  spawnPool,
} from '@genpool/core'
import fc from 'fast-check'
import { clock, system } from './virtual-system'

/* What a handler wants to be done after its step: the third argument of `reply`, and the second of `noReply`. */
type Make = (state: { n: number }) => unknown
const Obeying = definePool({
  init: () => ({ n: 0 }),
  calls: {
    now: ({ make }: { make: Make }, state) => make(state) as never,
    later: async ({ make }: { make: Make }, state) => {
      await null
      return make(state) as never
    },
    n: (_message, state) => reply(state.n),
  },
  casts: { end: ({ make }: { make: Make }, state) => make(state) as never },
  handleContinue: () => noReply(),
  handleInfo: () => noReply(),
})
let pool: PoolRef
let pools = 0
beforeEach(() => {
  pool = spawnPool(system, Obeying, `then-${pools++}`, { clock: clock, size: 1 }) as never
})
const said = async (type: 'now' | 'later', make: Make): Promise<string> => {
  const answer = call(pool as never, { type, make } as never).then(
    (value: unknown) => `answered ${String(value)}`,
    (error: Error) => error.message,
  )
  await clock.advance(1)
  return answer
}
const member = () => getMembers(pool as never)[0]!

const throws = (): never => {
  throw new Error('asked')
}
// Functions that make them: Jest looks into what is in a table.
const WRONG: [string, () => unknown, string][] = [
  ['a number', () => 5, 'at then: expected an object { continue, timeout, commit }, got 5'],
  ['a text', () => 'x', 'at then: expected an object { continue, timeout, commit }, got "x"'],
  ['true', () => true, 'got true'],
  ['null', () => null, 'got null'],
  ['a function: a recipe in the wrong place', () => () => 1, 'got a function'],
  ['a list', () => [], 'got an empty array'],
  ['a map', () => new Map(), 'got an object of class Map'],
  ['a promise', () => Promise.resolve(), 'got a promise'],
  [
    'an object that cannot be asked',
    () => new Proxy({}, { has: throws }),
    'it cannot be read: reading it threw: asked',
  ],
  ['an object that cannot be read', () => new Proxy({ continue: 1 }, { get: throws }), 'reading it threw: asked'],
  ['an object that cannot be listed', () => new Proxy({}, { ownKeys: throws }), 'reading it threw: asked'],
  ['a misspelt name', () => ({ comit: 'exclusive' }), 'at then: unknown key "comit" (did you mean "commit"?)'],
  [
    'an unknown name',
    () => ({ priority: 5 }),
    'at then: unknown key "priority" (there are continue, timeout or commit)',
  ],
  [
    'an unknown mode',
    () => ({ commit: 'nope' }),
    'at commit: expected "retry", "exclusive" or "overwrite", got "nope"',
  ],
  ['a symbol as the mode', () => ({ commit: Symbol('x') }), 'got Symbol(x)'],
  ['a text as the time', () => ({ timeout: '5' }), 'at timeout: expected milliseconds >= 0 or Infinity, got "5"'],
]

describe('what is to be done after a step', () => {
  describe.each(WRONG)('if it is %s', (_name, make, text) => {
    it.each(['now', 'later'] as const)('is refused, and the member goes on: %s', async (type) => {
      const then = make() as never
      for (const step of [() => reply(1, { n: 5 }, then), () => noReply({ n: 5 }, then)]) {
        const error = await said(type, step)
        expect(error).toContain('result of the handler')
        expect(error).toContain(text)
      }
      expect(getState(pool as never)).toEqual({ n: 0 })
      expect(await said('now', () => reply('alive'))).toBe('answered alive')
      expect(member()).toMatchObject({ status: 'idle', incarnation: 1 })
      expect(inspect(pool as never).outcomes).toMatchObject({ invalid: 2, replied: 1 })
    })
  })

  it('is read once: what it says then counts', async () => {
    let asked = 0
    const then = {
      get commit() {
        return asked++ === 0 ? 'overwrite' : 'nope'
      },
    }
    expect(await said('now', () => reply(1, { n: 1 }, then as never))).toBe('answered 1')
    expect(asked).toBe(1)
    expect(getState(pool as never)).toEqual({ n: 1 })
  })

  it('may come from an instance of a class', async () => {
    class Exclusive {
      get commit() {
        return 'exclusive'
      }
    }
    expect(await said('now', (state) => reply(1, { n: state.n + 1 }, new Exclusive() as never))).toBe('answered 1')
    expect(getState(pool as never)).toEqual({ n: 1 })
  })

  it('never costs a request its outcome, whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('now' as const, 'later' as const),
        fc.anything({ withNullPrototype: true }),
        async (type, then) => {
          if (typeof then === 'object' && then !== null && ('halt' in then || 'continue' in then)) return
          expect(await said(type, () => reply(1, undefined, then as never))).toMatch(/answered 1|result of the handler/)
          expect(await said('now', () => reply('alive'))).toBe('answered alive')
        },
      ),
    )
  })
})

describe('the last words of halt', () => {
  it.each([
    ['a misspelt name', { repyl: 1 }, 'got an object { repyl }'],
    ['a map', new Map(), 'got an object of class Map'],
    ['a number', 5, 'got 5'],
  ])('are refused if they are %s', async (_name, last, text) => {
    expect(await said('now', () => halt('done', last as never))).toContain(
      `expected an object { reply, next }, ${text}`,
    )
  })
})
