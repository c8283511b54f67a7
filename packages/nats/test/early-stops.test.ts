import {
  call,
  cast,
  definePool,
  drain,
  idle,
  inspect,
  type PoolRef,
  ready,
  reply,
  spawnPool,
  when,
} from '@genpool/core'
import { durable, natsStore, remotePool, serve } from '@genpool/nats'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { setTimeout as sleep } from 'node:timers/promises'
import { flushed, Link } from '../src/link'
import { endJetStream, startJetStream } from './support/jetstream'
import { connectTo, type NatsServer, startServer } from './support/server'
import { until } from './support/until'

const Echo = definePool({ init: () => 0, calls: { echo: ({ value }: { value: number }) => reply(value) } })
const patient = { maxReconnectAttempts: -1, reconnectTimeWait: 50, reconnectJitter: 0 }

let server: NatsServer
let system: ActorSystemRef
const rejections: unknown[] = []
const rejected = (error: unknown): void => void rejections.push(error)

beforeAll(async () => {
  server = await startServer()
  process.on('unhandledRejection', rejected)
})
beforeEach(() => (system = start()))
afterEach(() => {
  stop(system)
  expect(rejections).toEqual([])
})
afterAll(async () => {
  process.off('unhandledRejection', rejected)
  await endJetStream()
})

const code = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    (value) => value,
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  )
const subscriptionsOf = (nc: NatsConnection): number =>
  (nc as unknown as { protocol: { subscriptions: { subs: Map<number, unknown> } } }).protocol.subscriptions.subs.size
/** Resolves when it is connected again. What is sent while it connects may wait until something else is sent. */
const isBack = (nc: NatsConnection): Promise<void> =>
  until(() => Promise.race([flushed(nc), sleep(100, false)]), 'it is connected again')
const localPool = (name: string): PoolRef => spawnPool(system, Echo, name, { size: 1 }) as PoolRef

/** A connection whose server has gone: it tries to connect again. */
async function lost(starts = startServer): Promise<{ own: NatsServer; nc: NatsConnection }> {
  const own = await starts()
  const nc = await connectTo(own, patient)
  await loses(nc, own)
  return { own, nc }
}

/** Kills the server of a connection, and resolves when that knows it. */
async function loses(nc: NatsConnection, own: NatsServer): Promise<void> {
  const link = new Link(nc, { lost: () => undefined, back: () => undefined, closed: () => undefined })
  await own.kill()
  await until(() => !link.usable, 'the connection is lost')
  link.end()
}

/** Everything that a client can wait for. */
function waits(pool: ReturnType<typeof client>): Promise<unknown>[] {
  const answers = [call(pool, { type: 'echo', value: 1 }), call(pool, { type: 'echo', value: 2 }, { key: 'k' })]
  cast(pool, { type: 'echo', value: 3 } as never)
  return [...answers, ready(pool), idle(pool), when(pool, { waitingBelow: 1 })].map(code)
}
const client = (nc: NatsConnection, name: string) => remotePool<typeof Echo>(system, nc, { name })

describe('the end of an address', () => {
  it('while it looks for nodes tells all who wait, and leaves no subscription and no node behind', async () => {
    const nc = await connectTo(server)
    const service = await serve(localPool('local-looks'), await connectTo(server), { name: 'looks' })
    const pool = client(nc, 'looks')
    const outcomes = waits(pool)
    stop(pool)
    expect(await Promise.all(outcomes)).toEqual(Array(5).fill('ERR_GENPOOL_STOPPED'))
    await nc.flush()
    expect(subscriptionsOf(nc)).toBe(0)
    expect(inspect(pool)).toMatchObject({ phase: 'stopped', inFlight: 0, waiting: 0, lostCasts: 1 })
    expect(service.inspect().requests).toMatchObject({ received: 0 })
    await service.stop()
  })

  it.each<[string, () => void]>([
    ['its system', () => stop(system)],
    ['itself', () => undefined],
  ])('while its connection is lost tells all who wait at once: the end of %s', async (_, end) => {
    const { own, nc } = await lost()
    const pool = client(nc, 'nowhere')
    const outcomes = waits(pool)
    end()
    stop(pool)
    expect(await Promise.all(outcomes)).toEqual(Array(5).fill('ERR_GENPOOL_STOPPED'))
    await own.start()
    await isBack(nc)
    expect(subscriptionsOf(nc)).toBe(0)
    await nc.close()
  })

  it('is bounded by the time of drain while its connection is lost', async () => {
    const { nc } = await lost()
    const pool = client(nc, 'nowhere')
    const answer = code(call(pool, { type: 'echo', value: 1 }, { timeout: Infinity }))
    await drain(pool, { within: 100 } as never)
    expect(await answer).toBe('ERR_GENPOOL_STOPPED')
    await nc.close()
  })

  it('comes with the close of a connection that was lost', async () => {
    const { nc } = await lost()
    const pool = client(nc, 'nowhere')
    const outcomes = waits(pool)
    await nc.close()
    expect(await Promise.all(outcomes)).toEqual(Array(5).fill('ERR_GENPOOL_UNREACHABLE'))
  })

  it.each(['closed', 'draining'])('is there from the begin if its connection is %s', async (how) => {
    const nc = await connectTo(server)
    const ends = how === 'closed' ? nc.close() : nc.drain()
    const made = code(Promise.resolve().then(() => client(nc, how)))
    await ends
    expect(await made).toBe('ERR_GENPOOL_UNREACHABLE')
    // Nothing was made.
    const again = remotePool<typeof Echo>(system, await connectTo(server), { name: how })
    expect(await code(call(again, { type: 'echo', value: 1 }))).toBe('ERR_GENPOOL_UNREACHABLE')
  })
})

