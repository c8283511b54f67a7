import {
  call,
  cast,
  type DeadLetterEvent,
  definePool,
  explain,
  inspect,
  type NoReply,
  noReply,
  onEvent,
  type PoolRef,
  ready,
  reply,
  spawnPool,
} from '@genpool/core'
import { remotePool, serve, type Service, type ServeOptions } from '@genpool/nats'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, dispatch, query, start, stop } from 'nact'
import { connectTo, endServers, type NatsServer, startServer } from './support/server'
import { limitsOf } from './support/limits'
import { until } from './support/until'

let noted: string[] = []
const seen = (what: string): NoReply<number> => {
  noted.push(what)
  return noReply()
}
const Old = definePool({
  init: () => 0,
  calls: { who: () => reply('old') },
  casts: { note: () => seen('old') },
})
const New = definePool({
  init: () => 0,
  calls: { who: () => reply('new'), cancel: ({ id }: { id: number }) => reply(`new ${id}`) },
  casts: { note: () => seen('new'), forget: () => seen('forget') },
})
const AnyShape = definePool({
  init: () => 0,
  handleCall: (message: { type: string }) => reply(`any ${message.type}`),
})

let server: NatsServer
let nc: NatsConnection
let system: ActorSystemRef
const services: Service[] = []

beforeAll(async () => {
  server = await startServer()
})
beforeEach(async () => {
  noted = []
  system = start()
  nc = await connectTo(server)
})
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.stop({ within: 1000 })))
  stop(system)
})
afterAll(endServers)

async function node(name: string, behaviour: unknown, more: Partial<ServeOptions> = {}): Promise<Service> {
  const pool = spawnPool(system, behaviour as typeof New, `local-${name}-${services.length}`, { size: 2 })
  const service = await serve(pool as PoolRef, await connectTo(server), { name, ...more })
  services.push(service)
  return service
}

async function remote(name: string, count: number) {
  const pool = remotePool<typeof New>(system, nc, { name })
  await ready(pool)
  await until(() => inspect(pool).nodes.length === count, `${count} nodes are known`)
  return pool
}

