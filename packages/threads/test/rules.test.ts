import { call, cast, getState, idle, inspect, pause, type PoolOptions, resume, spawnPool } from '@genpool/core'
import { type ThreadOptions, threads } from '@genpool/threads'
import { stop } from 'nact'
import { join } from 'node:path'
import { system } from './fixtures/quiet-system'
import type Rules from './fixtures/rules'
import { until } from './fixtures/until'

const file = join(__dirname, 'fixtures', 'rules.ts')

/** A pool of two threads that have started, and what runs there. */
async function open(options: PoolOptions = {}, of: ThreadOptions = {}) {
  const words = new Int32Array(new SharedArrayBuffer(16))
  const behaviour = threads<typeof Rules>(file, { workerData: words.buffer, ...of })
  const pool = spawnPool(system, behaviour, undefined, { size: 2, timeout: 50_000, ...options } as PoolOptions)
  await until(() => inspect(pool).members.starting === 0)
  return { pool, most: () => words[1], begun: () => words[2], openGate: () => Atomics.store(words, 3, 1) }
}
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/* What limits and options of calls promise holds for threads as well: each of them may hold several messages. */
describe('in a pool of threads', () => {
  it('a limit of a key holds over all threads, whatever they hold', async () => {
    const { pool, most } = await open({ size: 3, limits: { by: 'tenant', concurrency: 2 } }, { prefetch: 16 })
    const send = (id: number) => call(pool, { type: 'work', id, ms: 2, tenant: 'a' })
    expect(await Promise.all(upTo(40).map(send))).toEqual(upTo(40))
    expect(most()).toBe(2)
  })

  it('a rate lets no more begin within its interval', async () => {
    const { pool, begun } = await open({ rate: { limit: 5, interval: 60_000 } }, { prefetch: 16 })
    const sent = upTo(12).map((id) => call(pool, { type: 'work', id }).catch(() => undefined))
    await until(() => inspect(pool).outcomes.replied === 5)
    expect([begun(), inspect(pool).waiting, inspect(pool).rate]).toMatchObject([5, 7, { waiting: 7, used: 5 }])
    stop(pool as never)
    await Promise.all(sent)
    expect(begun()).toBe(5)
  })

  it('weights share the threads among keys', async () => {
    const limits = { by: 'tenant', weight: { gold: 3 } }
    const { pool } = await open({ size: 1, limits }, { prefetch: 1 })
    pause(pool)
    const order: string[] = []
    const send = (tenant: string) => call(pool, { type: 'work', id: 0, tenant }).then(() => order.push(tenant))
    const all = ['iron', 'gold'].flatMap((tenant) => upTo(9).map(() => send(tenant)))
    resume(pool)
    await Promise.all(all)
    expect(order.slice(0, 12).filter((tenant) => tenant === 'gold')).toHaveLength(9)
  })

  it('calls that share a run have one, and all are told how far it is', async () => {
    const { pool, begun } = await open()
    const told: unknown[] = []
    const onProgress = (value: unknown): void => void told.push(value)
    const all = [1, 2, 3].map((id) => call(pool, { type: 'told', id }, { share: 'one', onProgress }))
    expect(await Promise.all(all)).toEqual([1, 1, 1])
    expect([begun(), inspect(pool).shared, told.length]).toEqual([1, 2, 9])
  })

  it('a shared run goes on while one of its callers is left, and is given up with the last', async () => {
    const { pool, begun } = await open({ size: 1 })
    const [first, second] = [new AbortController(), new AbortController()]
    const busy = call(pool, { type: 'work', id: 0, ms: 20 })
    const share = ({ signal }: AbortController) =>
      call(pool, { type: 'work', id: 1 }, { share: 'one', signal }).catch((error: Error) => error.name)
    const left = [share(first), share(second)]
    first.abort()
    expect(await left[0]).toBe('CancelledError')
    second.abort()
    expect(await left[1]).toBe('CancelledError')
    await busy
    await idle(pool)
    expect(begun()).toBe(1)
  })

  it('of casts of which only the newest counts, one runs and one waits', async () => {
    const { pool, openGate } = await open({ state: 'shared' }, { prefetch: 16 })
    const send = (id: number) => cast(pool, { type: 'index', id }, { latest: 'a' })
    send(0)
    await until(() => inspect(pool).members.busy === 1)
    for (const id of [1, 2, 3, 4]) send(id)
    openGate()
    await idle(pool)
    expect([getState(pool), inspect(pool).outcomes]).toMatchObject([{ done: [0, 4] }, { replied: 2, replaced: 3 }])
  })

  it('a retry repeats what did not run, and what may run again', async () => {
    const dropping = await open({ size: 1, broker: { client: { type: 'drop', max: 1 } } }, { prefetch: 1 })
    // A few tries take seconds: as long as a run may on a busy machine. The budget of so few calls has no room for many.
    const retry = { attempts: 20, backoff: { min: 200, max: 5000 } }
    const send = (id: number) => call(dropping.pool, { type: 'work', id, ms: 2 }, { retry })
    expect(await Promise.all(upTo(3).map(send))).toEqual(upTo(3))
    expect(dropping.begun()).toBe(3)
    const crashing = await open({ retryOnCrash: { flaky: 1 } } as PoolOptions)
    expect(await call(crashing.pool, { type: 'flaky', id: 7, fails: 2 }, { retry })).toBe(7)
    const never = await open({}, {})
    await expect(call(never.pool, { type: 'flaky', id: 7, fails: 1 }, { retry })).rejects.toThrow('run 1')
    expect(never.begun()).toBe(1)
  })

  it.each(['isolated', 'shared'] as const)('an answer may be moved, with a state that is %s', async (state) => {
    const { pool } = await open({ state })
    for (const id of [1, 2]) expect(await call(pool, { type: 'bytes', id })).toEqual(new Uint8Array(16).fill(id))
    if (state === 'shared') expect(getState(pool).done).toHaveLength(2)
  })
})
