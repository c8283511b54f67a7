import { explain, getWaiting, type PoolOptions } from '@genpool/core'
import { finding, names, send, spawned } from './explained-pool'
import { clock } from '../virtual-system'

const by = 'tenant'
const weight = { gold: 2 }
const waitingOf = (options: object) => {
  const pool = spawned(options as PoolOptions)
  // Both members take one of these.
  send(pool, 2, { type: 'work', ms: 100, tenant: 'small' })
  send(pool, 9, { type: 'work', ms: 100, tenant: 'loud' })
  send(pool, 1, { type: 'work', ms: 100, tenant: 'other' })
  return pool
}
const loudest = { names: 2, most: [{ name: 'loud', count: 9 }, { name: 'other', count: 1 }] } // prettier-ignore

describe('tenants of what waits', () => {
  it.each([
    { limits: { by, concurrency: 5 } },
    { limits: { by, weight } },
    { limits: { by: (message: unknown) => (message as { tenant: string }).tenant, max: 50 } },
    { rate: { by, limit: 50 } },
    { limits: { by }, rate: { by: 'ms', limit: 50 } },
    { broker: { client: { type: 'fair', by: { property: by } } }, limits: { by: 'ms' } },
  ])('are counted, whatever option names them: %j', async (options) => {
    const pool = waitingOf(options)
    await clock.advance(10)
    expect(getWaiting(pool).by.tenant).toEqual(loudest)
  })

  it('are counted while a limit holds them back, too, and those without a key as "(none)"', async () => {
    const pool = spawned({ limits: { by, concurrency: 1 } })
    send(pool, 6, { type: 'work', ms: 100, tenant: 'loud' })
    send(pool, 4, { type: 'work', ms: 100 })
    await clock.advance(10)
    const { tenant } = getWaiting(pool).by
    expect(tenant).toEqual({ names: 2, most: [{ name: 'loud', count: 5 }, { name: '(none)', count: 3 }] }) // prettier-ignore
  })

  it('are not counted if nothing names them', () => {
    expect(getWaiting(waitingOf({ rate: { limit: 50 } })).by.tenant).toBeUndefined()
  })

  it('are unknown for a message of which "by" throws by now', async () => {
    let isBroken = false
    const pool = waitingOf({
      limits: {
        by: (message: unknown) => {
          if (isBroken) throw new Error('no tenants here')
          return (message as { tenant: string }).tenant
        },
      },
    })
    await clock.advance(10)
    isBroken = true
    expect(getWaiting(pool).by.tenant).toEqual({ names: 1, most: [{ name: '(none)', count: 10 }] })
    expect(names(pool)).toEqual(['members-busy'])
  })
})

describe('one tenant that has most of what waits', () => {
  it.each([
    [{ limits: { by, concurrency: 5 } }, 'limits.weight', 'set "limits.weight" or'],
    [{ limits: { by, weight } }, 'limits.max', 'set "limits.max".'],
    [{ limits: { by, weight, max: 50 } }, 'limits.max', 'lower "limits.max" (now 50).'],
    [{ rate: { by, limit: 50 } }, 'limits', 'set "limits" with the "by" of the rate'],
  ])('is named, with the option that bounds it: %j', async (options, option, advice) => {
    const pool = waitingOf(options)
    await clock.advance(10)
    expect(names(pool)).toEqual(['one-tenant', 'members-busy'])
    expect(finding(pool, 'one-tenant')).toMatchObject({
      figures: { tenant: 'loud', ofTenant: 9, tenants: 2, waiting: 10 },
      option,
      says: expect.stringContaining('9 of 10 waiting requests belong to "loud"'),
      advice: expect.stringContaining(advice),
    })
  })

  it('is not named twice if its limit holds it back', async () => {
    const pool = waitingOf({ size: 4, limits: { by, concurrency: 2 } })
    await clock.advance(10)
    expect(explain(pool).findings).toMatchObject([{ finding: 'limits', figures: { ofKey: 7 } }, {}])
    expect(names(pool)).not.toContain('one-tenant')
  })

  it('is nobody if most messages have no key', async () => {
    const pool = spawned({ limits: { by, concurrency: 5 } })
    send(pool, 9, { type: 'work', ms: 100 })
    send(pool, 2, { type: 'work', ms: 100, tenant: 'small' })
    await clock.advance(10)
    expect(names(pool)).toEqual(['members-busy'])
  })
})
