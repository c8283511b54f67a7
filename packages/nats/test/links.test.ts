import { call, definePool, explain, inspect, ready, reply, spawnPool } from '@genpool/core'
import { remotePool, serve, type Service } from '@genpool/nats'
import { type ActorSystemRef, start, stop } from 'nact'
import { Load } from './support/load'
import { Proxy } from './support/proxy'
import { connectTo, endServers, type NatsServer, startServer } from './support/server'
import { until } from './support/until'

/** What a handler works for. */
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const Work = definePool({
  init: () => 0,
  calls: {
    work: async ({ id }: { id: number }) => {
      await wait(2)
      return reply(id)
    },
  },
})

let system: ActorSystemRef
let server: NatsServer
let proxy: Proxy
let services: Service[]
beforeEach(async () => {
  system = start()
  server = await startServer()
  proxy = await new Proxy(server).start()
  services = []
})
afterEach(async () => {
  proxy.mend()
  await Promise.all(services.map((service) => service.stop({ within: 500 })))
  stop(system)
  proxy.end()
})
afterAll(endServers)

const through = (link: { readonly url: string }) => connectTo([link as NatsServer], { reconnectTimeWait: 100 })
async function node(link: { readonly url: string }): Promise<void> {
  const pool = spawnPool(system, Work, `local-${services.length}`, { size: 4 })
  services.push(await serve(pool as never, await through(link), { name: 'work' }))
}

describe('a node behind a link that is cut', () => {
  it('is avoided within a moment, what it had has one outcome, and it is used again when the link is mended', async () => {
    await node(server)
    await node(proxy)
    const work = remotePool<typeof Work>(system, await through(server), {
      name: 'work',
      silentAfter: 800,
      timeout: 4000,
    })
    await ready(work)
    const load = new Load(work as never, 10)
    await load.more(200)
    proxy.cut()
    await load.more(500)
    await until(() => explain(work).findings[0]!.finding === 'silent-nodes', 'its silence is noticed')
    await until(() => inspect(work).nodes.length !== 2, 'it is given up')
    proxy.mend()
    await until(() => inspect(work).nodes.length === 2, 'it is back')
    const [, cut] = services
    const before = cut!.inspect().requests.received
    await until(() => cut!.inspect().requests.received >= before + 20, 'it gets work again')
    await load.stop()
    expect(load.outcomes).toHaveLength(load.begun)
    expect(load.failures.length).toBeLessThanOrEqual(10)
    expect(Object.keys(load.codes).every((code) => code === 'ERR_GENPOOL_UNREACHABLE true')).toBe(true)
  })
})

describe('a client behind a link', () => {
  it('that is cut: each call has its outcome by its own clock, and the next ones work when it is mended', async () => {
    await node(server)
    const work = remotePool<typeof Work>(system, await through(proxy), { name: 'work', timeout: 20_000 })
    expect(await call(work, { type: 'work', id: 1 })).toBe(1)
    proxy.cut()
    const begun = performance.now()
    await expect(call(work, { type: 'work', id: 2 }, { timeout: 300 })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_EXPIRED',
      started: true,
    })
    expect(performance.now() - begun).toBeLessThan(15_000)
    proxy.mend()
    expect(await call(work, { type: 'work', id: 3 })).toBe(3)
  })

  it('that is slow: calls take as much longer, and no node is given up', async () => {
    await node(server)
    await node(server)
    proxy.delayMs = 150
    const work = remotePool<typeof Work>(system, await through(proxy), { name: 'work' })
    await ready(work)
    const load = new Load(work as never, 10)
    await load.more(60)
    await load.stop()
    expect(load.codes).toEqual({})
    expect(Math.min(...load.outcomes.map(({ tookMs }) => tookMs))).toBeGreaterThan(250)
    expect(inspect(work)).toMatchObject({ lostNodes: 0, retries: { made: 0 } })
  })
})
