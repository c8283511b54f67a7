import { call, definePool, inspect, ready, reply, spawnPool } from '@genpool/core'
import { remotePool, type Service, serve } from '@genpool/nats'
import { type ActorSystemRef, start, stop } from 'nact'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectTo, endServers, type NatsServer, startServer } from '../support/server'
import { until } from '../support/until'

// Nodes that may only answer, each with other bounds.
const SUBSCRIBE =
  '["genpool.orders.call", "genpool.orders.ask", "genpool.orders.*.call", "genpool.orders.*.ask", "$SRV.>"]'
const node = (user: string, allow: string) => `{ user: ${user}, password: x, permissions: {
  publish: ["genpool.orders.load"], subscribe: ${SUBSCRIBE}, allow_responses: ${allow} } }`
const CONFIG = `
authorization {
  users = [
    ${node('once', 'true')}
    ${node('twice', '{ max: 2, expires: "10s" }')}
    ${node('soon', '{ max: 2, expires: "200ms" }')}
    { user: client, password: x, permissions: {
      publish: ["genpool.orders.ask", "genpool.orders.*.call", "genpool.orders.*.ask"],
      subscribe: ["genpool.orders.load", "_INBOX.>"] } }
  ]
}`

const Orders = definePool({
  init: () => 0,
  calls: {
    add: ({ value }: { value: number }) => reply(value + 1),
    steps: (_message: object, _state, ctx) => {
      for (let step = 1; step <= 3; step++) ctx.progress(step)
      return reply('done')
    },
    slow: async ({ ms }: { ms: number }) => {
      await sleep(ms)
      return reply(ms)
    },
  },
})

let system: ActorSystemRef
let server: NatsServer
let services: Service[] = []
let warns: jest.SpyInstance
beforeEach(async () => {
  warns = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  server = await startServer(CONFIG)
  system = start()
})
afterEach(async () => {
  await Promise.all(services.map((service) => service.stop()))
  services = []
  stop(system)
  await endServers()
  warns.mockRestore()
})

async function serveAs(user: string, name = 'local'): Promise<Service> {
  const pool = spawnPool(system, Orders, name, { size: 20 }) as never
  const service = await serve(pool, await connectTo(server, { user, pass: 'x' }), { name: 'orders' })
  services.push(service)
  return service
}
const client = async () =>
  remotePool<typeof Orders>(system, await connectTo(server, { user: 'client', pass: 'x' }), {
    name: 'orders',
    timeout: 20_000,
  })

describe('a node that may only answer', () => {
  it('and only once: the answer after a progress comes when it is asked for again, and no other call fails', async () => {
    const service = await serveAs('once')
    const orders = await client()
    await ready(orders)
    const others = Array.from({ length: 5 }, () => call(orders, { type: 'slow', ms: 100 }))
    const told: unknown[] = []
    const steps = call(orders, { type: 'steps' }, { onProgress: (step) => void told.push(step) })
    expect(await steps).toBe('done')
    expect(await call(orders, { type: 'add', value: 1 })).toBe(2)
    expect(await Promise.all(others)).toEqual([100, 100, 100, 100, 100])
    expect(told).toEqual([1])
    expect(service.inspect()).toMatchObject({ requests: { ignored: 0, received: 7 } })
    expect(service.inspect().refusal).toMatch(/permissions violation/i)
    expect(warns.mock.calls.join()).toContain('cannot send all answers')
  })

  it('up to two times: so many progresses come', async () => {
    await serveAs('twice')
    const orders = await client()
    const told: unknown[] = []
    const onProgress = (step: unknown): void => void told.push(step)
    expect(await call(orders, { type: 'steps' }, { onProgress })).toBe('done')
    expect(told).toEqual([1, 2])
  })

  it('only for a while: a late answer comes when it is asked for again', async () => {
    const service = await serveAs('soon')
    const orders = await client()
    await ready(orders)
    const calls = [20, 400, 20, 500].map((ms) => call(orders, { type: 'slow', ms }))
    expect(await Promise.all(calls)).toEqual([20, 400, 20, 500])
    // The only one in flight.
    expect(await call(orders, { type: 'slow', ms: 300 })).toBe(300)
    expect(service.inspect()).toMatchObject({ requests: { ignored: 0, received: 5 } })
  })

  it('answers many such calls at once, each of them run once', async () => {
    const service = await serveAs('once')
    const orders = await client()
    const calls = Array.from({ length: 300 }, () => call(orders, { type: 'steps' }, { onProgress: () => undefined }))
    expect(await Promise.all(calls)).toEqual(Array(300).fill('done'))
    expect(service.inspect()).toMatchObject({ requests: { ignored: 0, received: 300 } })
  })

  it('and then may not: calls in flight fail as soon as NATS has refused the answer to a question, too', async () => {
    await serveAs('once')
    const orders = await client()
    expect(await call(orders, { type: 'add', value: 1 })).toBe(2)
    const slow = call(orders, { type: 'slow', ms: 5000 }).catch((error: unknown) => error)
    await until(() => inspect(orders).nodes[0]?.inFlight === 1, 'it is sent')
    await server.configure((config) => config.replace(', allow_responses: true', ''))
    const refused = { code: 'ERR_GENPOOL_UNREACHABLE', message: expect.stringContaining('cannot answer') as string }
    // NATS may close the connections of accounts whose permissions change.
    await until(async () => {
      const error: unknown = await call(orders, { type: 'add', value: 1 }, { timeout: 1000 }).catch((e: unknown) => e)
      return (error as { code?: string }).code === 'ERR_GENPOOL_UNREACHABLE'
    }, 'it is refused')
    await expect(call(orders, { type: 'add', value: 1 })).rejects.toMatchObject({ ...refused, mayHaveRun: false })
    expect(await slow).toMatchObject({ ...refused, mayHaveRun: true })
    expect(warns.mock.calls.join()).toContain('cannot answer callers')
  })
})
