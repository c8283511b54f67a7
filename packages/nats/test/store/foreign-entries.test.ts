import { call, definePool, ready, reply, spawnPool } from '@genpool/core'
import { natsStore, type NatsStore } from '@genpool/nats'
import { type KV, Kvm } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import { jetstreamManager } from '@nats-io/jetstream'
import { start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo } from '../support/server'
import { until } from '../support/until'

const inc = (n: number): number => n + 1
let connection: NatsConnection
let made = 0
beforeAll(async () => {
  connection = await connectTo(await startJetStream())
})
afterAll(endJetStream)

async function bucketOfBoth(): Promise<{ store: NatsStore; kv: KV; bucket: string }> {
  const bucket = `foreign-${made++}`
  const store = await natsStore(connection, { bucket, initial: 0 })
  await store.cell<number>('a').update(inc)
  const kv = await new Kvm(connection as never).open(bucket)
  await kv.put('note', 'written by hand')
  return { store, kv, bucket }
}
/** Resolves when it is seen here that the entry was deleted. */
async function deleted(store: NatsStore): Promise<void> {
  const look = (): Promise<boolean> =>
    store.fresh('a').then(
      () => false,
      () => true,
    )
  await until(look, 'it is seen that it was deleted')
}

describe('an entry of a bucket that is none of the store', () => {
  it('is left alone by restore() and accept(), also if another entry is to be restored', async () => {
    const { store, kv } = await bucketOfBoth()
    expect([await store.restore(), await store.accept()]).toEqual([0, 0])
    await kv.delete('a')
    await deleted(store)
    // There is no request of which it could be said whether it was run.
    expect(await store.accept().catch(String)).toMatch(/entry "a" .* was deleted\. Call restore\(\).* back\.$/)
    expect(await store.restore()).toBe(1)
    expect(await store.cell<number>('a').update(inc)).toBe(2)
    expect((await kv.get('note'))?.string()).toBe('written by hand')
    store.destroy()
  })

  it('is gone with its bucket: the values are restored, and that holds', async () => {
    const { store, bucket } = await bucketOfBoth()
    expect(await store.restore()).toBe(0)
    await (await jetstreamManager(connection as never)).streams.delete(`KV_${bucket}`)
    await until(async () => (await store.restore().catch(() => 0)) === 1, 'it is restored')
    expect(await store.restore()).toBe(0)
    expect(await store.cell<number>('a').update(inc)).toBe(2)
    store.destroy()
  })

  it('is named to who uses it as a cell, with what to do', async () => {
    const { store } = await bucketOfBoth()
    const error = await store.fresh('note').catch(String)
    expect(error).toMatch(/entry "note" of bucket "foreign-\d+" is none of a store/)
    expect(error).toContain('keep other things in another bucket.')
    await expect(async () => store.cell<number>('note').update(inc)).rejects.toThrow('"note"')
    store.destroy()
  })
})

describe('an error that the option "entry" throws', () => {
  it('comes as it is', async () => {
    const bug = new TypeError('my bug')
    const entry = (): string => {
      throw bug
    }
    const store = await natsStore(connection, { bucket: `foreign-${made++}`, initial: 0, entry })
    await expect(async () => store.cell<number>('a').update(inc)).rejects.toBe(bug)
    await expect(store.fresh('a')).rejects.toBe(bug)
    store.destroy()
  })
})

describe('a store that is destroyed just before its connection is drained', () => {
  it('gives its lease up', async () => {
    const server = connection.getServer()
    const options = { bucket: `foreign-${made++}`, initial: 0, lease: 600_000 }
    const other = await natsStore(connection, options)
    const own = await connectTo({ url: server } as never)
    const store = await natsStore(own, options)
    const hold = await store.cell<number>('x').hold()
    await hold.update(inc)
    store.destroy()
    await own.drain()
    expect(await other.cell<number>('x').update(inc)).toBe(2)
    other.destroy()
  })

  it('so does one of a pool whose state is exclusive', async () => {
    const system = start()
    const Work = definePool({ init: () => 0, calls: { inc: async (_: object, n: number) => reply(n + 1, n + 1) } })
    const options = { bucket: `foreign-${made++}`, lease: 600_000 }
    const pooled = async (name: string) => {
      const own = await connectTo({ url: connection.getServer() } as never)
      const store = await natsStore(own, options)
      const pool = spawnPool(system, Work, name, { state: { type: 'shared', store, key: 'x', commit: 'exclusive' } })
      await ready(pool)
      return { own, store, pool }
    }
    const [first, second] = [await pooled('first'), await pooled('second')]
    expect(await call(first.pool, { type: 'inc' })).toBe(1)
    first.store.destroy()
    await first.own.drain()
    expect(await call(second.pool, { type: 'inc' })).toBe(2)
    stop(system)
    second.store.destroy()
  })
})
