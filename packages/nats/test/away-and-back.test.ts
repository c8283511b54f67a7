import { call, definePool, inspect, reply, spawnPool } from '@genpool/core'
import { remotePool, serve, type Service } from '@genpool/nats'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { Proxy } from './support/proxy'
import { connectTo, endServers, type NatsServer, startServer } from './support/server'
import { until } from './support/until'

const name = 'lonely'
const Echo = definePool({ init: () => 0, calls: { echo: ({ value }: { value: number }) => reply(value) } })
const reconnects = { reconnectTimeWait: 20, maxReconnectAttempts: -1 }

let system: ActorSystemRef
let server: NatsServer
let proxy: Proxy
/** Looks at what the server knows. */
let observer: NatsConnection
const services: Service[] = []
beforeEach(async () => {
  system = start()
  server = await startServer()
  proxy = await new Proxy(server).start()
  observer = await connectTo(server, reconnects)
})
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.stop({ within: 100 })))
  stop(system)
  proxy.end()
})
afterAll(endServers)

async function node(link: { readonly url: string }): Promise<Service> {
  const pool = spawnPool(system, Echo, `local-${services.length}`, { size: 1 })
  const service = await serve(pool as never, await connectTo([link as NatsServer], reconnects), { name })
  services.push(service)
  return service
}

/** A client whose connection is its own. */
async function client() {
  const connection = await connectTo(server, reconnects)
  const echo = remotePool<typeof Echo>(system, connection, { name, silentAfter: 20_000 })
  return { echo, flush: () => connection.flush() }
}

const isServed = (): Promise<boolean> =>
  observer.request(`genpool.${name}.ask`, undefined, { timeout: 1000 }).then(
    () => true,
    () => false,
  )
const isGone = (): Promise<boolean> => isServed().then((is) => !is)

/** The node connects again, and is gone as soon as it has said so. What it was asked meanwhile does not reach it. */
async function comesAndGoes(): Promise<void> {
  const said = new Promise<void>((resolve) =>
    observer.subscribe(`genpool.${name}.load`, {
      callback: () => {
        proxy.end()
        resolve()
      },
    }),
  )
  await observer.flush()
  proxy.delayMs = 50
  proxy.break()
  await said
}

describe('calls while the only node of a pool is away', () => {
  it.each<[string, (service: Service) => Promise<unknown> | void]>([
    ['stops', (service) => service.stop({ within: 1000 })],
    ['is gone without a word', () => proxy.end()],
    ['is away, back, and gone again at once', () => comesAndGoes()],
    [
      'does not come back after a restart of the server',
      async () => {
        await server.kill()
        proxy.end()
        await server.start()
      },
    ],
  ])('wait for another one within "silentAfter", and each has one outcome: it %s', async (_, goes) => {
    const service = await node(proxy)
    const { echo, flush } = await client()
    expect(await call(echo, { type: 'echo', value: 0 }, { key: 'k' })).toBe(0)
    await goes(service)
    await until(isGone, 'the server knows that it is gone')
    const outcomes: unknown[] = []
    const ask = (value: number, options: object): void => {
      const told = (outcome: unknown): void => void outcomes.push(outcome)
      call(echo, { type: 'echo', value }, options).then(told, told)
    }
    ask(1, { key: 'k' })
    ask(2, { key: 'other' })
    ask(3, {})
    // One that is sent to where the node was comes back: that may be a moment later.
    await until(() => inspect(echo).waiting === 3, 'all three wait')
    await flush()
    expect([outcomes, inspect(echo).waiting]).toEqual([[], 3])
    await node(server)
    await until(() => outcomes.length === 3, 'all have an outcome')
    expect(new Set(outcomes)).toEqual(new Set([1, 2, 3]))
  })
})