describe('the end of a service', () => {
  it('comes with its pool while it still waits for a connection, and serve says so', async () => {
    const { own, nc } = await lost()
    const pool = localPool('waits')
    const served = serve(pool, nc, { name: 'waits' })
    stop(pool)
    expect(await code(served)).toBe('ERR_GENPOOL_STOPPED')
    await own.start()
    await isBack(nc)
    expect(subscriptionsOf(nc)).toBe(0)
    await nc.close()
  })

  it('comes with its connection while it still waits for that, and serve says so', async () => {
    const { nc } = await lost()
    const served = code(serve(localPool('closes'), nc, { name: 'closes' }))
    await nc.close()
    expect(await served).toBe('ERR_GENPOOL_UNREACHABLE')
  })

  it.each(['closed', 'draining'])('is there from the begin if its connection is %s', async (how) => {
    const nc = await connectTo(server)
    const ends = how === 'closed' ? nc.close() : nc.drain()
    const served = code(serve(localPool(how), nc, { name: how }))
    await ends
    expect(await served).toBe('ERR_GENPOOL_UNREACHABLE')
  })

  it('is there from the begin if its pool has stopped', async () => {
    const nc = await connectTo(server)
    const pool = localPool('stopped')
    stop(pool)
    expect(await code(serve(pool, nc, { name: 'stopped' }))).toBe('ERR_GENPOOL_STOPPED')
    expect(subscriptionsOf(nc)).toBe(0)
  })

  it('waits for its connection to come, and is there then', async () => {
    const { own, nc } = await lost()
    const serving = serve(localPool('comes'), nc, { name: 'comes' })
    await own.start()
    const service = await serving
    const pool = remotePool<typeof Echo>(start(), await connectTo(own), { name: 'comes' })
    expect(await call(pool, { type: 'echo', value: 1 })).toBe(1)
    stop(pool)
    await service.stop()
    await nc.close()
  })

  it('can be asked for at once, twice, and while its connection is lost; it waits for nothing if its connection closes', async () => {
    const { own, nc } = await lost()
    await own.start()
    const service = await serve(localPool('twice'), nc, { name: 'twice' })
    await loses(nc, own)
    const ends = [service.stop(), service.stop()]
    await nc.close()
    await Promise.all(ends)
    await service.stopped
  })
})

describe('what needs JetStream', () => {
  it.each(['closed', 'draining'])('says at once that its connection is %s', async (how) => {
    const nc = await connectTo(server)
    const ends = how === 'closed' ? nc.close() : nc.drain()
    // It waits for nothing: the test ends before that.
    const patient = { timeout: 600_000 }
    const opening = [code(natsStore(nc, { bucket: how, ...patient })), code(durable(nc, { name: how, ...patient }))]
    await ends
    expect(await Promise.all(opening)).toEqual(Array(2).fill('ERR_GENPOOL_UNREACHABLE'))
  })

  it('says that there is none when its connection closes while it opens', async () => {
    const { nc } = await lost(startJetStream)
    const opening = [code(natsStore(nc, { bucket: 'early' })), code(durable(nc, { name: 'early' }))]
    await nc.close()
    expect(await Promise.all(opening)).toEqual(Array(2).fill('ERR_GENPOOL_UNREACHABLE'))
  })

  it('ends a store and a consumer that were just made, and leaves nothing', async () => {
    const nc = await connectTo(await startJetStream())
    const store = await natsStore(nc, { bucket: 'just' })
    const committed = code(Promise.resolve(store.cell('a').update(() => 1)))
    store.destroy()
    expect(['ERR_GENPOOL_NOT_COMMITTED', 'ERR_GENPOOL_STOPPED', 1]).toContain(await committed)
    const jobs = await durable(nc, { name: 'just' })
    const consumer = await jobs.consume(localPool('just'))
    await Promise.all([consumer.stop(), consumer.stop({ within: 1 })])
    await nc.flush()
    await until(() => subscriptionsOf(nc) <= 1, 'subscriptions have ended', 5000)
    await nc.close()
  })
})
