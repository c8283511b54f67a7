import { call, getState, ready, spawnPool } from '@genpool/core'
import { durable, natsStore, type NatsStore } from '@genpool/nats'
import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { start, stop } from 'nact'
import { Counter } from '../support/counter'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, freePort } from '../support/server'
import { until } from '../support/until'

/* JetStream runs on a hub, in a domain; what uses it is connected to a leaf node, which has one of its own. */
let hub: NatsConnection
let leaf: NatsConnection
beforeAll(async () => {
  const port = await freePort()
  hub = await connectTo(
    await startJetStream(`server_name: hub\nleafnodes { listen: "127.0.0.1:${port}" }`, 'domain: hub'),
  )
  const remote = `leafnodes { remotes: [{ url: "nats://127.0.0.1:${port}" }] }`
  leaf = await connectTo(await startJetStream(`server_name: leaf\n${remote}`, 'domain: leaf'))
  const reaches = (): Promise<boolean> =>
    jetstreamManager(leaf, { domain: 'hub' }).then(
      () => true,
      () => false,
    )
  await until(reaches, 'the leaf node reaches the domain')
})
afterAll(endJetStream)

const added = (store: NatsStore): Promise<number> =>
  store.cell<number>('x').update((n: number) => n + 1) as Promise<number>

describe('a store beyond a leaf node', () => {
  it('is kept in the domain that it names, and is one with that of a process at the hub', async () => {
    const far = await natsStore(leaf, { bucket: 'orders', domain: 'hub', initial: 0 })
    const near = await natsStore(hub, { bucket: 'orders', initial: 0 })
    for (let i = 0; i < 5; i++) await Promise.all([added(far), added(near)])
    expect([await far.fresh('x'), await near.fresh('x')]).toEqual([10, 10])
    const streams = async (domain: string): Promise<string[]> =>
      (await (await jetstreamManager(leaf, { domain })).streams.list().next()).map(({ config }) => config.name)
    expect([await streams('hub'), await streams('leaf')]).toEqual([['KV_orders'], []])
    far.destroy()
    near.destroy()
  })

  it('keeps the state of a pool, with leases, and is restored there', async () => {
    const store = await natsStore(leaf, { bucket: 'held', domain: 'hub' })
    const system = start()
    const pool = spawnPool(system, Counter, 'counter', {
      size: 2,
      state: { type: 'shared', store, commit: 'exclusive' },
    })
    await ready(pool)
    await Promise.all(Array.from({ length: 8 }, () => call(pool, { type: 'add', value: 1 } as never)))
    const before = getState(pool)
    await (await jetstreamManager(hub)).streams.delete('KV_held')
    expect(await store.restore()).toBe(1)
    await call(pool, { type: 'add', value: 1 } as never)
    expect(getState(pool)).not.toEqual(before)
    stop(system)
    store.destroy()
  })

  it('needs the name of a domain', async () => {
    await expect(natsStore(leaf, { bucket: 'x', domain: 'a.b' })).rejects.toThrow(
      'at domain: expected the name of a JetStream domain',
    )
  })

  it('that nobody has is named by the error; so it is for a queue', async () => {
    const wrong = { domain: 'hup', timeout: 300 }
    const named = /JetStream in the domain "hup": it is misspelt or cannot be reached/
    await expect(natsStore(leaf, { bucket: 'x', ...wrong })).rejects.toThrow(named)
    await expect(durable(leaf, { name: 'x', ...wrong })).rejects.toThrow(named)
  })
})