describe('nodes of one name that serve different behaviours', () => {
  it('get only messages that they have a handler for, however these are sent', async () => {
    await node('mixed', Old)
    await node('mixed', New)
    const pool = await remote('mixed', 2)
    const ids = Array.from({ length: 40 }, (_, id) => id)
    const answers = ids.map((id) => call(pool, { type: 'cancel', id }))
    expect(await Promise.all(answers)).toEqual(ids.map((id) => `new ${id}`))
    const keyed = ids.map((id) => call(pool, { type: 'cancel', id }, { key: `key ${id}` }))
    expect(await Promise.all(keyed)).toEqual(ids.map((id) => `new ${id}`))
    expect(await query(pool, { type: 'cancel', id: 7 }, 1000)).toBe('new 7')
    for (let i = 0; i < 20; i++) cast(pool, { type: 'forget' })
    for (let i = 0; i < 20; i++) dispatch(pool, { type: 'forget' })
    await until(() => noted.length === 40, 'all casts are done')
    expect(new Set(noted)).toEqual(new Set(['forget']))
    expect(inspect(pool)).toMatchObject({ failed: {}, lostCasts: 0, retries: { made: 0 } })
  })

  it('refuse a cast that none of them knows, and its sender is told at once, however it is sent', async () => {
    await node('unknown', Old)
    await node('unknown', Old)
    const pool = await remote('unknown', 2)
    const dead: DeadLetterEvent[] = []
    // Those of the nodes are told here, too.
    const off = onEvent('genpool:dead-letter', (event) => void (event.ref === pool && dead.push(event)))
    const error = { code: 'ERR_GENPOOL_INVALID', message: expect.stringContaining('"forget"') as string }
    expect(cast(pool, { type: 'forget' })).toMatchObject({ ok: false, error })
    expect(cast(pool, { type: 'forget' }, { key: 'k' })).toMatchObject({ ok: false, error })
    expect(cast(pool, 'no type' as never)).toMatchObject({ ok: false, error: { code: 'ERR_GENPOOL_INVALID' } })
    expect(cast(pool, { type: 'who' } as never)).toMatchObject({ ok: false })
    expect(inspect(pool)).toMatchObject({ casts: 0, lostCasts: 0 })
    dispatch(pool, { type: 'forget' })
    await until(() => dead.length === 1, 'the dispatched one is told to be lost')
    expect(dead[0]).toMatchObject({ pool: 'unknown', ref: pool, message: { type: 'forget' }, error })
    await node('unknown', New)
    await until(() => cast(pool, { type: 'forget' }).ok, 'a node knows it')
    off()
  })

  it('tell of a cast that was sent before this client knew what they know', async () => {
    const pool = remotePool<typeof New>(system, nc, { name: 'early' })
    await node('early', Old)
    const dead: DeadLetterEvent[] = []
    // Those of the nodes are told here, too.
    const off = onEvent('genpool:dead-letter', (event) => void (event.ref === pool && dead.push(event)))
    const result = cast(pool, { type: 'forget' })
    await until(() => !result.ok || dead.length === 1, 'it is told to be lost')
    if (result.ok) {
      expect(dead[0]).toMatchObject({ message: { type: 'forget' }, error: { code: 'ERR_GENPOOL_INVALID' } })
      expect(inspect(pool)).toMatchObject({ casts: 1, lostCasts: 1 })
    }
    off()
  })

  it('share the messages that all of them know', async () => {
    await node('shared', Old)
    await node('shared', New)
    const pool = await remote('shared', 2)
    const answers = await Promise.all(Array.from({ length: 60 }, () => call(pool, { type: 'who' })))
    expect(new Set(answers)).toEqual(new Set(['old', 'new']))
  })

  it('also at the first call, when no node is known yet, and when the new one comes later', async () => {
    const old = await node('later', Old)
    const pool = remotePool<typeof New>(system, nc, { name: 'later' })
    await expect(call(pool, { type: 'cancel', id: 1 })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_INVALID',
      node: old.id,
      message: expect.stringContaining('the behaviour has no handler for it. It knows the calls "who"') as string,
    })
    await node('later', New)
    await until(() => inspect(pool).nodes.length === 2, 'the new node is known')
    for (let id = 0; id < 20; id++) expect(await call(pool, { type: 'cancel', id })).toBe(`new ${id}`)
    const other = remotePool<typeof New>(start(), await connectTo(server), { name: 'later' })
    expect(await call(other, { type: 'cancel', id: 1 })).toBe('new 1')
    stop(other)
  })

  it('say at once that a type is unknown when no node knows it, whoever is asked', async () => {
    await node('unknown', Old)
    await node('unknown', New)
    const pool = await remote('unknown', 2)
    const error = call(pool, { type: 'burn' } as never)
    await expect(error).rejects.toMatchObject({ code: 'ERR_GENPOOL_INVALID', name: 'InvalidError' })
    await expect(error).rejects.toThrow('message "burn" to pool')
  })

  it('take messages of any type if their behaviour does', async () => {
    await node('any', Old)
    await node('any', AnyShape)
    const pool = await remote('any', 2)
    for (let id = 0; id < 20; id++) expect(await call(pool, { type: 'cancel', id })).toBe('any cancel')
    expect(inspect(pool).nodes.map(({ types }) => types)).toContainEqual(null)
    expect(limitsOf(pool)).toEqual([])
  })

  it('are told apart by inspect and explain: which has no handler for what', async () => {
    const old = await node('told', Old)
    await node('told', New)
    const pool = await remote('told', 2)
    const types = inspect(pool).nodes.map((each) => [each.id, each.types])
    expect(types).toContainEqual([old.id, { calls: ['who'], casts: ['note'] }])
    expect(limitsOf(pool)).toEqual(['different-nodes'])
    expect(explain(pool).text).toContain(`"${old.id}" has no handler for the call "cancel", the cast "forget"`)
    await services.shift()!.stop()
    await until(() => inspect(pool).nodes.length === 1, 'the old one is gone')
    expect(limitsOf(pool)).toEqual([])
  })
})

describe('nodes of one name with different releases', () => {
  it('are told apart by inspect, explain and "nats service info"', async () => {
    const one = await node('release', New, { release: '2.0.1' })
    await node('release', New, { release: '2.0.2' })
    const pool = await remote('release', 2)
    const releases = inspect(pool).nodes.map(({ release }) => release)
    expect(releases.sort()).toEqual(['2.0.1', '2.0.2'])
    expect(explain(pool).text).toContain('nodes have different releases: "2.0.1", "2.0.2"')
    const info = await nc.request(`$SRV.INFO.release.${one.id}`, '', { timeout: 1000 })
    expect(info.json()).toMatchObject({ metadata: { release: '2.0.1' } })
    await services.shift()!.stop()
    await until(() => inspect(pool).nodes.length === 1, 'one is gone')
    expect(limitsOf(pool)).toEqual([])
    expect(() => services[0]!.configure({ release: '3' } as never)).not.toThrow()
    expect(inspect(pool).nodes[0]!.release).toBe('2.0.2')
  })
})
