import { call, type CallOptions, getState, inspect, type PoolRef, ready, spawnPool } from '@genpool/core'
import { natsStore, type NatsStore, remotePool, serve, type Service } from '@genpool/nats'
import { type ActorSystemRef, start, stop } from 'nact'
import { Counter } from '../support/counter'
import { endJetStream, startJetStream } from '../support/jetstream'
import { Proxy } from '../support/proxy'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

interface Machine {
  readonly proxy: Proxy
  readonly store: NatsStore
  readonly pool: PoolRef
  readonly service: Service
  /** The key of messages that go to this machine. */
  key: string
}

let server: NatsServer
let system: ActorSystemRef
const machines: Machine[] = []
let made = 0

beforeAll(async () => {
  server = await startJetStream()
})
beforeEach(() => (system = start()))
afterEach(async () => {
  const ends: (() => void)[] = []
  for (const { proxy, store, service } of machines.splice(0)) {
    proxy.mend()
    proxy.delayMs = 0
    await service.stop({ within: 500 })
    ends.push(
      () => store.destroy(),
      () => proxy.end(),
    )
  }
  stop(system)
  for (const end of ends) end()
})
afterAll(endJetStream)

async function machine(name: string, entry: 'cell' | 'store' = 'cell'): Promise<Machine> {
  const proxy = await new Proxy(server).start()
  const store = await natsStore(await connectTo({ url: proxy.url } as never), {
    bucket: name,
    storage: 'memory',
    entry,
  })
  const state = { type: 'shared', store, key: 'counter' } as const
  const pool = spawnPool(system, Counter, `${name}-${machines.length}`, { size: 4, state })
  await ready(pool)
  const service = await serve(pool as PoolRef, await connectTo(server), { name })
  const one = { proxy, store, pool: pool as PoolRef, service, key: '' }
  machines.push(one)
  return one
}

async function client(name: string) {
  const pool = remotePool<typeof Counter>(start(), await connectTo(server), { name })
  await ready(pool)
  await until(() => inspect(pool).nodes.length === machines.length, 'all nodes are known')
  for (const each of machines) {
    for (let i = 0; each.key === ''; i++) {
      const before = each.service.inspect().requests.received
      await call(pool, { type: 'read' }, { key: `${i}` })
      if (each.service.inspect().requests.received > before) each.key = `${i}`
    }
  }
  return pool
}
type FarOptions = Omit<CallOptions, 'share' | 'retry'>
const at = ({ key }: Machine, more: FarOptions = {}): FarOptions => ({ key, ...more })

