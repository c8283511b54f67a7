import { call, definePool, explain, type PoolOptions, reply, resize, spawnPool } from '@genpool/core'
import { failure, pool, query, turn } from './self-wait-pools'
import { clock, system } from './virtual-system'

/* eslint-disable @typescript-eslint/no-explicit-any -- pools that know each other have circular types */
const advice = /All its members wait like this, and more of them only put it off/

describe('a pool that waits for itself', () => {
  it('says so to all its callers when they expire', async () => {
    const a: any = pool('a', () => call(a, { type: 'y' }))
    const outer = failure(call(a, { type: 'x' }, { timeout: 100 }))
    const behind = failure(call(a, { type: 'y' }))
    await clock.advance(60)
    const error = await outer
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', cause: { code: 'ERR_GENPOOL_EXPIRED', started: false } })
    for (const each of [error.cause, await behind]) {
      expect(each.message).toContain('waits for itself: pool "a" (type "x") waits for pool "a" (type "y").')
      expect(each.message).toMatch(advice)
      expect(each.message).not.toContain('Add members')
    }
  })

  it('says so to a caller whose handler runs, too', async () => {
    const a: any = pool('a', () => call(a, { type: 'y' }, { timeout: 1000 }))
    const outer = failure(call(a, { type: 'x' }))
    await clock.advance(60)
    const error = await outer
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_EXPIRED', started: true })
    expect(error.message).toContain('its result is discarded. Pool "a" waits for itself: pool "a" (type "x") waits for')
  })

  it('is found with all members in such calls, and all callers are told', async () => {
    const a: any = pool('a', () => call(a, { type: 'y' }), { size: 3 })
    const all = [1, 2, 3].map(() => failure(call(a, { type: 'x' }, { timeout: 100 })))
    await clock.advance(60)
    for (const each of all) expect((await each).cause.message).toMatch(/Pool "\w" waits for itself/)
  })

  it('is found through several pools', async () => {
    const pools: any = {}
    const next: any = { a: 'b', b: 'c', c: 'a' }
    for (const name of Object.keys(next)) {
      pools[name] = pool(name, () => call(pools[next[name]], { type: 'x' }, { timeout: 100 }), { size: 1 })
    }
    const outer = failure(call(pools.a, { type: 'x' }, { timeout: 40 }))
    await clock.advance(41)
    expect((await outer).message).toContain(
      'pool "a" (type "x") waits for pool "b" (type "x") waits for pool "c" (type "x") waits for pool "a" (type "x").',
    )
  })

  it('is found if two pools call each other at the same time', async () => {
    const a: any = pool('a', () => call(b, { type: 'y' }))
    const b: any = pool('b', () => call(a, { type: 'y' }))
    const both = [a, b].map((each) => failure(call(each, { type: 'x' }, { timeout: 100 })))
    await turn()
    expect(explain(a).findings[0]?.says).toContain(
      'pool "a" (type "x") waits for pool "b" (type "x") waits for pool "a" (type "y")',
    )
    await clock.advance(60)
    for (const each of both) expect((await each).cause.message).toMatch(/Pool "\w" waits for itself/)
  })

  it.each([1, 4])(
    'is told alike to both pools of a circle, of which only one is full, %i members in the other',
    async (size) => {
      const orders: any = pool('orders', () => call(stock, { type: 'x' }, { timeout: 100 }))
      const stock: any = pool('stock', () => call(orders, { type: 'y' }), { size })
      const outer = failure(call(orders, { type: 'x' }, { timeout: 100 }))
      await turn()
      const way =
        'pool "orders" waits for itself: pool "orders" (type "x") waits for pool "stock" (type "x") waits for pool "orders" (type "y")'
      for (const each of [orders, stock]) expect(explain(each).findings[0]).toMatchObject({ says: way, advice })
      await clock.advance(60)
      const { message } = (await outer).cause.cause
      expect(message).toContain(`P${way.slice(1)}. All its members wait like this`)
    },
  )

  it('is told to who only comes to it with the whole way', async () => {
    const a: any = pool('a', () => call(b, { type: 'x' }, { timeout: 100 }))
    const b: any = pool('b', () => call(c, { type: 'x' }, { timeout: 90 }))
    const c: any = pool('c', () => call(b, { type: 'y' }, { timeout: 80 }))
    const outer = failure(call(a, { type: 'x' }, { timeout: 110 }))
    await turn()
    const circle = 'pool "b" (type "x") waits for pool "c" (type "x") waits for pool "b" (type "y")'
    expect(explain(a).findings[0]?.says).toBe(`pool "b" waits for itself: pool "a" (type "x") waits for ${circle}`)
    for (const each of [b, c]) expect(explain(each).findings[0]?.says).toBe(`pool "b" waits for itself: ${circle}`)
    await clock.advance(120)
    await outer
  })

  it(`is found through nact's query, and in a plain function`, async () => {
    const a: any = pool('a', () => query(a, { type: 'y' }, 30))
    const outer = failure(query(a, { type: 'x' }, 100))
    await clock.advance(60)
    expect((await outer).cause.message).toContain('pool "a" (type "x") waits for pool "a" (type "y")')
    const plain: any = spawnPool(system, (async () => query(plain, 'inner', 30)) as any, 'plain', { clock } as any)
    const inner = failure(query(plain, 'outer', 20))
    await clock.advance(21)
    expect((await inner).message).toContain('Pool "plain" waits for itself: pool "plain" (type "message")')
  })

  it('is found if other members are free, but the call waits for the key of its own handler', async () => {
    const a: any = pool('a', () => call(a, { type: 'y' }, { key: 'k' }), { size: 4 })
    const outer = failure(call(a, { type: 'x' }, { key: 'k', timeout: 100 }))
    await clock.advance(60)
    expect((await outer).cause.message).toContain('pool "a" (type "x") waits for pool "a" (type "y")')
  })

  it('is found if other members are free, but its own handler holds the state', async () => {
    const a: any = pool('a', () => call(a, { type: 'y' }), {
      size: 4,
      state: { type: 'shared', commit: 'exclusive' } as any,
    })
    const outer = failure(call(a, { type: 'x' }, { timeout: 100 }))
    await clock.advance(60)
    expect((await outer).cause.message).toContain('pool "a" (type "x") waits for pool "a" (type "y")')
  })

  it('is found if another message has the last free member, and waits for the state', async () => {
    const state: any = { type: 'shared', commit: 'exclusive' }
    const a: any = pool('a', () => call(a, { type: 'y' }, { timeout: 1000 }), { size: 2, state })
    const both = ['x', 'y'].map((type) => failure(call(a, { type }, { timeout: 100 })))
    await turn()
    expect(explain(a).findings.map(({ finding }) => finding)).toEqual(['waits-for-itself'])
    await clock.advance(101)
    for (const each of both) expect((await each).message).toMatch(/waits for itself.* needs the state/)
  })

  it('is told to all callers of a batch of which one message closes the circle', async () => {
    const Calls = definePool({
      init: () => 0,
      calls: {
        x: {
          batch: 3,
          handle: async (messages: readonly { last: boolean }[]) => {
            for (const { last } of messages) if (last) await call(a, { type: 'x' }, { timeout: 1000 })
            return reply(messages.map(() => 1))
          },
        },
      },
    })
    const a: any = spawnPool(system, Calls as any, 'a', { clock, size: 1 } as any)
    const all = [false, false, true].map((last) => failure(call(a, { type: 'x', last }, { timeout: 100 })))
    await clock.advance(101)
    for (const each of all) expect((await each).message).toMatch(/Pool "a" waits for itself/)
  })

  it('is found if a concurrency limit holds the free members back', async () => {
    const a: any = pool('a', () => call(a, { type: 'y' }), { size: 3, concurrency: 1 })
    const outer = failure(call(a, { type: 'x' }, { timeout: 100 }))
    await clock.advance(60)
    expect((await outer).cause.message).toMatch(/Pool "\w" waits for itself/)
  })

  it('is a finding of explain at once, before anything expires', async () => {
    const a: any = pool('a', () => call(a, { type: 'y' }))
    const outer = call(a, { type: 'x' })
    await turn()
    const [first] = explain(a).findings
    expect(first).toMatchObject({ finding: 'waits-for-itself', figures: { busy: 1, waiting: 1 } })
    expect(first?.says).toBe('pool "a" waits for itself: pool "a" (type "x") waits for pool "a" (type "y")')
    resize(a, 2)
    expect(await outer).toBe('y')
    expect(explain(a).calm).toBe(true)
  })
})

