import { call, explain, inspect, type PoolRef, ready, spawnPool } from '@genpool/core'
import { natsStore, type NatsStore, type NatsStoreOptions } from '@genpool/nats'
import { Kvm } from '@nats-io/kv'
import type { NodeConnectionOptions } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { Counter } from '../support/counter'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

let system: ActorSystemRef
let made = 0
beforeEach(() => (system = start()))
afterEach(() => stop(system))
afterAll(endJetStream)

async function pooled(server: NatsServer, options: Partial<NatsStoreOptions> = {}, more: NodeConnectionOptions = {}) {
  const connection = await connectTo(server, { reconnectTimeWait: 20, maxReconnectAttempts: -1, ...more })
  const store: NatsStore = await natsStore(connection, { bucket: 'orders', timeout: 1000, ...options })
  const state = { type: 'shared', store, key: 'x' } as const
  const pool = spawnPool(system, Counter, `c-${made++}`, { size: 2, state, timeout: 30_000 })
  await ready(pool)
  return { store, pool }
}
const first = (pool: PoolRef): string => {
  const { findings, text } = explain(pool)
  expect(findings[0]).toMatchObject({ finding: 'store' })
  expect(text).not.toMatch(/Raise "size"|stuckAfter|andlers faster\.|Change nothing/)
  return text
}

describe('explain names the store', () => {
  it('while another process holds the state', async () => {
    const server = await startJetStream()
    const [holder, other] = [await pooled(server), await pooled(server)]
    expect(await call(holder.pool, { type: 'add' })).toBe(1)
    const hold = await holder.store.cell<{ count: number }>('x').hold()
    const waiting = call(other.pool, { type: 'add' })
    await until(() => !explain(other.pool as PoolRef).calm, 'it is explained', 10_000)
    expect(first(other.pool as PoolRef)).toMatch(
      /commits have waited for .*: the state is held by another process, by a lease of 10000 ms.*Find who holds it/s,
    )
    expect(inspect(other.pool).store).toMatchObject({ failures: 0, heldBy: expect.any(String) as string })
    expect(inspect(holder.pool).store).toMatchObject({ heldBy: undefined })
    hold.release()
    expect(await waiting).toBe(2)
    expect(explain(other.pool).calm).toBe(true)
  })

  it('after one commit was refused for a missing permission', async () => {
    const rest = '"$JS.API.>", "$JS.FC.>"'
    const user = (name: string, publish: string): string =>
      `{ user: ${name}, password: x, permissions: { publish: [${publish}], subscribe: "_INBOX.>" } }`
    const server = await startJetStream(
      `authorization { users: [${user('all', `"$KV.orders.>", ${rest}`)}, ${user('reader', rest)}] }`,
    )
    const { pool: writes } = await pooled(server, {}, { user: 'all', pass: 'x' })
    await call(writes, { type: 'add' })
    const { pool } = await pooled(server, {}, { user: 'reader', pass: 'x' })
    await expect(call(pool, { type: 'add' })).rejects.toMatchObject({ code: 'ERR_GENPOOL_NOT_COMMITTED' })
    expect(first(pool as PoolRef)).toMatch(
      /1 write has failed, last with: .*Permissions Violation for Publish to "\$KV.orders.x".*permissions of the account/s,
    )
  })

  it('while a value is there that "validate" refuses, an entry was deleted or made anew, or no server can be reached', async () => {
    const server = await startJetStream()
    const strict = await pooled(server, { validate: ((state: object) => 'count' in state) as never })
    const lax = await pooled(server)
    expect(await call(strict.pool, { type: 'add' })).toBe(1)
    await lax.store.put('x', { total: 1 })
    await until(() => !explain(strict.pool as PoolRef).calm, 'the value has come', 10_000)
    expect(first(strict.pool as PoolRef)).toContain('has a value that "validate" refuses here')
    await lax.store.put('x', { count: 7 })
    await until(() => explain(strict.pool).calm, 'a good one has come', 10_000)
    const kv = await new Kvm(await connectTo(server)).open('orders')
    await kv.purge('x')
    await until(() => !explain(strict.pool as PoolRef).calm, 'the purge has come', 10_000)
    expect(first(strict.pool as PoolRef)).toContain('was deleted. Call restore()')
    const anew = await pooled(server)
    await call(anew.pool, { type: 'add' })
    await until(() => explain(lax.pool).text.includes('accept()'), 'the new one has come', 10_000)
    expect(first(lax.pool as PoolRef)).toMatch(/made anew: it has 1 commit of another history, and \d are known here/)
    await lax.store.restore()
    await until(() => explain(strict.pool).calm, 'it is restored', 10_000)
    await server.kill()
    await until(() => !explain(strict.pool as PoolRef).calm, 'the connection is lost', 10_000)
    expect(first(strict.pool as PoolRef)).toContain('there is no connection to NATS')
  })
})
