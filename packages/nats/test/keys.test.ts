import { call, inspect, isGenPoolError, ready } from '@genpool/core'
import { remotePool, type RemotePoolRef } from '@genpool/nats'
import { type ActorSystemRef, start, stop } from 'nact'
import type { Span, Workers } from './support/behaviour'
import { endNodes, type NodeProcess, startNodes } from './support/processes'
import { connectTo, endServers, type NatsServer, startServer } from './support/server'
import { until } from './support/until'

const KEYS = Array.from({ length: 12 }, (_, i) => `key-${i}`)
/** How many calls of one key each client has in flight. */
const DEEP = 3
const RUN_MS = 10

let server: NatsServer
const systems: ActorSystemRef[] = []
beforeAll(async () => {
  server = await startServer()
})
afterEach(async () => {
  for (const system of systems.splice(0)) stop(system)
  await endNodes()
})
afterAll(endServers)

/** A client that keeps a few calls of each key in flight, numbered in the order in which it sends them. */
class KeyedLoad {
  readonly codes: string[] = []
  readonly #pool: RemotePoolRef
  readonly #done = new Map(KEYS.map((key) => [key, 0]))
  #stopped = false
  #callers: readonly Promise<void>[] = []

  private constructor(
    pool: RemotePoolRef,
    private readonly firstId: number,
  ) {
    this.#pool = pool
  }

  static async begin(name: string, firstId: number): Promise<KeyedLoad> {
    const connection = await connectTo(server, { reconnectTimeWait: 100, maxReconnectAttempts: -1 })
    const system = start()
    systems.push(system)
    const load = new KeyedLoad(remotePool<Workers>(system, connection, { name }) as RemotePoolRef, firstId)
    await ready(load.#pool)
    await until(() => inspect(load.#pool).nodes.length === 3, 'three nodes are known')
    load.#callers = KEYS.map((key) => load.#run(key))
    return load
  }

  /** Waits until so many more of each key have been sent after this, and are done. */
  async more(count: number): Promise<void> {
    const wanted = KEYS.map((key) => [key, this.#doneOf(key) + DEEP + count] as const)
    await until(() => wanted.every(([key, done]) => this.#doneOf(key) >= done), `${count} more of each key are done`)
  }

  #doneOf(key: string): number {
    return this.#done.get(key)!
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#callers)
  }

  async #run(key: string): Promise<void> {
    let id = this.firstId
    const inFlight = new Set<Promise<void>>()
    while (!this.#stopped) {
      const one = call(this.#pool as never, { type: 'keyed', id: id++, key } as never, { key, timeout: 20_000 })
        .catch((error: unknown) => void this.codes.push(isGenPoolError(error) ? error.code : String(error)))
        .then(() => {
          this.#done.set(key, this.#doneOf(key) + 1)
          inFlight.delete(one)
        })
      inFlight.add(one)
      if (inFlight.size >= DEEP) await Promise.race(inFlight)
    }
    await Promise.all(inFlight)
  }
}

/** Replaces all nodes, one after the other, while messages come. Returns all that there ever were. */
async function rollingRestart(name: string, first: readonly NodeProcess[], load: KeyedLoad): Promise<NodeProcess[]> {
  const all = [...first]
  for (const node of first) {
    const [next] = await startNodes(1, { servers: [server], name, runMs: RUN_MS })
    all.push(next!)
    await load.more(4)
    await node.kill('SIGTERM')
    await load.more(4)
  }
  return all
}

const spansOf = (nodes: readonly NodeProcess[], key: string): Span[] =>
  nodes
    .flatMap((node) => node.spans())
    .filter((span) => span.key === key)
    .sort((one, other) => one.begun - other.begun)
/** How long two runs of one key overlap at most. */
const overlapMs = (spans: readonly Span[]): number =>
  Math.max(
    0,
    ...spans.slice(1).map(({ begun }, i) => Math.max(...spans.slice(0, i + 1).map(({ ended }) => ended)) - begun),
  )

describe('the messages of a key, while all nodes are replaced one after the other', () => {
  it('of one client: run one after the other and in order, none fails, and none runs twice', async () => {
    const nodes = await startNodes(3, { servers: [server], name: 'one-client', runMs: RUN_MS })
    const load = await KeyedLoad.begin('one-client', 0)
    await load.more(4)
    const all = await rollingRestart('one-client', nodes, load)
    await load.stop()
    expect(load.codes).toEqual([])
    for (const key of KEYS) {
      const spans = spansOf(all, key)
      expect(spans.map(({ id }) => id)).toEqual(spans.map((_, i) => i))
      expect(overlapMs(spans)).toBe(0)
      // Where a key goes is chance, and a node may have none. Each key left its first node, which was replaced.
      expect(all.filter((node) => spansOf([node], key).length > 0).length).toBeGreaterThan(1)
    }
  })

  it('of two clients: overlap no longer than what the other one has in flight takes', async () => {
    const nodes = await startNodes(3, { servers: [server], name: 'two-clients', runMs: RUN_MS })
    const [load, other] = [await KeyedLoad.begin('two-clients', 0), await KeyedLoad.begin('two-clients', 1_000_000)]
    await load.more(4)
    const all = await rollingRestart('two-clients', nodes, load)
    await Promise.all([load.stop(), other.stop()])
    expect([...load.codes, ...other.codes]).toEqual([])
    for (const key of KEYS) {
      const spans = spansOf(all, key)
      for (const isOf of [(id: number) => id < 1_000_000, (id: number) => id >= 1_000_000]) {
        const own = spans.filter(({ id }) => isOf(id))
        expect(own.map(({ id }) => id)).toEqual(own.map(({ id }) => id).sort((a, b) => a - b))
        expect(overlapMs(own)).toBe(0)
      }
      // Runs take RUN_MS and what a busy machine adds.
      const longest = Math.max(...spans.map(({ begun, ended }) => ended - begun))
      expect(overlapMs(spans)).toBeLessThanOrEqual(2 * DEEP * longest)
      if (process.env['SHOW'] !== undefined)
        console.log(key, spans.length, overlapMs(spans).toFixed(1), longest.toFixed(1))
    }
  })
})
