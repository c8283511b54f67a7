import { call, cast, definePool, explain, inspect, noReply, onEvent, ready, reply, spawnPool } from '@genpool/core'
import { remotePool, serve } from '@genpool/nats'
import { virtualClock } from '@genpool/runtime/testing'
import { Svcm } from '@nats-io/services'
import { headers } from '@nats-io/transport-node'
import fc from 'fast-check'
import { type ActorSystemRef, start, stop } from 'nact'
import { until } from './support/until'
import { connectTo, endServers, type NatsServer, serverVersion, startServer } from './support/server'

// What docs/guide/machines.md says that the two accounts need, and no more.
const CONFIG = `
authorization {
  users = [
    { user: node, password: n, permissions: {
      publish: ["genpool.orders.load", "_INBOX.>"],
      subscribe: ["genpool.orders.call", "genpool.orders.ask", "genpool.orders.*.call", "genpool.orders.*.ask", "$SRV.>"] } }
    { user: client, password: c, permissions: {
      publish: ["genpool.orders.ask", "genpool.orders.*.call", "genpool.orders.*.ask"],
      subscribe: ["genpool.orders.load", "_INBOX.>"] } }
    { user: stranger, password: s, permissions: { publish: ["other.>"], subscribe: ["other.>"] } }
    { user: mute, password: m, permissions: { publish: ["other.>"], subscribe: ["genpool.orders.load", "_INBOX.>"] } }
    { user: dumb, password: d, permissions: {
      publish: ["genpool.orders.load"],
      subscribe: ["genpool.orders.call", "genpool.orders.ask", "genpool.orders.*.call", "genpool.orders.*.ask", "$SRV.>"] } }
    { user: hushed, password: h, permissions: {
      publish: ["genpool.orders.ask", "genpool.orders.*.ask"],
      subscribe: ["genpool.orders.load", "_INBOX.>"] } }
    { user: deaf, password: d, permissions: {
      publish: ["genpool.orders.load", "_INBOX.>"], subscribe: ["genpool.orders.ask", "genpool.orders.*.ask", "$SRV.>"] } }
    { user: admin, password: a }
  ]
}`

const Orders = definePool({
  init: () => 0,
  calls: {
    add: ({ value }: { value: number }) => reply(value + 1),
  },
  casts: { note: () => noReply() },
})

let system: ActorSystemRef
let server: NatsServer
beforeAll(async () => {
  server = await startServer(CONFIG)
})
beforeEach(() => {
  system = start()
})
afterEach(() => stop(system))
afterAll(endServers)

const login = (user: string) => connectTo(server, { user, pass: user[0]! })

const UNREACHABLE = {
  code: 'ERR_GENPOOL_UNREACHABLE',
  mayHaveRun: false,
  message: expect.stringMatching(/NATS refuses it: permission/i) as string,
}

describe('the server of these tests', () => {
  it('is a real nats-server', () => expect(serverVersion()).toContain('nats-server'))
})

describe('accounts with just the permissions of the guide', () => {
  it('can serve, and can call', async () => {
    const service = await serve(spawnPool(system, Orders, 'local') as never, await login('node'), { name: 'orders' })
    const orders = remotePool<typeof Orders>(system, await login('client'), { name: 'orders' })
    expect(await call(orders, { type: 'add', value: 1 })).toBe(2)
    await service.stop()
  })

  it('that lack them: serve rejects, and a call fails at once and says why', async () => {
    const pool = spawnPool(system, Orders, 'local') as never
    await expect(serve(pool, await login('stranger'), { name: 'orders' })).rejects.toMatchObject(UNREACHABLE)
    const orders = remotePool<typeof Orders>(system, await login('stranger'), { name: 'orders', timeout: 2000 })
    await expect(call(orders, { type: 'add', value: 1 })).rejects.toMatchObject(UNREACHABLE)
  })

  it('that lack one subscription: serve rejects, and says which', async () => {
    const pool = spawnPool(system, Orders, 'local') as never
    const refused = serve(pool, await login('deaf'), { name: 'orders' })
    await expect(refused).rejects.toMatchObject({ ...UNREACHABLE, cause: { name: 'PermissionViolationError' } })
    await expect(refused).rejects.toThrow('"genpool.orders.call"')
  })

  it('that cannot publish: a call fails at once, too', async () => {
    const service = await serve(spawnPool(system, Orders, 'local') as never, await login('node'), { name: 'orders' })
    const orders = remotePool<typeof Orders>(system, await login('mute'), { name: 'orders', timeout: 2000 })
    await expect(call(orders, { type: 'add', value: 1 })).rejects.toMatchObject({ code: 'ERR_GENPOOL_UNREACHABLE' })
    await service.stop()
  })
})