describe('a handler that waits for itself, while other members are free', () => {
  const ways: readonly (readonly [string, any, PoolOptions, RegExp, RegExp])[] = [
    ['the turn of its own key', { key: 'k' }, {}, /has the key of a handler/, /keys/],
    [
      'the state that it holds',
      {},
      { state: { type: 'shared', commit: 'exclusive' } as any },
      /needs the state/,
      /one-/,
    ],
    [
      'the limit of its key',
      {},
      { limits: { by: () => 'all', concurrency: 1 } },
      /counts in the limit of its key/,
      /limits/,
    ],
    ['its own shared run', { share: 's' }, {}, /shares the run that waits for it/, /calm/],
  ]

  it.each(ways)('is told at once that it waits for %s, by explain and by the error', async (...given) => {
    const [, message, options, reason, follows] = given
    const to = message.share ? 'x' : 'y'
    const a: any = pool('a', () => call(a, { type: to }, { ...message, timeout: 1000 }), { size: 5, ...options })
    const outer = failure(call(a, { type: 'x' }, { ...message, timeout: 100 }))
    await turn()
    const { findings } = explain(a)
    expect(findings[0]).toMatchObject({ finding: 'waits-for-itself', option: null })
    expect(findings[0]?.says).toBe(`a handler waits for itself: pool "a" (type "x") waits for pool "a" (type "${to}")`)
    expect(findings[0]?.advice).toMatch(reason)
    expect(findings.map(({ finding }) => finding).join()).not.toMatch(follows)
    await clock.advance(101)
    const { message: said } = await outer
    expect(said).toMatch(/ A handler waits for itself: pool "a" \(type "x"\) waits for pool "a"/)
    expect(said).toMatch(reason)
    expect(said).not.toMatch(/All members|faster|finer/)
  })

  it('is still told so when it has waited for long', async () => {
    const a: any = pool('a', () => call(a, { type: 'y' }, { key: 'k', timeout: 5000 }), { size: 5 })
    void failure(call(a, { type: 'x' }, { key: 'k', timeout: 5000 }))
    await clock.advance(1200)
    expect(explain(a).findings.map(({ finding }) => finding)).toEqual(['waits-for-itself', 'stuck'])
  })

  it('is found behind another pool, and told of both', async () => {
    const a: any = pool('a', () => call(b, { type: 'x' }, { timeout: 1000 }), { size: 5 })
    const b: any = pool('b', () => call(a, { type: 'y' }, { key: 'k', timeout: 1000 }), { size: 5 })
    void failure(call(a, { type: 'x' }, { key: 'k', timeout: 1000 }))
    await turn()
    expect(explain(a).findings[0]?.says).toContain(
      '"a" (type "x") waits for pool "b" (type "x") waits for pool "a" (type "y")',
    )
    expect(explain(b).findings[0]).toMatchObject({ finding: 'waits-for-itself' })
  })

  it('is not told so of a call behind another request of its key', async () => {
    const a: any = pool('a', () => call(a, { type: 'y' }, { key: 'other', timeout: 1000 }), { size: 5 })
    void failure(call(a, { type: 'hang' }, { key: 'other', timeout: 1000 }))
    void failure(call(a, { type: 'x' }, { key: 'k', timeout: 1000 }))
    await turn()
    expect(explain(a).findings.map(({ finding }) => finding)).not.toContain('waits-for-itself')
  })
})
