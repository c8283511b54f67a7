import { spawnBroker } from '@genpool/broker'
import { configure, explain, inspect } from '@genpool/core'
import { clock, system } from '../virtual-system'
import { finding, names, type Pool, send, spawned } from './explained-pool'

const work = async (pool: Pool, messages: number, tenant?: string): Promise<void> => {
  send(pool, messages, { type: 'work', ms: 1, ...(tenant !== undefined && { tenant }) })
  await clock.advance(100)
}

describe('explain, of a "by" that finds no key', () => {
  it('names the property, and how many messages did not have it', async () => {
    const pool = spawned({ limits: { by: 'tennant', concurrency: 1 } })
    await work(pool, 9, 'acme')
    expect(names(pool)).toEqual(['calm'])
    await work(pool, 3, 'acme')
    expect(finding(pool, 'no-keys')).toEqual({
      finding: 'no-keys',
      says: 'none of 12 messages had a property "tennant", which "limits.by" names: "limits" limits nothing',
      figures: { keyless: 12 },
      advice: expect.stringContaining('Give "limits.by" the name of a property that messages have') as string,
      option: 'limits.by',
    })
    expect(inspect(pool).limits).toMatchObject({ keyless: 12, keyFound: false, keys: 0 })
    configure(pool, { limits: { by: 'tenant' } })
    await work(pool, 20, 'acme')
    expect(names(pool)).toEqual(['calm'])
  })

  it('says nothing once a message had a key', async () => {
    const pool = spawned({ limits: { by: 'tenant', concurrency: 1 } })
    await work(pool, 1, 'acme')
    await work(pool, 20)
    expect(names(pool)).toEqual(['calm'])
    expect(inspect(pool).limits).toMatchObject({ keyless: 20, keyFound: true })
  })

  it.each([
    ['a function', { rate: { limit: 9, by: () => undefined } }, ['rate.by']],
    ['two at once', { rate: { limit: 9, by: 'usr' }, limits: { by: 'tennant' } }, ['limits.by', 'rate.by']],
    ['with costs', { limits: { by: 'tennant', rate: { limit: 9, cost: 'ms' } } }, ['limits.by']],
    ['in a fair queue', { limits: { by: 'tennant', weight: { acme: 2 } } }, ['limits.by']],
  ])('counts each message once: %s', async (_, options, found) => {
    const pool = spawned({ size: 1, ...options })
    await work(pool, 15, 'acme')
    const { findings } = explain(pool)
    expect(findings.map(({ option, figures }) => [option, figures])).toEqual(found.map((by) => [by, { keyless: 15 }]))
  })

  it('names the options of the shared broker', async () => {
    const broker = spawnBroker(system, { clock, limits: { by: 'tennant', concurrency: 1 } })
    const pool = spawned({ broker })
    await work(pool, 10, 'acme')
    expect(finding(pool, 'no-keys').advice).toContain('Give "limits.by" of the shared broker')
  })
})