describe('a permission that is missing for the messages themselves', () => {
  it('of a node, to answer: it runs nothing more for that client, who is told at once', async () => {
    const warns = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const dumb = await serve(spawnPool(system, Orders, 'dumb') as never, await login('dumb'), { name: 'orders' })
    const orders = remotePool<typeof Orders>(system, await login('client'), { name: 'orders', timeout: 60_000 })
    const refused = { code: 'ERR_GENPOOL_UNREACHABLE', message: expect.stringContaining('cannot answer') as string }
    await expect(call(orders, { type: 'add', value: 1 })).rejects.toMatchObject(refused)
    await expect(call(orders, { type: 'add', value: 1 })).rejects.toMatchObject({ ...refused, mayHaveRun: false })
    expect(cast(orders, { type: 'note' })).toMatchObject({ ok: false, error: refused })
    expect(explain(orders).findings).toMatchObject([{ finding: 'unreachable' }])
    expect(dumb.inspect().refusal).toMatch(/permissions violation/i)
    expect(warns.mock.calls.join()).toContain('cannot answer callers')
    warns.mockRestore()
    const other = await serve(spawnPool(system, Orders, 'good') as never, await login('node'), { name: 'orders' })
    await until(() => inspect(orders).nodes.length === 2, 'the other node is known')
    for (let i = 0; i < 20; i++) expect(await call(orders, { type: 'add', value: i })).toBe(i + 1)
    await Promise.all([dumb.stop(), other.stop()])
  })

  it('of a node that comes later, to answer: a call that it has had fails at once, too', async () => {
    const warns = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const first = await serve(spawnPool(system, Orders, 'good') as never, await login('node'), { name: 'orders' })
    const orders = remotePool<typeof Orders>(system, await login('client'), { name: 'orders', timeout: 60_000 })
    await ready(orders)
    const dumb = await serve(spawnPool(system, Orders, 'dumb') as never, await login('dumb'), { name: 'orders' })
    await until(() => inspect(orders).nodes.length === 2, 'both are known')
    await first.stop()
    await until(() => inspect(orders).nodes.length === 1, 'one is left')
    const refused = { code: 'ERR_GENPOOL_UNREACHABLE', message: expect.stringContaining('cannot answer') as string }
    await expect(call(orders, { type: 'add', value: 1 })).rejects.toMatchObject({ ...refused, mayHaveRun: true })
    await expect(call(orders, { type: 'add', value: 1 })).rejects.toMatchObject({ ...refused, mayHaveRun: false })
    warns.mockRestore()
    await dumb.stop()
  })

  it('of a node, to answer, is believed no longer when it is there', async () => {
    const warns = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const own = await startServer(CONFIG)
    const at = (user: string) => connectTo(own, { user, pass: user[0]! })
    const service = await serve(spawnPool(system, Orders, 'dumb') as never, await at('dumb'), { name: 'orders' })
    const orders = remotePool<typeof Orders>(system, await at('client'), { name: 'orders', timeout: 60_000 })
    await expect(call(orders, { type: 'add', value: 1 })).rejects.toThrow('cannot answer')
    await own.configure((config) =>
      config.replace('publish: ["genpool.orders.load"],', 'publish: ["genpool.>", "_INBOX.>"],'),
    )
    await until(async () => (await call(orders, { type: 'add', value: 1 }).catch(() => 0)) === 2, 'it answers')
    expect(service.inspect().refusal).toBeNull()
    expect(explain(orders).findings).toMatchObject([{ finding: 'calm' }])
    warns.mockRestore()
    await service.stop()
  })

  it.each([
    ['sender', '"genpool.orders.ask", "genpool.orders.*.ask"', 'publish'],
    ['hearer', '"genpool.orders.load"', 'subscribe'],
  ])('of a client (%s) is noticed when it is given: it need not connect again', async (name, allowed, what) => {
    const both = {
      publish: '"genpool.orders.ask", "genpool.orders.*.ask", "genpool.orders.*.call"',
      subscribe: '"genpool.orders.load", "_INBOX.>"',
    }
    const user = (permissions: Record<string, string>): string =>
      `{ user: ${name}, password: ${name[0]!}, permissions: { publish: [${permissions['publish']}], subscribe: [${permissions['subscribe']}] } }`
    const before = user({ ...both, [what]: allowed })
    await server.configure((config) => config.replace('{ user: admin', `${before}\n    { user: admin`))
    const service = await serve(spawnPool(system, Orders, 'local') as never, await login('node'), { name: 'orders' })
    const nc = await login(name)
    const orders = remotePool<typeof Orders>(system, nc, { name: 'orders', timeout: 20_000 })
    const tried = async (): Promise<unknown> => call(orders, { type: 'add', value: 1 }).catch((error: unknown) => error)
    await until(async () => (await tried(), inspect(orders).refusal !== null), 'it is refused')
    const burst = await Promise.all(Array.from({ length: 50 }, tried))
    expect(burst.every((error) => (error as { mayHaveRun?: boolean }).mayHaveRun === false)).toBe(true)
    expect(await tried()).toMatchObject(UNREACHABLE)
    expect(service.inspect().requests.received).toBe(0)
    let reconnects = 0
    void (async () => {
      for await (const { type } of nc.status()) if (type === 'reconnect') reconnects++
    })()
    await server.configure((config) => config.replace(before, user(both)))
    await until(async () => (await tried()) === 2, 'it is answered')
    await until(() => inspect(orders).refusal === null, 'nothing is refused any more')
    expect(await Promise.all(Array.from({ length: 50 }, tried))).toEqual(Array.from({ length: 50 }, () => 2))
    expect(reconnects).toBe(0)
    await service.stop()
  })

  it('of a client, to send: nothing has run, and all are told', async () => {
    const service = await serve(spawnPool(system, Orders, 'local') as never, await login('node'), { name: 'orders' })
    const first = remotePool<typeof Orders>(system, await login('hushed'), { name: 'orders' })
    const refused = { code: 'ERR_GENPOOL_UNREACHABLE', mayHaveRun: false }
    await expect(call(first, { type: 'add', value: 1 })).rejects.toMatchObject(refused)
    expect(explain(first).findings).toMatchObject([{ finding: 'unreachable' }])
    expect(explain(first).text).toMatch(/permissions violation/i)
    stop(first as never)
    const second = remotePool<typeof Orders>(system, await login('hushed'), { name: 'orders' })
    await ready(second)
    const dead: unknown[] = []
    const off = onEvent('genpool:dead-letter', ({ ref, error }) => void (ref === second && dead.push(error)))
    expect(cast(second, { type: 'note' })).toEqual({ ok: true })
    await until(() => dead.length === 1, 'the cast is told to be lost')
    expect(dead).toMatchObject([refused])
    expect(inspect(second)).toMatchObject({ casts: 1, lostCasts: 1 })
    expect(cast(second, { type: 'note' })).toMatchObject({ ok: false, error: refused })
    off()
    await service.stop()
  })
})

