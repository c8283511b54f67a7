import {
  call,
  cast,
  definePool,
  getState,
  halt,
  initThen,
  inspect,
  noReply,
  ready,
  reply,
  spawnPool,
  watchDeadLetters,
} from '@genpool/core'
import { createStore, transact } from '@genpool/state-ane'
import { clock, system } from './virtual-system'

/* eslint-disable @typescript-eslint/no-explicit-any -- wrong on purpose */
const failure = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    (value) => expect(value).toBe('a failure'),
    (error: unknown) => error,
  )

const noStates: readonly (readonly [string, () => any, RegExp])[] = [
  ['a promise', () => Promise.resolve({ n: 1 }), /[Aa]wait it first|asynchronous/],
  ['a promise that rejects', () => Promise.reject(new Error('nobody waits')), /[Aa]wait it first|asynchronous/],
  ['a thenable', () => ({ then: () => undefined }), /[Aa]wait it first|asynchronous/],
  ['a symbol', () => Symbol('n'), /a symbol cannot be a state.*Use a string/],
  ['a generator', () => (function* () {})(), /a generator cannot be a state.*without "\*"/],
  ['an asynchronous generator', () => (async function* () {})(), /a generator cannot be a state/],
]

describe.each(noStates)('%s as a state', (_name, make, why) => {
  const ways: Record<string, () => any> = {
    'reply(value, next)': () => reply('done', make()),
    'an async handler': async () => reply('done', make()),
    'a recipe that returns it': () => reply('done', () => make()),
    'commit: "overwrite"': () => reply('done', make(), { commit: 'overwrite' }),
    'commit: "exclusive"': () => reply('done', make(), { commit: 'exclusive' }),
  }
  it.each(Object.entries(ways))('is refused from %s, and the state stays as it was', async (_way, handle) => {
    for (const type of ['shared', 'isolated'] as const) {
      const Wrong = definePool({ init: () => ({ n: 0 }), calls: { go: handle, read: (_m, state) => reply(state) } })
      const pool = spawnPool(system, Wrong as any, `pool-${type}`, { size: 1, clock, state: type }) as any
      const error = await failure(call(pool, { type: 'go' }))
      expect(error).toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
      expect(error.message).toMatch(why)
      expect(await call(pool, { type: 'read' })).toEqual({ n: 0 })
    }
  })

  it('is refused from a cast, whose dead letter says it', async () => {
    const Wrong = definePool({ init: () => ({ n: 0 }), casts: { go: () => noReply(make()) } })
    const pool = spawnPool(system, Wrong, 'pool', { size: 1, clock })
    const letters: any[] = []
    watchDeadLetters(pool, (letter) => void letters.push(letter))
    cast(pool, { type: 'go' })
    await clock.settle()
    expect(String(letters[0].error.message)).toMatch(why)
    expect(getState(pool)).toEqual({ n: 0 })
  })

  it('is refused from handleContinue', async () => {
    const Wrong = definePool({
      init: () => ({ n: 0 }),
      calls: { go: () => reply('done', undefined, { continue: 1 }) },
      handleContinue: () => noReply(make()),
    })
    const pool = spawnPool(system, Wrong, 'pool', { size: 1, clock })
    expect(await call(pool, { type: 'go' })).toBe('done')
    await clock.settle()
    expect(getState(pool)).toEqual({ n: 0 })
  })

  it('is refused from transact', async () => {
    const cell = createStore().cell<any>('n', { initial: { n: 0 } })
    const transition = { run: () => ({ next: make() }) }
    await expect((async () => transact(cell, transition))()).rejects.toThrow(why)
    expect(cell).toMatchObject({ value: { n: 0 }, version: 0 })
  })
})

describe('a generator function as a recipe', () => {
  it.each(['shared', 'isolated'] as const)('is refused, and nothing of it runs (%s)', async (type) => {
    let ran = 0
    const recipe: any = function* (draft: { n: number }) {
      ran++
      draft.n = 100
      yield 1
    }
    const Wrong = definePool({ init: () => ({ n: 0 }), calls: { go: () => reply('done', recipe) } })
    const pool = spawnPool(system, Wrong, 'pool', { size: 1, clock, state: type })
    expect(await failure(call(pool, { type: 'go' }))).toMatchObject({
      code: 'ERR_GENPOOL_INVALID',
      message: expect.stringContaining('Give a plain function as the recipe'),
    })
    expect([getState(pool), ran]).toEqual([type === 'shared' ? { n: 0 } : expect.anything(), 0])
  })
})

