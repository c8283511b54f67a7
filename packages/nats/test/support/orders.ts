import { definePool, noReply, type PoolOptions, type PoolRef, reply, spawnPool } from '@genpool/core'
import { remotePool, type RemotePoolOptions, serve, type Service, type ServeOptions } from '@genpool/nats'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { connectTo, endServers, type NatsServer, startServer } from './server'

/* Nodes with a pool of orders, and remote pools of them: of each test its own. */
interface Gate {
  readonly done: Promise<void>
  open(): void
}
const gate = (): Gate => {
  let open = (): void => undefined
  const done = new Promise<void>((resolve) => (open = resolve))
  return { done, open }
}

export let held: Gate[] = []
export let aborted: unknown[] = []
export const Orders = definePool({
  init: () => ({ sum: 0 }),
  calls: {
    add: ({ value }: { value: number }, state) => reply(state.sum + value, { sum: state.sum + value }),
    echo: ({ value }: { value: unknown }) => reply(value),
    fail: ({ message }: { message: string }) => {
      throw new TypeError(message, { cause: Object.assign(new Error('inner'), { code: 'ENO' }) })
    },
    hold: async (_: object, _state, ctx) => {
      const mine = gate()
      held.push(mine)
      ctx.signal.addEventListener('abort', () => aborted.push(ctx.signal.reason))
      await mine.done
      return reply(ctx.remainingMs)
    },
    steps: (_: object, _state, ctx) => {
      for (const step of [1, 2, 3]) ctx.progress({ step })
      return reply('done')
    },
  },
  casts: { put: ({ value }: { value: number }, state) => noReply({ sum: state.sum + value }) },
})

export let server: NatsServer
export let connection: NatsConnection
export let system: ActorSystemRef
const services: Service[] = []

beforeAll(async () => {
  server = await startServer()
})
beforeEach(async () => {
  held = []
  aborted = []
  system = start()
  connection = await connectTo(server)
})
afterEach(async () => {
  for (const one of held) one.open()
  await Promise.all(services.splice(0).map((service) => service.stop({ within: 1000 })))
  stop(system)
})
afterAll(endServers)

/** A node: a pool of its own on a connection of its own. */
export async function node(
  name: string,
  options: PoolOptions = {},
  more: Partial<ServeOptions> = {},
): Promise<[PoolRef, Service]> {
  const pool = spawnPool(system, Orders, `local-${name}-${services.length}`, options)
  const service = await serve(pool as PoolRef, await connectTo(server), { name, ...more })
  services.push(service)
  return [pool as PoolRef, service]
}
export const remote = (name: string, options: Partial<RemotePoolOptions> = {}) =>
  remotePool<typeof Orders>(system, connection, { name, ...options })
/** nact's dispatch, whose third argument its types leave out. */
