import { definePool, inspect, onEvent, type PoolEvents, ready, reply, spawnPool } from '@genpool/core'
import { natsStore } from '@genpool/nats'
import { Kvm } from '@nats-io/kv'
import { start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

let server: NatsServer
beforeAll(async () => {
  server = await startJetStream()
})
afterAll(endJetStream)

type Told = PoolEvents['genpool:store:change']
const Counter = definePool({ init: () => 0, calls: { read: (_: object, n: number) => reply(n) } })
const connected = () => connectTo(server, { reconnectTimeWait: 20, maxReconnectAttempts: -1 })

/** A pool with its state in a store, another store beside it, and what is told of them. */
async function scene(bucket: string) {
  const store = await natsStore(await connected(), { bucket, timeout: 500 })
  const other = await natsStore(await connected(), { bucket: `${bucket}-other`, timeout: 500 })
  const system = start()
  const pool = spawnPool(system, Counter, 'counter', { size: 1, state: { type: 'shared', store } })
  await ready(pool)
  const [ofPool, all]: [Told[], Told[]] = [[], []]
  const offs = [
    onEvent('genpool:store:change', (event) => void ofPool.push(event), { pool }),
    onEvent('genpool:store:change', (event) => void all.push(event)),
  ]
  const end = (): void => {
    for (const off of offs) off()
    stop(system)
    store.destroy()
    other.destroy()
  }
  return { store, other, pool, ofPool, all, end }
}

describe('genpool:store:change', () => {
  it('tells that the connection is lost, and that it is there again; for a pool, only of its own store', async () => {
    const { store, other, pool, ofPool, all, end } = await scene('lost')
    await server.kill()
    await until(() => all.length === 2, 'both are told of')
    expect(inspect(pool).store?.fault).toBe(ofPool[0]?.fault)
    await server.start()
    await until(() => all.length === 4, 'both are well again')
    const fault = expect.stringContaining('there is no connection to NATS') as string
    const lost = { bucket: 'lost', store, entry: undefined, fault }
    expect(ofPool).toEqual([lost, { ...lost, fault: undefined }])
    expect(all.filter((event) => event.store === other)).toHaveLength(2)
    end()
    expect(all).toHaveLength(4)
  })

  it('tells that an entry is no good any more, once, and that it is well again', async () => {
    const { store, ofPool, all, end } = await scene('damaged')
    const up = async (): Promise<number> => store.cell<number>('counter').update((n) => n + 1)
    await up()
    await (await new Kvm(await connected()).open('damaged')).put('counter', 'scribbled')
    await until(() => ofPool.length === 1, 'it is told')
    const event = ofPool[0] as Told
    expect(event).toMatchObject({ bucket: 'damaged', store, entry: expect.any(String) as string })
    expect(event.fault).toContain('Call restore()')
    await expect(up()).rejects.toThrow('restore()')
    expect(ofPool).toHaveLength(1)
    await store.restore()
    await until(() => ofPool.length === 2, 'it is well')
    expect(ofPool[1]).toEqual({ ...event, fault: undefined })
    expect(all).toEqual(ofPool)
    end()
  })
})