describe('an init', () => {
  const wrong: [string, () => any, string][] = [
    ['a function', () => () => ({ n: 0 }), 'a function cannot be a state'],
    ['a generator', () => (function* () {})(), 'a generator cannot be a state'],
    ['a symbol', () => Symbol('n'), 'a symbol cannot be a state'],
    ['a promise within initThen', () => initThen(Promise.resolve({ n: 0 }), { continue: 1 }), 'Await it first'],
  ]
  it.each(wrong)('that returns %s is a failed start that says what to do', async (_name, init, why) => {
    for (const type of ['shared', 'isolated'] as const) {
      const Wrong = definePool({ init, calls: { go: () => reply('done') } })
      const pool = spawnPool(system, Wrong as any, `pool-${type}`, {
        size: 1,
        clock,
        state: type,
        restart: { attempts: 1 },
      })
      const error = await failure(ready(pool))
      expect(`${error.message} ${error.cause?.message}`).toContain(why)
    }
  })

  it('may be async', async () => {
    const Fine = definePool({ init: async () => ({ n: 1 }), calls: { go: (_m, state) => reply(state.n) } })
    expect(await call(spawnPool(system, Fine, 'pool', { size: 1, clock }), { type: 'go' })).toBe(1)
  })
})

describe('a class instance as the state of a pool', () => {
  class Till {
    sum = 0
    add(n: number): this {
      this.sum += n
      return this
    }
  }
  const Tills = definePool({
    init: () => new Till(),
    calls: {
      read: (_m, state) => reply(state.sum),
      replace: () => reply('done', new Till().add(5)),
      byRecipe: () => reply('done', () => new Till().add(7)),
      inPlace: () => reply('done', (till) => void till.add(1)),
    },
  })
  it.each(['shared', 'isolated'] as const)('may be replaced and not changed in place (%s)', async (type) => {
    const pool = spawnPool(system, Tills, 'tills', { size: 1, clock, state: type })
    expect(await failure(call(pool, { type: 'inPlace' }))).toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    expect(await call(pool, { type: 'read' })).toBe(0)
    await call(pool, { type: 'replace' })
    expect(await call(pool, { type: 'read' })).toBe(5)
    await call(pool, { type: 'byRecipe' })
    expect(await call(pool, { type: 'read' })).toBe(7)
  })
})

describe('a step with { commit: "exclusive" }', () => {
  it('runs its handler once if no other commit comes first, and once more if one does', async () => {
    let runs = 0
    const Worker = definePool({
      init: () => ({ n: 0 }),
      calls: {
        state: async (_message: object, { n }: { n: number }) => {
          runs++
          await Promise.resolve()
          return reply(n + 1, { n: n + 1 }, { commit: 'exclusive' })
        },
        recipe: (_message: object, { n }: { n: number }) => {
          runs++
          return reply(n + 1, (draft) => void (draft.n = n + 1), { commit: 'exclusive' })
        },
      },
    })
    const pool = spawnPool(system, Worker, 'pool', { size: 2 })
    expect([await call(pool, { type: 'state' }), await call(pool, { type: 'recipe' }), runs]).toEqual([1, 2, 2])
    expect(inspect(pool).reruns).toBe(0)
    const both = await Promise.all([call(pool, { type: 'state' }), call(pool, { type: 'state' })])
    expect([both, runs, inspect(pool).reruns]).toEqual([[3, 4], 5, 1])
  })
})

describe('a step as the result of init', () => {
  it.each<[string, () => any]>([
    ['reply', () => reply({ n: 1 })],
    ['noReply', async () => noReply({ n: 1 })],
    ['halt', () => halt('no')],
  ])('is no state: %s', async (_, init) => {
    for (const state of ['shared', 'isolated'] as const) {
      const behaviour = definePool({ init, calls: { get: (_msg, held) => reply(held) } })
      const pool = spawnPool(system, behaviour, undefined, { state })
      const error = failure(ready(pool))
      await clock.advance(60_000)
      expect((await error).message).toContain(
        'it is a step (what reply, noReply and halt return): return the state itself',
      )
    }
  })
})
