import { call, definePool, noReply, ready, reply, spawnPool } from '@genpool/core'
import { durable, remotePool, serve } from '@genpool/nats'
import { type ActorSystemRef, start, stop } from 'nact'
import { endJetStream, startJetStream } from './support/jetstream'
import { Proxy } from './support/proxy'
import { connectTo, type NatsServer } from './support/server'
import { until } from './support/until'

/* A network that falls silent: no side is told that the connection is lost, and NATS finds that after minutes. */
const WITHIN_MS = 500
/** Far more than that, and far less than NATS takes to find it. */
const SOON_MS = 15_000

let open = (): void => undefined
const Work = definePool({
  init: () => null,
  calls: { ask: () => reply(1) },
  casts: {
    work: async ({ waits }: { waits: boolean }) => {
      if (waits) await new Promise<void>((resolve) => (open = resolve))
      return noReply()
    },
  },
})
let server: NatsServer
let proxy: Proxy
let system: ActorSystemRef
beforeEach(async () => {
  server = await startJetStream()
  proxy = await new Proxy(server).start()
  system = start()
})
afterEach(async () => {
  open()
  stop(system)
  proxy.end()
  await endJetStream()
})
const connection = (): ReturnType<typeof connectTo> => connectTo({ url: proxy.url } as NatsServer)

/** How long it takes, in milliseconds; NaN if it does not end. */
async function took(work: Promise<unknown>): Promise<number> {
  const begun = performance.now()
  let isDone = false
  void work.then(() => (isDone = true))
  await until(() => isDone, 'it has stopped', SOON_MS)
  return performance.now() - begun
}

describe('stop({ within }) while the network is silent', () => {
  it.each([false, true])('ends a consumer soon after that time (a cast runs: %s)', async (waits) => {
    const jobs = await durable<typeof Work>(await connection(), { name: 'q' })
    const consumer = await jobs.consume(spawnPool(system, Work, 'work', { size: 2 }))
    await jobs.cast({ type: 'work', waits })
    const { inHand, done } = waits ? { inHand: 1, done: 0 } : { inHand: 0, done: 1 }
    await until(() => consumer.inspect().inHand === inHand && consumer.inspect().done === done, 'it has the cast')
    proxy.cut()
    expect(await took(consumer.stop({ within: WITHIN_MS }))).toBeGreaterThan(WITHIN_MS - 50)
    expect(await took(consumer.stopped)).toBeLessThan(SOON_MS)
  })

  it('ends a service soon after that time, without a time of its own for each word to the server', async () => {
    const pool = spawnPool(system, Work, 'work', { size: 2 })
    const service = await serve(pool, await connection(), { name: 'o' })
    const remote = remotePool<typeof Work>(system, await connectTo(server), { name: 'o' })
    await ready(remote)
    expect(await call(remote, { type: 'ask' })).toBe(1)
    proxy.cut()
    expect(await took(service.stop({ within: WITHIN_MS }))).toBeLessThan(3500)
  })
})
