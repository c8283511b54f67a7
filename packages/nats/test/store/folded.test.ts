import { natsStore, type NatsStoreOptions } from '@genpool/nats'
import { Kvm } from '@nats-io/kv'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, type NatsServer } from '../support/server'

let server: NatsServer
let made = 0

beforeAll(async () => {
  server = await startJetStream()
})
afterAll(endJetStream)

const newBucket = (): string => `folded-${made++}`
const machine = async (bucket: string, options: Partial<NatsStoreOptions> = {}) =>
  natsStore(await connectTo(server), { bucket, storage: 'memory', initial: 0, entry: 'store', ...options })
/** How often the bucket was written. */
const revisionsOf = async (bucket: string): Promise<number> => {
  const kv = await new Kvm(await connectTo(server)).open(bucket)
  return (await kv.status()).streamInfo.state.last_seq
}
const keys = Array.from({ length: 50 }, (_, i) => `cell-${i}`)
const sizeOf = (n: number): string => 'x'.repeat(n)

describe('cells of one entry', () => {
  it.each<[string, NatsStoreOptions['entry']]>([
    ['entry: "store"', 'store'],
    ['a function', () => 'all'],
  ])('are written together when their commits wait: %s', async (_, entry) => {
    const bucket = newBucket()
    const store = await machine(bucket, { entry })
    const commits = keys.flatMap((key) => [1, 2, 3, 4].map((n) => store.cell<number>(key).update((sum) => sum + n)))
    await Promise.all(commits)
    expect(keys.map((key) => store.get(key))).toEqual(keys.map(() => 10))
    expect(keys.map((key) => store.cell(key).version)).toEqual(keys.map(() => 4))
    // 200 commits to 50 cells.
    expect(await revisionsOf(bucket)).toBeLessThan(10)
    const again = await machine(bucket, { entry })
    expect(keys.map((key) => again.get(key))).toEqual(keys.map(() => 10))
  })

  it('lose nothing when machines write to the same and to other cells, with transactions between', async () => {
    const bucket = newBucket()
    const stores = await Promise.all([machine(bucket), machine(bucket), machine(bucket)])
    const few = keys.slice(0, 6)
    await Promise.all(
      stores.flatMap((store) =>
        Array.from({ length: 120 }, (_, i) => {
          const [from, to] = [few[i % 6]!, few[(i + 1) % 6]!]
          if (i % 3 > 0) return store.cell<number>(from).update((n) => n + 1)
          return store.transaction([from, to], (draft) => {
            draft[from] = (draft[from] as number) - 5
            draft[to] = (draft[to] as number) + 5
          })
        }),
      ),
    )
    for (const store of stores) {
      const values = await Promise.all(few.map((key) => store.fresh<number>(key)))
      expect(values.reduce((sum, value) => sum + value, 0)).toBe(3 * 80)
    }
  })

  it('fail alone: a recipe that throws, a value that is refused, one that is too large', async () => {
    const bucket = newBucket()
    const validate = (value: unknown): boolean => value !== 'wrong'
    const store = await machine(bucket, { validate, maxBytes: 20_000 })
    const outcomes = await Promise.allSettled([
      ...keys.slice(0, 10).map((key) => store.cell<number>(key).update((n) => n + 1)),
      store.cell<number>('thrown').update(() => {
        throw new Error('no')
      }),
      store.cell<unknown>('refused').update(() => 'wrong'),
      store.cell<unknown>('large').update(() => sizeOf(30_000)),
      ...keys.slice(10, 20).map((key) => store.cell<number>(key).update((n) => n + 1)),
    ])
    expect(outcomes.map(({ status }) => (status === 'fulfilled' ? 1 : 0)).join('')).toBe(
      '1'.repeat(10) + '000' + '1'.repeat(10),
    )
    expect(keys.slice(0, 20).map((key) => store.get(key))).toEqual(Array(20).fill(1))
  })

  it('are written as far as they fit when all together would be too large', async () => {
    const store = await machine(newBucket(), { maxBytes: 20_000 })
    const outcomes = await Promise.allSettled(keys.slice(0, 10).map((key) => store.put(key, sizeOf(3000))))
    const fit = outcomes.filter(({ status }) => status === 'fulfilled').length
    expect(fit).toBeGreaterThanOrEqual(4)
    expect(fit).toBeLessThan(7)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(String(outcome.reason)).toContain('the entry would have')
    }
    await store.put('cell-0', 'small')
    expect(store.get('cell-0')).toBe('small')
  })

  it('that change nothing do not fail with what is too large', async () => {
    const store = await machine(newBucket(), { maxBytes: 20_000 })
    await store.put('here', sizeOf(3000))
    const [read, large] = await Promise.allSettled([
      store.cell<unknown>('here').update((value) => value),
      store.cell<unknown>('large').update(() => sizeOf(30_000)),
    ])
    expect([read!.status, large!.status]).toEqual(['fulfilled', 'rejected'])
  })

  it('go on for others while one of them is held, here and elsewhere', async () => {
    const bucket = newBucket()
    const [one, two] = [await machine(bucket), await machine(bucket)]
    const hold = await one.cell<number>('held').hold()
    const waits = two.cell<number>('held').update((n) => n + 1)
    await Promise.all([one, two].flatMap((store) => keys.map((key) => store.cell<number>(key).update((n) => n + 1))))
    await hold.update((n) => n + 10)
    hold.release()
    expect(await waits).toBe(11)
    expect(await Promise.all(keys.map((key) => one.fresh(key)))).toEqual(keys.map(() => 2))
  })
})