describe('a node that gets hostile bytes', () => {
  it('refuses them as invalid, counts them, and works on', async () => {
    const connection = await login('admin')
    const service = await serve(spawnPool(system, Orders, 'local') as never, connection, {
      name: 'orders',
      maxBytes: 5000,
    })
    const subject = `genpool.orders.${service.id}.call`
    const starts = fc.constantFrom(
      [],
      [0x67, 1, 1, 0, 9],
      [0x67, 1, 1, 0, 9, 0, 0, 0, 9, 0, 0, 0, 0, 0],
      [0x67, 1, 4, 0, 3],
    )
    const bytes = fc.tuple(starts, fc.uint8Array({ maxLength: 200 })).map(([a, b]) => Uint8Array.from([...a, ...b]))
    for (const payload of fc.sample(bytes, 500)) connection.publish(subject, payload, { reply: '_INBOX.nobody.x' })
    const evil = headers()
    evil.set('traceparent', 'x'.repeat(1000))
    connection.publish(subject, new Uint8Array(100_000), { headers: evil })
    const { data } = await connection.request(subject, 'no frame', { timeout: 60_000 })
    expect(Buffer.from(data).toString('latin1')).toContain('it is no frame of @genpool/nats')
    const large = await connection.request(subject, new Uint8Array(6000), { timeout: 60_000 })
    expect(Buffer.from(large.data).toString('latin1')).toContain('it has 6000 bytes, and "maxBytes" is 5000 here')
    expect(service.inspect().requests.bad).toBeGreaterThan(300)
    const orders = remotePool<typeof Orders>(system, await login('client'), { name: 'orders' })
    expect(await call(orders, { type: 'add', value: 1 })).toBe(2)
    await service.stop()
  })

  it('and a client that gets them on its inbox, or as the word of a node, works on', async () => {
    const admin = await login('admin')
    const service = await serve(spawnPool(system, Orders, 'local') as never, admin, { name: 'orders' })
    const inboxes: string[] = []
    admin.subscribe('genpool.orders.ask', {
      callback: (_, message) => void inboxes.push(message.reply!.replace(/-.*/, '')),
    })
    await admin.flush()
    const orders = remotePool<typeof Orders>(system, await login('client'), { name: 'orders' })
    expect(await call(orders, { type: 'add', value: 1 })).toBe(2)
    const starts = fc.constantFrom([], [0x67, 1, 16, 0, 4], [0x67, 1, 32, 0, 0], [0x67, 1, 17, 0, 4, 0, 0, 0, 0])
    for (const [a, b] of fc.sample(fc.tuple(starts, fc.uint8Array({ maxLength: 100 })), 300)) {
      admin.publish(`${inboxes[0]}${b.length + 5000}`, Uint8Array.from([...a, ...b]))
      admin.publish(`${inboxes[0]}-`, Uint8Array.from([...a, ...b]))
      admin.publish('genpool.orders.load', Uint8Array.from([...a, ...b]))
    }
    await admin.flush()
    expect(await call(orders, { type: 'add', value: 2 })).toBe(3)
    await service.stop()
  })
})

