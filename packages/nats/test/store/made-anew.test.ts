import { call, getState, ready, spawnPool } from '@genpool/core'
import { natsStore, type NatsStore, type NatsStoreOptions } from '@genpool/nats'
import { jetstreamManager } from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import { start, stop } from 'nact'
import { Counter } from '../support/counter'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

let server: NatsServer
let made = 0

beforeAll(async () => {
  server = await startJetStream()
})
afterAll(endJetStream)

const newBucket = (): string => `anew-${made++}`
const connected = (): Promise<NatsConnection> => connectTo(server, { reconnectTimeWait: 20, maxReconnectAttempts: -1 })
const machine = async (bucket: string, options: Partial<NatsStoreOptions> = {}): Promise<NatsStore> =>
  natsStore(await connected(), { bucket, initial: 0, timeout: 1000, every: 100, ...options })
const up = (store: NatsStore): Promise<number> => Promise.resolve(store.cell<number>('x').update((n: number) => n + 1))
async function upTo(store: NatsStore, n: number): Promise<void> {
  while (store.get<number>('x') < n) await up(store)
}
const sees = (store: NatsStore, n: number): Promise<void> => until(() => store.get('x') === n, `it sees ${n}`, 10_000)

const bucketGone = async (bucket: string): Promise<void> =>
  void (await (await jetstreamManager(await connected())).streams.delete(`KV_${bucket}`))
const entryGone = async (bucket: string): Promise<void> => (await new Kvm(await connected()).open(bucket)).purge('x')
const LOSSES: readonly [string, (bucket: string) => Promise<void>][] = [
  ['the bucket', bucketGone],
  ['the entry', entryGone],
]

/** Two machines that know 20 commits, and a third one that began anew after all was lost, with 3 commits. */
async function anew(lose: (bucket: string) => Promise<void>, commits = 3): Promise<[NatsStore, NatsStore, NatsStore]> {
  const bucket = newBucket()
  const [a, b] = [await machine(bucket), await machine(bucket)]
  await upTo(a, 20)
  await sees(b, 20)
  await lose(bucket)
  const d = await machine(bucket)
  await upTo(d, commits)
  return [a, b, d]
}

const OTHER = {
  code: 'ERR_GENPOOL_NOT_COMMITTED',
  mayBeCommitted: false,
  message: expect.stringMatching(
    /entry "x" of bucket "anew-\d+" was made anew.* 3 commits.* 20 are known here.*restore\(\).*accept\(\)/s,
  ) as string,
}

describe.each(LOSSES)('when %s was lost, and another process has made the first state anew', (_, lose) => {
  it('those who know more keep what they read, and refuse to commit', async () => {
    const [a, b, d] = await anew(lose)
    for (const store of [a, b, a]) await expect(up(store)).rejects.toMatchObject(OTHER)
    expect([a, b, d].map((store) => store.get('x'))).toEqual([20, 20, 3])
    await expect(a.fresh('x')).rejects.toThrow(/20 are known here/)
    expect(await up(d)).toBe(4)
  })

  it('restore() writes what is known over the new one, for all', async () => {
    const [a, b, d] = await anew(lose)
    expect(await a.restore()).toBe(1)
    expect(await up(a)).toBe(21)
    await sees(d, 21)
    expect([await d.restore(), await b.restore()]).toEqual([0, 0])
    expect([await up(d), await up(b)]).toEqual([22, 23])
  })

  it('restore() does so also if the new one has more commits', async () => {
    const [a, b, d] = await anew(lose, 30)
    await expect(up(a)).rejects.toThrow(/30 commits.* 20 are known here/)
    expect(await a.restore()).toBe(1)
    expect([await up(b), await up(a)]).toEqual([21, 22])
    await sees(d, 22)
  })

  it('accept() takes the new one, for all', async () => {
    const [a, b, d] = await anew(lose)
    expect(await a.accept()).toBe(1)
    expect([await up(a), await up(d)]).toEqual([4, 5])
    await sees(b, 5)
    expect([await b.accept(), await b.restore(), await up(b)]).toEqual([0, 0, 6])
  })
})

