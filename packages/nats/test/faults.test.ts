import { call, inspect, ready, spawnPool } from '@genpool/core'
import { remotePool, type RemotePoolOptions, type RemotePoolRef, serve } from '@genpool/nats'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { type Workers, workers } from './support/behaviour'
import { Load, repeated } from './support/load'
import { endNodes, type NodeProcess, startNodes } from './support/processes'
import { connectTo, endServers, type NatsServer, startCluster, startServer } from './support/server'
import { until } from './support/until'

let system: ActorSystemRef
let nodes: NodeProcess[] = []
let connection: NatsConnection
beforeEach(() => {
  system = start()
})
afterEach(async () => {
  stop(system)
  await endNodes()
})
afterAll(endServers)

const remote = (name: string, options: Partial<RemotePoolOptions> = {}): RemotePoolRef =>
  remotePool<Workers>(system, connection, { name, ...options }) as RemotePoolRef

/** Each call has one outcome, no id was run twice, and what answered had run. */
function checkOutcomes(load: Load, ran: readonly number[]): void {
  expect(load.outcomes).toHaveLength(load.begun)
  expect(new Set(load.outcomes.map(({ id }) => id)).size).toBe(load.begun)
  expect(repeated(ran)).toEqual([])
  const begun = new Set(ran)
  expect(load.outcomes.filter(({ id, ok }) => ok && !begun.has(id))).toEqual([])
}
const allRan = (...lists: NodeProcess[][]): number[] => lists.flat().flatMap((node) => node.ran())

describe('three nodes at one server', () => {
  let server: NatsServer
  beforeAll(async () => {
    server = await startServer()
  })
  beforeEach(async () => {
    connection = await connectTo(server, { reconnectTimeWait: 100, maxReconnectAttempts: -1 })
  })

  it('of which one is killed: its calls fail long before their deadlines, and nothing else does', async () => {
    nodes = await startNodes(3, { servers: [server], name: 'kill', runMs: 20 })
    const pool = remote('kill')
    await ready(pool)
    const load = new Load(pool, 30, { timeout: 60_000 })
    await load.more(500)
    const seen = () => inspect(pool as never as RemotePoolRef).nodes.find(({ id }) => id === nodes[0]!.id)
    await until(() => (seen()?.inFlight ?? 0) > 2, 'the node has some in hand')
    const before = load.outcomes.length
    await nodes[0]!.kill()
    await load.more(1000)
    await load.stop()
    checkOutcomes(load, allRan(nodes))
    expect(Object.keys(load.codes)).toEqual(['ERR_GENPOOL_UNREACHABLE true'])
    expect(load.failures.length).toBeLessThanOrEqual(30)
    expect(load.failures.length).toBeGreaterThan(0)
    for (const { tookMs } of load.outcomes.slice(before)) expect(tookMs).toBeLessThan(30_000)
    expect(inspect(pool as never)).toMatchObject({ lostNodes: 1, inFlight: 0 })
    expect(load.failures[0]!.error).toMatchObject({ node: nodes[0]!.id, mayHaveRun: true })
  })

  it('of which one is killed: calls that are idempotent all succeed', async () => {
    nodes = await startNodes(3, { servers: [server], name: 'idempotent', runMs: 20 })
    const pool = remote('idempotent')
    await ready(pool)
    const load = new Load(pool, 30, { idempotent: true })
    await load.more(500)
    await nodes[1]!.kill()
    await load.more(1000)
    await load.stop()
    expect(load.codes).toEqual({})
    expect(load.outcomes).toHaveLength(load.begun)
  })

  it('of which one is stopped and goes on: others are used, nothing runs for callers that gave up, and it comes back', async () => {
    nodes = await startNodes(3, { servers: [server], name: 'freeze', runMs: 10 })
    const pool = remote('freeze', { silentAfter: 1500 })
    await ready(pool)
    const load = new Load(pool, 30, { timeout: 1000 })
    await load.more(500)
    nodes[2]!.signal('SIGSTOP')
    const frozenAt = performance.now()
    await load.more(1000)
    await until(() => performance.now() - frozenAt > 2500, 'it has been frozen for long enough')
    const ranBefore = nodes[2]!.ran().length
    nodes[2]!.signal('SIGCONT')
    await until(() => nodes[2]!.ran().length > ranBefore + 50, 'it works again')
    await load.stop()
    const ran = allRan(nodes)
    checkOutcomes(load, ran)
    // Those that it had: each has its outcome at its deadline at the latest.
    expect(load.failures.length).toBeLessThanOrEqual(30)
    for (const { tookMs } of load.outcomes) expect(tookMs).toBeLessThan(30_000)
    // What it had not begun before it was stopped, it does not begin after its callers gave up.
    const gaveUp = new Set(load.failures.map(({ id }) => id))
    expect(
      nodes[2]!
        .ran()
        .slice(ranBefore)
        .filter((id) => gaveUp.has(id)),
    ).toEqual([])
  })

  it('that are restarted one after the other: no call fails', async () => {
    nodes = await startNodes(3, { servers: [server], name: 'rolling', runMs: 10 })
    const pool = remote('rolling')
    await ready(pool)
    const load = new Load(pool, 30)
    await load.more(300)
    const all = [...nodes]
    for (const node of nodes) {
      const [next] = await startNodes(1, { servers: [server], name: 'rolling', runMs: 10 })
      all.push(next!)
      await node.kill('SIGTERM')
      await load.more(300)
    }
    await load.stop()
    checkOutcomes(load, allRan(all))
    expect(load.codes).toEqual({})
    expect(new Set(inspect(pool as never as RemotePoolRef).nodes.map(({ id }) => id))).toEqual(
      new Set(all.slice(3).map(({ id }) => id)),
    )
  })

  it('that are all killed and started again: later calls wait for them', async () => {
    nodes = await startNodes(2, { servers: [server], name: 'all', runMs: 1 })
    const pool = remote('all', { silentAfter: 60_000, timeout: 60_000 })
    await ready(pool)
    await Promise.all(nodes.map((node) => node.kill()))
    // A call that it still takes for a node that is dead may have run.
    const answers = () =>
      connection.request('$SRV.PING.all').then(
        () => true,
        () => false,
      )
    await until(async () => !(await answers()), 'the server knows that they are gone')
    const load = new Load(pool, 10)
    await until(() => inspect(pool).waiting === 10, 'they wait')
    const next = await startNodes(2, { servers: [server], name: 'all', runMs: 1 })
    await load.more(300)
    await load.stop()
    checkOutcomes(load, allRan(next))
    expect(load.codes).toEqual({})
  })

  it('keep the messages of a key on one node, and move only those of a node that is gone', async () => {
    nodes = await startNodes(3, { servers: [server], name: 'keys', runMs: 1 })
    const pool = remote('keys')
    await ready(pool)
    await until(() => inspect(pool as never as RemotePoolRef).nodes.length === 3, 'all nodes are known')
    const who = async (): Promise<number[]> =>
      Promise.all(
        Array.from(
          { length: 60 },
          (_, key) => call(pool as never, { type: 'who' } as never, { key: `k${key}` }) as Promise<number>,
        ),
      )
    const before = await who()
    expect(await who()).toEqual(before)
    expect(new Set(before).size).toBe(3)
    await nodes[0]!.kill('SIGTERM')
    const after = await who()
    for (const [i, pid] of before.entries()) if (pid !== nodes[0]!.pid) expect(after[i]).toBe(pid)
    expect(after).not.toContain(nodes[0]!.pid)
  })

  it('whose server is killed and started again: calls wait for it, and each has one outcome', async () => {
    const own = await startServer()
    connection = await connectTo(own, { reconnectTimeWait: 100, maxReconnectAttempts: -1 })
    nodes = await startNodes(3, { servers: [own], name: 'server', runMs: 10 })
    const pool = remote('server')
    await ready(pool)
    const load = new Load(pool, 30, { timeout: 10_000 })
    await load.more(300)
    await own.kill()
    await until(() => !inspect(pool).connected, 'this client has noticed')
    await own.start()
    await load.more(500)
    await load.stop()
    checkOutcomes(load, allRan(nodes))
    // Nothing is lost: what was on its way is sent again, and nodes that had it send their answers again.
    expect(load.codes).toEqual({})
  })
})