describe('a served pool, seen with the tools of NATS', () => {
  it('is a service with its figures, and gone when it has stopped', async () => {
    const admin = await login('admin')
    const service = await serve(spawnPool(system, Orders, 'local', { size: 3 }) as never, admin, { name: 'orders' })
    const client = new Svcm(admin as never).client({ strategy: 'stall', maxWait: 500 } as never)
    const read = async <T>(answers: Promise<AsyncIterable<T>>): Promise<T[]> => {
      const list: T[] = []
      for await (const answer of await answers) list.push(answer)
      return list
    }
    const [info] = await read(client.info('orders'))
    expect(info).toMatchObject({ name: 'orders', id: service.id, metadata: { library: '@genpool/nats' } })
    const [stats] = await read(client.stats('orders'))
    const called = stats!.endpoints!.find(({ name }) => name === 'call')
    expect(called!.data).toMatchObject({ size: 3, idle: 3, requests: { received: 0 } })
    await service.stop()
    expect(await service.stopped).toBeNull()
    await expect(read(client.ping('orders'))).rejects.toThrow('no responders')
  })

  it('that is idle sends at most 2 messages a second', async () => {
    const admin = await login('admin')
    const node = await login('node')
    const clock = virtualClock()
    const service = await serve(spawnPool(system, Orders, 'local') as never, node, { name: 'orders', clock })
    const orders = remotePool<typeof Orders>(system, admin, { name: 'orders' })
    await call(orders, { type: 'add', value: 1 })
    // What has changed is told.
    await clock.advance(1000)
    const before = node.stats().outMsgs
    await clock.advance(60_000)
    expect(node.stats().outMsgs - before).toBeLessThanOrEqual(120)
    expect(node.stats().outMsgs - before).toBeGreaterThanOrEqual(60)
    await service.stop()
  })
})
