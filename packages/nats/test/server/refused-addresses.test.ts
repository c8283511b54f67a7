import { call, definePool, inspect, reply, spawnPool } from '@genpool/core'
import { remotePool, serve, type Service } from '@genpool/nats'
import { type ActorSystemRef, start, stop } from 'nact'
import { connectTo, endServers, type NatsServer, startServer } from '../support/server'
import { until } from '../support/until'

/** What docs/guide/machines.md says that a node needs. */
const NEEDED = {
  publish: ['genpool.orders.load', '_INBOX.>'],
  subscribe: ['genpool.orders.call', 'genpool.orders.ask', 'genpool.orders.*.call', 'genpool.orders.*.ask', '$SRV.>'],
}

const Orders = definePool({
  init: () => 0,
  calls: {
    add: ({ value }: { value: number }) => reply(value + 1),
    wait: async () => {
      await held
      return reply('waited')
    },
  },
})

let held: Promise<void>
let release: () => void

function user(name: string, without: string): string {
  const listed = (all: readonly string[]): string => JSON.stringify(all.filter((each) => each !== without))
  return `{ user: ${name}, password: x, permissions: { publish: ${listed(NEEDED.publish)}, subscribe: ${listed(NEEDED.subscribe)} } }`
}

const config = (...users: readonly string[]): string =>
  `authorization { users = [\n${['{ user: admin, password: x }', ...users].join('\n')}\n] }`

let system: ActorSystemRef
beforeEach(() => {
  held = new Promise((resolve) => (release = resolve))
  system = start()
})
afterEach(() => {
  release()
  stop(system)
})
afterAll(endServers)

const login = (server: NatsServer, name: string) => connectTo(server, { user: name, pass: 'x' })
const node = async (server: NatsServer, name: string): Promise<Service> =>
  serve(spawnPool(system, Orders, `at-${name}`), await login(server, name), { name: 'orders' })

describe('serve, if NATS refuses one thing that a node needs', () => {
  const lacking = [...NEEDED.subscribe, 'genpool.orders.load']

  it.each(lacking.map((subject, at) => [subject, at] as const))(
    '(%s) rejects, and nothing is served',
    async (_, at) => {
      const server = await startServer(config(...lacking.map((each, i) => user(`u${i}`, each))))
      const warns = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
      await expect(node(server, `u${at}`)).rejects.toMatchObject({
        code: 'ERR_GENPOOL_UNREACHABLE',
        mayHaveRun: false,
        message: expect.stringMatching(/NATS refuses it: permission/i) as string,
        cause: { name: 'PermissionViolationError' },
      })
      const orders = remotePool<typeof Orders>(system, await login(server, 'admin'), { name: 'orders' })
      await expect(call(orders, { type: 'add', value: 1 })).rejects.toThrow('nobody serves')
      expect(warns).not.toHaveBeenCalled()
      warns.mockRestore()
    },
  )
})

describe('a client on the connection of a node', () => {
  it('is not refused because the node is', async () => {
    const open = (denied: string): string =>
      `{ user: both, password: x, permissions: { subscribe: { allow: ">", deny: "${denied}" } } }`
    const server = await startServer(config(open('genpool.orders.*.call')))
    const nc = await login(server, 'both')
    const orders = remotePool<typeof Orders>(system, nc, { name: 'orders' })
    await expect(serve(spawnPool(system, Orders, 'refused'), nc, { name: 'orders' })).rejects.toThrow('NATS refuses it')
    expect(inspect(orders).refusal).toBeNull()
    const good = await node(server, 'admin')
    expect(await call(orders, { type: 'add', value: 1 })).toBe(2)
    await good.stop()
  })
})

describe('a node that loses a permission to subscribe', () => {
  it.each([
    ['genpool.orders.*.call', 'by a change'],
    ['genpool.orders.call', 'by a change'],
    ['genpool.orders.*.ask', 'by a change'],
    ['genpool.orders.*.call', 'while it was away'],
    ['genpool.orders.call', 'while it was away'],
  ])('(%s, %s) answers what it has, leaves, and says why', async (subject, how) => {
    const server = await startServer(config(user('node', '')))
    const warns = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const service = await node(server, 'node')
    const orders = remotePool<typeof Orders>(system, await login(server, 'admin'), { name: 'orders', timeout: 60_000 })
    expect(await call(orders, { type: 'add', value: 1 })).toBe(2)
    const waits = call(orders, { type: 'wait' }).catch((error: unknown) => error)
    await until(() => service.inspect().requests.received === 2, 'it has the call')
    const change = (text: string): string => text.replace(user('node', ''), user('node', subject))
    if (how === 'by a change') await server.configure(change)
    else await server.kill().then(() => server.startWith(change))
    await until(() => service.inspect().refusal !== null, 'it has heard of it')
    release()
    // Who sends it again after the break may find nobody there.
    if (how === 'by a change') expect(await waits).toBe('waited')
    expect(await service.stopped).toMatchObject({ name: 'PermissionViolationError' })
    expect(service.inspect().refusal).toContain('genpool.orders.')
    expect(warns.mock.calls.join()).toContain('does not get what is sent to it')
    // Who was away at the same time may have missed that it leaves, and an idle client asks nobody.
    if (how !== 'by a change') await expect(call(orders, { type: 'add', value: 1 })).rejects.toThrow('nobody serves')
    await until(() => inspect(orders).nodes.length === 0, 'its client knows')
    warns.mockRestore()
  })
})
