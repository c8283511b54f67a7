import {
  call,
  cast,
  definePool,
  type Delivery,
  getState,
  inspect,
  noReply,
  type PoolRef,
  ready,
  reply,
  spawnPool,
} from '@genpool/core'
import { durable, natsStore, remotePool, serve } from '@genpool/nats'
import { Kvm } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Workers } from './support/behaviour'
import { endJetStream, startJetStream } from './support/jetstream'
import { limitsOf } from './support/limits'
import { endNodes, startNodes } from './support/processes'
import { connectTo, type NatsServer } from './support/server'
import { until } from './support/until'
import { moveWallClock, restoreWallClock } from './support/wall-clock'

const HOURS = 3_600_000
const jumps = [
  ['5 hours ahead', 5 * HOURS],
  ['5 hours back', -5 * HOURS],
] as const

const delivered: Delivery[] = []
const budgets: number[] = []
const Work = definePool({
  init: () => ({ count: 0 }),
  calls: {
    work: async ({ ms }: { ms: number }, _state, ctx) => {
      budgets.push(ctx.remainingMs)
      await sleep(ms, undefined, { signal: ctx.signal })
      return reply('done')
    },
    add: () =>
      reply(
        (after: { count: number }) => after.count,
        (draft) => {
          draft.count += 1
        },
      ),
  },
  casts: {
    note: (_: object, _state, ctx) => {
      if (ctx.delivery !== undefined) delivered.push(ctx.delivery)
      return noReply()
    },
  },
})

let server: NatsServer
let nc: NatsConnection
let system: ActorSystemRef
let names = 0

beforeAll(async () => {
  server = await startJetStream()
})
beforeEach(async () => {
  delivered.length = budgets.length = 0
  system = start()
  nc = await connectTo(server, { maxReconnectAttempts: -1, reconnectTimeWait: 50 })
})
afterEach(() => {
  restoreWallClock()
  stop(system)
})
afterAll(async () => {
  await endNodes()
  await endJetStream()
})

/** Resolves when a node has said so many times that it is there: each second. */
async function words(of: string, count: number): Promise<void> {
  const heard = nc.subscribe(`genpool.${of}.load`, { max: count })
  for await (const word of heard) void word
}

const code = (work: Promise<unknown>): Promise<unknown> =>
  work.catch((error: unknown) => (error as { code: string }).code)