describe('a cluster of servers', () => {
  it('of which the one with all nodes is started again: calls of a client of another one wait', async () => {
    const servers = await startCluster(2)
    const own = { ignoreClusterUpdates: true, reconnectTimeWait: 100, maxReconnectAttempts: -1 }
    connection = await connectTo(servers[0]!, own)
    const system = start()
    const served = spawnPool(
      system,
      workers(() => undefined, 1),
      'here',
    )
    const service = await serve(served as never, await connectTo(servers[1]!, own), { name: 'server-of-nodes' })
    const pool = remote('server-of-nodes', { timeout: 20_000 })
    await ready(pool)
    await servers[1]!.kill()
    // Until then the other server sends to it what comes for the node: that may have run, and fails.
    const isCut = (): Promise<boolean> =>
      connection.request('genpool.server-of-nodes.ask', '', { timeout: 1000 }).then(
        () => false,
        (error: unknown) => String(error).includes('no responders'),
      )
    await until(isCut, 'the other server knows that it is gone')
    const load = new Load(pool, 10)
    await until(() => inspect(pool).waiting === 10, 'they wait')
    await servers[1]!.start()
    await load.more(200)
    await load.stop()
    expect(load.codes).toEqual({})
    await service.stop()
    stop(system)
  })

  it('of three, of which each is killed once, one after the other: no call fails, and none runs twice', async () => {
    const servers = await startCluster(3)
    connection = await connectTo(servers, { reconnectTimeWait: 100, maxReconnectAttempts: -1 })
    nodes = await startNodes(3, { servers, name: 'cluster', runMs: 10 })
    const pool = remote('cluster')
    await ready(pool)
    const load = new Load(pool, 30, { timeout: 10_000 })
    await load.more(300)
    for (const server of servers) {
      await server.kill()
      await load.more(300)
      await server.start()
      await until(() => connection.info?.connect_urls?.length === 3, 'all three servers know each other')
      await load.more(300)
    }
    await load.stop()
    checkOutcomes(load, allRan(nodes))
    expect(load.codes).toEqual({})
  })
})
