import { call, explain, pause, resume } from '@genpool/core'
import { codes, failure, pool, turn } from './self-wait-pools'
import { clock } from './virtual-system'

/* eslint-disable @typescript-eslint/no-explicit-any -- pools that know each other have circular types */
describe('a pool that does not wait for itself', () => {
  const said = (error: any): string => (error.cause ?? error).message

  it('is not said to, if one member does other work', async () => {
    const a: any = pool('a', () => call(a, { type: 'y' }), { size: 2 })
    void failure(call(a, { type: 'hang' }, { timeout: 1000 }))
    const outer = failure(call(a, { type: 'x' }, { timeout: 100 }))
    await turn()
    expect(explain(a).findings.map(({ finding }) => finding)).not.toContain('waits-for-itself')
    await clock.advance(60)
    expect(said(await outer)).not.toContain('waits for itself')
  })

  it('is not said to while it may grow, and is when it has', async () => {
    const a: any = pool('a', () => call(a, { type: 'y' }, { timeout: 5000 }), { size: { min: 1, max: 2 } })
    const found = (): unknown[] => explain(a).findings.map(({ finding }) => finding)
    const first = call(a, { type: 'x' }, { timeout: 5000 })
    await turn()
    expect(found()).not.toContain('waits-for-itself')
    await clock.advance(200)
    expect(await first).toBe('y')
    for (let i = 0; i < 2; i++) void failure(call(a, { type: 'x' }, { timeout: 5000 }))
    await turn()
    expect(found()).toContain('waits-for-itself')
  })

  it('is not said to, if it is paused and has idle members', async () => {
    const a: any = pool('a', () => call(a, { type: 'y' }, { timeout: 5000 }), { size: 2 })
    const outer = call(a, { type: 'x' }, { timeout: 5000 })
    pause(a)
    await turn()
    expect(explain(a).text).not.toContain('waits for itself')
    resume(a)
    expect(await outer).toBe('y')
  })

  it('is not said to, if a slow leaf holds all of it up, however its calls cross', async () => {
    const pools: any[] = []
    const next = (plans: any): Promise<unknown> =>
      Promise.all(plans.map(([to, type, ...then]: any) => call(pools[to], { type, then }, { timeout: 5000 })))
    pools.push(
      pool('p0', ({ then }) => next(then), { size: 2 }),
      pool('p1', ({ then }) => next(then), { size: 3 }),
    )
    const crossing = [1, 'x', [0, 'x', [1, 'y']], [1, 'x', [0, 'y']]]
    const outers = next([
      [0, 'x', [1, 'slow'], crossing],
      [1, 'y'],
    ])
    for (let ms = 0; ms < 30; ms += 10) {
      await turn()
      for (const each of pools) expect(explain(each).text).not.toContain('waits for itself')
      await clock.advance(10)
    }
    await outers
  })

  it('is not said to, if it only waits for a slow pool', async () => {
    const b = pool('b', () => 1)
    const a = pool('a', () => call(b, { type: 'hang' }))
    const all = [1, 2].map(() => failure(call(a, { type: 'x' }, { timeout: 100 })))
    await clock.advance(200)
    for (const each of all) expect(said(await each)).not.toContain('waits for itself')
  })

  it('is not ended: a call to itself that its handler does not wait for is run', async () => {
    let inner: Promise<unknown> = Promise.resolve()
    const a: any = pool('a', async () => {
      inner = call(a, { type: 'y' }, { timeout: 1000 })
      await clock.wait(30)
      return 'done'
    })
    const outer = call(a, { type: 'x' })
    await clock.advance(30)
    expect(await outer).toBe('done')
    expect(await inner).toBe('y')
  })

  it('is not said to after the inner call has been given up', async () => {
    const a: any = pool('a', async () => {
      await call(a, { type: 'y' }, { timeout: 10 }).catch(() => undefined)
      await new Promise(() => undefined)
    })
    const outer = failure(call(a, { type: 'x' }, { timeout: 500 }))
    await clock.advance(11)
    await clock.advance(600)
    expect(said(await outer)).not.toContain('waits for itself')
    expect(codes(await outer)).toBe('ERR_GENPOOL_EXPIRED')
  })
})
