import { type ClusterInfo, jetstreamManager } from '@nats-io/jetstream'
import { connectTo, type NatsServer } from '../support/server'
import { endJetStream, startJetStream, startJetStreamCluster } from '../support/jetstream'
import { endStores, startStores, type StoreProcess } from '../support/store-processes'
import { until } from '../support/until'

let server: NatsServer
let made = 0

beforeAll(async () => {
  server = await startJetStream()
})
afterEach(endStores)
afterAll(endJetStream)

const setup = (options: object = {}) => ({
  url: server.url,
  store: { bucket: `processes-${made++}`, storage: 'memory' as const, ...options },
})

/** Resolves when so many have been added. */
async function reaches(store: StoreProcess, count: number): Promise<void> {
  const seen = async (): Promise<number> => {
    const fresh = store.ask<{ count: number } | undefined>('fresh')
    return (await fresh.catch(() => undefined))?.count ?? 0
  }
  while ((await seen()) < count);
}

interface Added {
  readonly counts: readonly number[]
  readonly failures: readonly unknown[]
}

describe('one state for the pools of three processes', () => {
  it('counts 3000 additions as 3000, and each caller is told a count of its own', async () => {
    const stores = await startStores(3, setup())
    const added = await Promise.all(stores.map((one) => one.ask<Added>('add', { count: 1000, inFlight: 64 })))
    const counts = added.flatMap((one) => one.counts).sort((a, b) => a - b)
    expect(added.flatMap((one) => one.failures)).toEqual([])
    expect(counts).toEqual(Array.from({ length: 3000 }, (_, i) => i + 1))
    for (const one of stores) expect(await one.ask('fresh')).toMatchObject({ count: 3000 })
  }, 60_000)

  it.each(['state', 'exclusive'])(
    'loses none of 150 changes of the kind "%s"',
    async (type) => {
      const stores = await startStores(3, setup())
      const letters = (of: number): string[] => Array.from({ length: 50 }, (_, i) => `(${of}:${i})`)
      const told = await Promise.all(
        stores.map((one, of) => Promise.all(letters(of).map((letter) => one.one(letter, type)))),
      )
      expect(told.flat().filter(({ failed }) => failed !== undefined)).toEqual([])
      const { log } = await stores[0]!.ask<{ log: string }>('fresh')
      for (const letter of stores.flatMap((_, of) => letters(of))) expect(log.split(letter)).toHaveLength(2)
      for (const { left, letter } of told.flat()) expect(log.startsWith(left!) && left!.endsWith(letter)).toBe(true)
    },
    120_000,
  )
})

describe('while the server is killed twice, and one process, too', () => {
  it('nobody is told a count that another one is told, and none that was answered is lost', async () => {
    const mortal = await startJetStream()
    const store = { bucket: 'mortal', timeout: 30_000 }
    const stores = await startStores(3, { url: mortal.url, store })
    const adding = stores.map((one) => one.ask<Added>('add', { count: 4000, inFlight: 64 }))
    const killed = adding[2]!.catch(() => undefined)
    await reaches(stores[0]!, 500)
    await mortal.kill()
    await mortal.start()
    await reaches(stores[0]!, 1500)
    await stores[2]!.kill()
    await killed
    await reaches(stores[0]!, 2500)
    await mortal.kill()
    await mortal.start()
    const added = await Promise.all(adding.slice(0, 2))
    const counts = added.flatMap((one) => one.counts)
    expect(added.flatMap((one) => one.failures)).toEqual([])
    expect(new Set(counts).size).toBe(8000)
    const { count } = await stores[1]!.ask<{ count: number }>('fresh')
    expect(count).toBeGreaterThanOrEqual(Math.max(...counts))
    expect(count).toBeGreaterThanOrEqual(8000)
    expect(count).toBeLessThanOrEqual(12_000)
  }, 90_000)
})

describe('on a cluster of three servers', () => {
  it('goes on with another leader when any of them is killed, one after the other, and loses no addition', async () => {
    const cluster = await startJetStreamCluster()
    const url = cluster.map((one) => one.url).join(',')
    const [first] = await startStores(1, { url, store: { bucket: 'x', replicas: 3, timeout: 60_000 } })
    const stores = [first!, ...(await startStores(2, { url, store: { bucket: 'x', timeout: 60_000 } }))]
    const nc = await connectTo(cluster, { maxReconnectAttempts: -1, reconnectTimeWait: 50 })
    const stateOf = async (): Promise<ClusterInfo | undefined> =>
      (await (await jetstreamManager(nc)).streams.info('KV_x')).cluster
    const isCurrent = async (): Promise<boolean> => {
      const replicas = await stateOf()
        .then((state) => state?.replicas ?? [])
        .catch(() => [])
      return replicas.length === 2 && replicas.every(({ current, offline }) => current && offline !== true)
    }
    const all: number[] = []
    // The leader of the bucket first, then the others: each of them may lead by then.
    const { leader } = (await stateOf())!
    const led = Number(leader!.at(-1))
    for (const [round, at] of [led, (led + 1) % 3, (led + 2) % 3].entries()) {
      const adding = stores.map((one) => one.ask<Added>('add', { count: 1000, inFlight: 64 }))
      await reaches(stores[0]!, round * 3000 + 300)
      await cluster[at]!.kill()
      const added = await Promise.all(adding)
      expect(added.flatMap((one) => one.failures)).toEqual([])
      all.push(...added.flatMap((one) => one.counts))
      if (round === 2) break
      // The next one may be killed when the others can go on without it.
      await cluster[at]!.start()
      await until(isCurrent, 'all servers have caught up', 60_000)
    }
    expect(new Set(all).size).toBe(9000)
    expect(await stores[1]!.ask('fresh')).toMatchObject({ count: 9000 })
  }, 240_000)
})

describe('what a handler reads', () => {
  it('has all that its process has answered, and on another machine all that a fresh read has brought', async () => {
    const [here, there] = await startStores(2, setup())
    for (const letter of 'abcdefghij') {
      const { left } = await here!.one(letter)
      expect((await here!.one('', 'read')).left).toBe(left)
      await there!.one('', 'fresh')
      expect((await there!.one('', 'read')).left).toBe(left)
    }
  }, 60_000)
})
