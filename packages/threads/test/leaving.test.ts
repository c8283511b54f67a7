import { call, getMembers, getState, inspect, type PoolOptions, ready, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { join } from 'node:path'
import type Leaving from './fixtures/leaving'
import { system, words } from './fixtures/shared-system'
import { until } from './fixtures/until'

const file = join(__dirname, 'fixtures', 'leaving.ts')

const open = async (options: PoolOptions = {}, prefetch = 1) => {
  const behaviour = threads<typeof Leaving>(file, { workerData: words.buffer, prefetch })
  const pool = spawnPool(system, behaviour, 'shop', {
    size: 1,
    state: 'shared',
    timeout: 50_000,
    broker: { budget: false },
    ...options,
  } as PoolOptions)
  await ready(pool)
  return { pool, paid: () => (getState(pool) as { paid: readonly string[] }).paid.join('') }
}
const begun = (n: number) => until(() => Atomics.load(words, 0) >= n)
const openGate = (n = 1): void => void Atomics.store(words, 3, n)
const unblock = (): void => void Atomics.store(words, 2, 1)
const may = { code: 'ERR_GENPOOL_CANCELLED', started: true, mayBeCommitted: true }
const not = { ...may, mayBeCommitted: false }

type Shops = Awaited<ReturnType<typeof open>>['pool']
/** Three calls, and what ends them. */
const three = (pool: Shops, type: 'pay' | 'book') => {
  const controllers = [0, 1, 2].map(() => new AbortController())
  const ends = controllers.map(({ signal }, i) =>
    call(pool, { type, id: 'abc'[i]! }, { signal }).catch((error: unknown) => error),
  )
  return { ends, leave: (i: number) => controllers[i]?.abort() }
}

describe('a batch in a thread that one of its callers leaves', () => {
  it.each([0, 1, 2])('goes on for the others, and its member too (%s)', async (leaver) => {
    const { pool, paid } = await open()
    const member = getMembers(pool)[0]?.name
    const { ends, leave } = three(pool, 'pay')
    await begun(1)
    leave(leaver)
    expect(await ends[leaver]).toMatchObject(may)
    openGate()
    const others = [0, 1, 2].filter((i) => i !== leaver)
    expect(await Promise.all(others.map((i) => ends[i]))).toEqual(others.map((i) => 'abc'[i]))
    expect([paid(), getMembers(pool)[0]?.name]).toEqual(['abc', member])
    expect(inspect(pool).outcomes.crashed).toBe(0)
  })

  it('stops when the last one leaves, and commits nothing', async () => {
    const { pool, paid } = await open()
    const { ends, leave } = three(pool, 'pay')
    await begun(1)
    for (const i of [0, 2, 1]) leave(i)
    expect(await Promise.all(ends)).toMatchObject([may, not, may])
    openGate()
    expect(await call(pool, { type: 'other' })).toBe('other')
    expect([paid(), inspect(pool).outcomes.crashed]).toEqual(['o', 0])
  })

  it('has not run if it waits in its thread: the others go on without it', async () => {
    const { pool, paid } = await open({}, 4)
    const blocked = call(pool, { type: 'block' })
    const { ends, leave } = three(pool, 'pay')
    await until(() => inspect(pool).waiting === 0)
    leave(1)
    expect(await ends[1]).toMatchObject({ started: false, mayBeCommitted: false })
    openGate()
    unblock()
    await blocked
    expect([await ends[0], await ends[2], paid()]).toEqual(['a', 'c', 'ac'])
  })

  it('is made without a message whose caller has left before', async () => {
    const { pool, paid } = await open({}, 4)
    const { ends, leave } = three(pool, 'pay')
    leave(1)
    expect(await ends[1]).toMatchObject({ started: false, mayBeCommitted: false })
    openGate()
    expect([await ends[0], await ends[2], paid()]).toEqual(['a', 'c', 'ac'])
  })

  it('goes without those who left when it runs again', async () => {
    const { pool, paid } = await open({ size: 2 })
    const blocked = call(pool, { type: 'block' })
    const { ends, leave } = three(pool, 'book')
    await begun(1)
    unblock()
    await blocked
    await call(pool, { type: 'other' })
    leave(0)
    leave(2)
    openGate()
    await begun(2)
    openGate(2)
    expect(await Promise.all(ends)).toMatchObject([may, 'b', may])
    expect(paid()).toBe('ob')
  })
})
