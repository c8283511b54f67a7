import type { NatsServer } from '../support/server'
import { endJetStream, startJetStream } from '../support/jetstream'
import { endStores, startStores } from '../support/store-processes'

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
    const reaches = async (count: number): Promise<void> => {
      while ((await stores[0]!.ask<{ count: number }>('fresh')).count < count);
    }
    await reaches(500)
    await mortal.kill()
    await mortal.start()
    await reaches(1500)
    await stores[2]!.kill()
    await killed
    await reaches(2500)
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