describe.each(jumps)('a wall clock that jumps %s', (_, ms) => {
  it('neither ends calls nor keeps them: what is in flight is answered, deadlines are budgets, nodes stay', async () => {
    const name = `jump-${++names}`
    const service = await serve(spawnPool(system, Work, name, { size: 4 }) as PoolRef, nc, { name })
    const pool = remotePool<typeof Work>(start(), await connectTo(server), { name })
    const answer = call(pool, { type: 'work', ms: 300 }, { timeout: 10_000 })
    const late = code(call(pool, { type: 'work', ms: 60_000 }, { timeout: 400 }))
    await until(() => budgets.length === 2, 'both run')
    const begun = performance.now()
    moveWallClock(ms)
    expect(await answer).toBe('done')
    expect(await late).toBe('ERR_GENPOOL_EXPIRED')
    expect(performance.now() - begun).toBeLessThan(20_000)
    expect(await call(pool, { type: 'work', ms: 1 }, { timeout: 10_000 })).toBe('done')
    expect(budgets.at(-1)).toBeLessThanOrEqual(10_000)
    expect(budgets.at(-1)).toBeGreaterThan(5000)
    // Longer than a node may be silent, and than a heartbeat.
    await words(name, 4)
    await until(() => inspect(pool).nodes[0]?.doubtful === false, 'the node answers')
    expect(inspect(pool)).toMatchObject({ lostNodes: 0, nodes: [{ id: service.id }] })
    expect(inspect(pool).nodes[0]!.upMs).toBeLessThan(60_000)
    expect(limitsOf(pool)).toEqual([])
    await service.stop()
    stop(pool)
  })

  it('of one node, or of the client, changes nothing between them', async () => {
    const name = `skew-${++names}`
    const [node] = await startNodes(1, { servers: [server], name, skewMs: ms })
    const pool = remotePool<Workers>(system, nc, { name })
    await ready(pool)
    expect(await call(pool, { type: 'slow', id: 1, ms: 100 }, { timeout: 10_000 })).toBe(1)
    expect(await code(call(pool, { type: 'slow', id: 2, ms: 5000 }, { timeout: 200 }))).toBe('ERR_GENPOOL_EXPIRED')
    moveWallClock(-ms)
    expect(await call(pool, { type: 'slow', id: 3, ms: 100 }, { timeout: 10_000 })).toBe(3)
    await until(() => inspect(pool).nodes[0]?.doubtful === false, 'the node answers')
    expect(inspect(pool)).toMatchObject({ lostNodes: 0, nodes: [{ id: node!.id }] })
    expect(inspect(pool).nodes[0]!.answer.max).toBeLessThan(20_000)
  })

  it('neither breaks nor keeps a lease, and a replica goes on', async () => {
    const bucket = `jump-${++names}`
    const one = await natsStore(nc, { bucket, initial: 0, lease: 2000 })
    const two = await natsStore(await connectTo(server), { bucket, initial: 0, lease: 2000 })
    const hold = await one.cell<number>('a').hold()
    moveWallClock(ms)
    const other = Promise.resolve(two.cell<number>('a').update((n) => n + 1))
    let isDone = false
    void other.then(() => (isDone = true))
    // Longer than the lease, in real time: it is renewed three times in a lease, while its holder lives.
    const bound = await new Kvm(nc).open(bucket)
    const revision = async (): Promise<number> => (await bound.get('a'))?.revision ?? 0
    const held = await revision()
    await until(async () => (await revision()) >= held + 5, 'it was renewed')
    expect(isDone).toBe(false)
    await hold.update((n) => n + 10)
    await hold.release()
    await other
    expect(await one.fresh('a')).toBe(11)
    await until(() => two.cell<number>('a').value === 11, 'it has arrived')
    await two.cell<number>('a').update((n) => n + 1)
    await until(() => one.cell<number>('a').value === 12, 'it follows')
    one.destroy()
    two.destroy()
  })

  it('changes nothing about a shared state of a pool, with a restart of the server after it', async () => {
    const store = await natsStore(nc, { bucket: `pool-${++names}` })
    const pool = spawnPool(system, Work, 'shared', { size: 4, state: { type: 'shared', store } })
    await ready(pool)
    await Promise.all(Array.from({ length: 20 }, () => call(pool, { type: 'add' })))
    moveWallClock(ms)
    await Promise.all(Array.from({ length: 20 }, () => call(pool, { type: 'add' })))
    await server.kill()
    await server.start()
    await Promise.all(Array.from({ length: 20 }, () => call(pool, { type: 'add' })))
    expect(await getState(pool, { fresh: true })).toEqual({ count: 60 })
    stop(pool)
    store.destroy()
  })

  it('neither hurries nor delays durable casts: ages are those of the server', async () => {
    const jobs = await durable(nc, { name: `jump-${++names}`, storage: 'memory', lanes: 2 })
    const pool = spawnPool(system, Work, 'jobs', { size: 2 })
    const consumer = await jobs.consume(pool as PoolRef)
    const begunAt = Date.now()
    const begun = performance.now()
    await jobs.cast({ type: 'note' }, { id: 'before', delay: 2000 })
    moveWallClock(ms)
    await jobs.cast({ type: 'note' }, { id: 'after', delay: 2000 })
    await jobs.cast({ type: 'note' }, { id: 'now', expires: 60_000 })
    await until(() => delivered.length === 3, 'all are done')
    expect(delivered.map(({ id }) => id)).toEqual(['now', 'before', 'after'])
    expect(performance.now() - begun).toBeGreaterThan(1000)
    expect(performance.now() - begun).toBeLessThan(20_000)
    for (const { storedAt } of delivered) expect(Math.abs(storedAt.getTime() - begunAt)).toBeLessThan(10_000)
    expect(consumer.inspect()).toMatchObject({ lapses: 0, again: 0, expired: 0 })
    await consumer.stop()
  })

  it('does not lose casts of a remote pool', async () => {
    const name = `casts-${++names}`
    const service = await serve(spawnPool(system, Work, name, { size: 4 }) as PoolRef, nc, { name })
    const pool = remotePool<typeof Work>(start(), await connectTo(server), { name })
    moveWallClock(ms)
    for (let i = 0; i < 10; i++) cast(pool, { type: 'note' })
    expect(await call(pool, { type: 'add' })).toBe(1)
    expect(service.inspect().requests).toMatchObject({ received: 11 })
    await service.stop()
    stop(pool)
  })
})