describe('of two that restore', () => {
  it.each([
    ['the older first', [0, 1], [1, 1]],
    ['the newer first', [1, 0], [1, 0]],
  ])('the newer values win: %s', async (_, order, written) => {
    const bucket = newBucket()
    const [a, b] = [await machine(bucket), await machine(bucket)]
    await upTo(a, 20)
    await sees(b, 20)
    const kv = await new Kvm(await connected()).open(bucket)
    const bytes = (await kv.get('x'))!.value
    await up(a)
    await sees(b, 21)
    await bucketGone(bucket)
    // This one has seen a backup only: it is a commit behind.
    await (await new Kvm(await connected()).create(bucket)).put('x', bytes)
    const behind = await machine(bucket)
    expect(behind.get('x')).toBe(20)
    await entryGone(bucket)
    const both = [behind, a]
    const counts = []
    for (const i of order) counts.push(await both[i]!.restore())
    expect(counts).toEqual(written)
    expect([await up(b), await up(behind), await up(a)]).toEqual([22, 23, 24])
  })
})

describe('an older revision that somebody has brought back', () => {
  it('is refused by those who know more, until it is accepted', async () => {
    const bucket = newBucket()
    const [a, b] = [await machine(bucket), await machine(bucket)]
    await upTo(a, 3)
    const kv = await new Kvm(await connected()).open(bucket)
    const bytes = (await kv.get('x'))!.value
    await upTo(a, 7)
    await sees(b, 7)
    await kv.put('x', bytes)
    for (const store of [a, b]) await expect(up(store)).rejects.toThrow(/has gone back.* 3 commits.* 7 are known here/)
    expect([a.get('x'), b.get('x')]).toEqual([7, 7])
    expect(await b.accept()).toBe(1)
    expect([await up(a), await up(b)]).toEqual([4, 5])
  })
})

describe('a pool whose state was lost and made anew', () => {
  it('answers what it has answered before, and says why it does not commit', async () => {
    const bucket = newBucket()
    const system = start()
    const pool = async () => {
      const store = await natsStore(await connected(), { bucket, timeout: 1000 })
      const own = spawnPool(system, Counter, `c-${made++}`, { state: { type: 'shared', store, key: 'c' } })
      await ready(own)
      return { store, own }
    }
    const a = await pool()
    for (let i = 0; i < 5; i++) await call(a.own, { type: 'add' })
    await bucketGone(bucket)
    const d = await pool()
    expect(await call(d.own, { type: 'add' })).toBe(1)
    await expect(call(a.own, { type: 'add' })).rejects.toThrow(/1 commit of another history, and 5 are known here/)
    expect([await call(a.own, { type: 'read' }), getState(a.own)]).toEqual([5, { count: 5 }])
    expect(await a.store.restore()).toBe(1)
    expect([await call(a.own, { type: 'add' }), await call(d.own, { type: 'add' })]).toEqual([6, 7])
    stop(system)
  })
})

describe('restore()', () => {
  it('says that it may have taken place if its write is not acknowledged, and does no harm again', async () => {
    const bucket = newBucket()
    const store = await machine(bucket)
    await upTo(store, 3)
    await entryGone(bucket)
    const jsm = await jetstreamManager(await connected())
    await jsm.streams.update(`KV_${bucket}`, { no_ack: true })
    const refused: unknown = await store.restore().catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'ERR_GENPOOL_UNREACHABLE', mayHaveRun: true })
    expect(String(refused)).toMatch(
      /not known whether the write took place: .*did not answer in time.*again does no harm/,
    )
    expect(String(refused)).not.toContain('was not run')
    await jsm.streams.update(`KV_${bucket}`, { no_ack: false })
    await store.restore()
    expect(await up(store)).toBe(4)
  })
})
