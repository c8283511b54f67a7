import { call, explain, inspect, ready, spawnPool } from '@genpool/core'
import { natsStore, remotePool, serve } from '@genpool/nats'
import { start, stop } from 'nact'
import { Counter } from '../support/counter'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, startServer } from '../support/server'
import { until } from '../support/until'

afterAll(endJetStream)

describe('a remote pool whose nodes keep their state in a store', () => {
  it('is told by its nodes that they wait for that, and explains it; not that members are short', async () => {
    const [calls, stores] = [await startServer(), await startJetStream()]
    const system = start()
    const reconnecting = { reconnectTimeWait: 20, maxReconnectAttempts: -1 }
    const store = await natsStore(await connectTo(stores, reconnecting), { bucket: 'counts', timeout: 60_000 })
    const pool = spawnPool(system, Counter, 'counter', { size: 1, state: { type: 'shared', store } })
    const service = await serve(pool, await connectTo(calls), { name: 'counter', every: 100 })
    const far = remotePool<typeof Counter>(start(), await connectTo(calls), { name: 'counter', timeout: 60_000 })
    await ready(far)
    expect(await call(far, { type: 'add' })).toBe(1)
    expect(inspect(far).nodes.map(({ store: trouble }) => trouble)).toEqual([null])
    await stores.kill()
    const answers = [call(far, { type: 'add' }), call(far, { type: 'add' })]
    await until(() => explain(far).findings[0]?.finding === 'store', 'it is told', 10_000)
    const { text, findings } = explain(far)
    expect(text).toContain(`"${service.id}" waits for its store: `)
    expect(text).toContain('there is no connection to NATS')
    expect(text).toContain('More nodes do not help')
    expect(findings.map(({ finding }) => finding)).not.toContain('members-busy')
    expect(inspect(far).nodes[0]?.store).toContain('there is no connection to NATS')
    await stores.start()
    expect(await Promise.all(answers)).toEqual([2, 3])
    await until(() => inspect(far).nodes[0]?.store === null, 'it is well again', 10_000)
    expect(explain(far).findings.map(({ finding }) => finding)).not.toContain('store')
    await service.stop()
    stop(system)
    store.destroy()
  })
})