describe('what a caller reads of a state that machines share', () => {
  it.each(['cell', 'store'] as const)(
    'is never less than what was answered to it, whichever machine it asks (entry: "%s")',
    async (entry) => {
      const name = `reads-${made++}`
      const [fast, slow] = [await machine(name, entry), await machine(name, entry)]
      const pool = await client(name)
      slow.proxy.delayMs = 15
      slow.proxy.cut()
      for (let i = 1; i <= 20; i++) {
        expect(await call(pool, { type: 'add' }, at(fast))).toBe(i)
        // What its own copy has now is older.
        if (i === 1) expect(getState(slow.pool)).toEqual({ count: 0 })
        if (i === 1) slow.proxy.mend()
        expect(await call(pool, { type: 'read' }, at(slow))).toBe(i)
      }
      expect(inspect(pool)).toMatchObject({ failed: {}, retries: { made: 0 } })
    },
  )

  it('never goes back while many callers write and read everywhere', async () => {
    const name = `reads-${made++}`
    const [, slow] = [await machine(name), await machine(name)]
    const pool = await client(name)
    slow.proxy.delayMs = 3
    let known = 0
    await Promise.all(
      Array.from({ length: 16 }, async (_, n) => {
        for (let i = 0; i < 25; i++) {
          const least = known
          const seen = await call(pool, { type: n % 2 === 0 ? 'add' : 'read' })
          expect(seen).toBeGreaterThanOrEqual(least)
          known = Math.max(known, seen)
        }
      }),
    )
    expect(await call(pool, { type: 'read' })).toBe(200)
  })

  it('is not run on an older state: a machine that cannot read the latest is left for another one', async () => {
    const name = `reads-${made++}`
    const [fast, cut] = [await machine(name), await machine(name)]
    const pool = await client(name)
    for (let i = 0; i < 20; i++) await call(pool, { type: 'read' })
    cut.proxy.cut()
    expect(await call(pool, { type: 'add' }, at(fast))).toBe(1)
    const answers = await Promise.all([1, 2].map(() => call(pool, { type: 'read' })))
    expect(answers).toEqual([1, 1])
    expect(await call(pool, { type: 'read' }, at(cut))).toBe(1)
    cut.proxy.mend()
  })

  it('says that it was not run if no machine can read the latest', async () => {
    const name = `reads-${made++}`
    const [fast, cut] = [await machine(name), await machine(name)]
    const pool = await client(name)
    expect(await call(pool, { type: 'add' }, at(fast))).toBe(1)
    await until(() => (getState(cut.pool as never) as { count: number }).count === 1, 'it has arrived')
    cut.proxy.cut()
    expect(await call(pool, { type: 'add' }, at(fast))).toBe(2)
    await fast.service.stop()
    const error = call(pool, { type: 'read' })
    await expect(error).rejects.toMatchObject({ code: 'ERR_GENPOOL_UNREACHABLE', mayHaveRun: false })
    await expect(error).rejects.toThrow('has an older state than its caller has seen')
    await expect(call(pool, { type: 'read' }, { timeout: 100 })).rejects.toMatchObject({ code: 'ERR_GENPOOL_EXPIRED' })
    cut.proxy.mend()
    expect(await call(pool, { type: 'read' })).toBe(2)
  })

  it('keeps the order of a key while a machine catches up', async () => {
    const name = `reads-${made++}`
    const [fast, slow] = [await machine(name), await machine(name)]
    const pool = await client(name)
    slow.proxy.delayMs = 15
    await call(pool, { type: 'add' }, at(fast))
    const answers = await Promise.all(Array.from({ length: 20 }, () => call(pool, { type: 'add' }, at(slow))))
    expect(answers).toEqual(Array.from({ length: 20 }, (_, i) => i + 2))
  })

  it('goes on when somebody has restored or reset the state', async () => {
    const name = `reads-${made++}`
    const [one, two] = [await machine(name), await machine(name)]
    const pool = await client(name)
    for (let i = 0; i < 5; i++) await call(pool, { type: 'add' }, at(one))
    const { jetstreamManager } = await import('@nats-io/jetstream')
    const jsm = await jetstreamManager(await connectTo(server))
    await jsm.streams.delete(`KV_${name}`)
    await expect(call(pool, { type: 'add' }, at(one))).rejects.toMatchObject({ code: 'ERR_GENPOOL_NOT_COMMITTED' })
    await one.store.restore()
    expect(await call(pool, { type: 'add' }, at(one))).toBe(6)
    expect(await call(pool, { type: 'add' }, at(two))).toBe(7)
    expect(await call(pool, { type: 'read' }, at(one))).toBe(7)
  })

  it('does not keep a call without an outcome on a machine whose store was destroyed; others go on', async () => {
    const name = `reads-${made++}`
    const [one, two] = [await machine(name), await machine(name)]
    const pool = await client(name)
    await call(pool, { type: 'add' }, at(one))
    two.store.destroy()
    const answers = Array.from({ length: 10 }, () => call(pool, { type: 'add' }, at(two, { timeout: 3000 })))
    const outcomes = await Promise.allSettled(answers)
    const codes = outcomes.flatMap((each) =>
      each.status === 'rejected' ? [(each.reason as { code: string }).code] : [],
    )
    expect(codes).not.toContain('ERR_GENPOOL_EXPIRED')
    expect(await call(pool, { type: 'add' }, at(one))).toBe(2 + 10 - codes.length)
  })

  it('is asked for by its own caller alone: another client may read less, and getState with fresh never does', async () => {
    const name = `reads-${made++}`
    const [fast, slow] = [await machine(name), await machine(name)]
    const [writer, reader] = [await client(name), await client(name)]
    slow.proxy.cut()
    await call(writer, { type: 'add' }, at(fast))
    expect(await call(reader, { type: 'read' }, at(slow))).toBe(0)
    slow.proxy.mend()
    expect(await getState(slow.pool as never, { fresh: true })).toEqual({ count: 1 })
  })
})
