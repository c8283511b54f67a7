import { definePool, type HereRef, noReply, onEvent, spawnPool } from '@genpool/core'
import { until } from '../support/until'
import { connection, consumers, open, system } from '../support/mails'

/* Consumers of two versions: the older one does not know the newer type. */
const Old = definePool({ casts: { first: () => noReply() } })
const New = definePool({ casts: { first: () => noReply(), second: () => noReply() } })
const consume = async (jobs: Awaited<ReturnType<typeof open>>, pool: HereRef) => {
  const consumer = await jobs.consume(pool)
  consumers.push(consumer)
  return consumer
}

describe('a rolling deploy', () => {
  it('a cast of a type that a consumer does not know waits for one that does', async () => {
    const jobs = await open()
    const old = await consume(jobs, spawnPool(system, Old, 'old', { size: 4 }))
    const reasons: (string | undefined)[] = []
    const off = onEvent('genpool:delivery', ({ outcome, reason }) => outcome === 'returned' && reasons.push(reason))
    for (let i = 0; i < 8; i++) await jobs.cast({ type: 'second' }, i % 2 === 0 ? {} : { key: 'k' })
    await until(
      () => Object.keys(old.inspect().unknownTypes).length > 0 && old.inspect().unknown > 7,
      'all but few wait',
    )
    expect(old.explain()).toMatchObject({ findings: [{ finding: 'unknown-types', option: 'keepUnknown' }] })
    expect(old.explain().text).toMatch(/\d+ casts of type "second" that no handler here knows wait for a consumer that/)
    const next = await consume(jobs, spawnPool(system, New, 'new', { size: 4 }))
    await until(() => next.inspect().done === 8, 'all are done')
    expect(await jobs.dead()).toEqual([])
    expect(reasons[0]).toContain('has no handler for it')
    off()
  })

  it('with many consumers of the old version, casts with keys are soon with the new one', async () => {
    const jobs = await open({ lanes: 8 })
    for (let i = 0; i < 6; i++) await consume(jobs, spawnPool(system, Old, `old${i}`, { size: 2 }))
    let returned = 0
    const off = onEvent('genpool:delivery', ({ outcome }) => void (outcome === 'returned' && returned++))
    const next = await consume(jobs, spawnPool(system, New, 'new', { size: 4 }))
    for (let i = 0; i < 40; i++) await jobs.cast({ type: 'second' }, { key: `k${i % 10}` })
    await until(() => next.inspect().done === 40, 'all are done')
    // By lot each would be given back six times. Who has given one back leaves its lane to others.
    expect(returned).toBeLessThanOrEqual(120)
    off()
  })

  it('with many consumers of the old version, casts without keys are soon with the new one', async () => {
    const jobs = await open()
    for (let i = 0; i < 9; i++) await consume(jobs, spawnPool(system, Old, `old${i}`, { size: 2 }))
    let returned = 0
    const off = onEvent('genpool:delivery', ({ outcome }) => void (outcome === 'returned' && returned++))
    const next = await consume(jobs, spawnPool(system, New, 'new', { size: 4 }))
    for (let i = 0; i < 200; i++) await jobs.cast({ type: 'second' })
    await until(() => next.inspect().done === 200, 'all are done')
    // By lot they would be given back 900 times. Who has given one back lets others ask when it comes again.
    expect(returned).toBeLessThanOrEqual(600)
    off()
  })

  it('one that nobody knows is a dead letter after "keepUnknown", and its waits were no attempts', async () => {
    const jobs = await open({ keepUnknown: 2500 })
    const old = await consume(jobs, spawnPool(system, Old, 'old', { size: 4 }))
    await jobs.cast({ type: 'second' })
    connection.publish(`genpool.${jobs.name}.jobs.any`, Buffer.from([0x6a, 9, 0, 0, 0]))
    await until(() => Object.keys(old.inspect().unknownTypes).length === 2, 'both wait for somebody who knows them')
    expect(old.inspect().unknownTypes).toMatchObject({ second: 1, 'version 9 of @genpool/nats': 1 })
    await until(async () => (await jobs.dead()).length === 2, 'both are dead')
    expect((await jobs.dead()).map(({ code }) => code)).toEqual(['ERR_GENPOOL_INVALID', 'ERR_GENPOOL_INVALID'])
    expect((await jobs.dead()).find(({ readable }) => readable)).toMatchObject({ attempts: 1 })
    expect(old.inspect().unknown).toBeGreaterThan(3)
    expect(old.inspect().unknownTypes).toEqual({})
  })
})
