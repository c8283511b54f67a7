import { virtualClock } from '@genpool/runtime/testing'
import { natsStore, type NatsStoreOptions } from '@genpool/nats'
import { transact } from '@genpool/state-ane'
import { Kvm } from '@nats-io/kv'
import type { NatsServer } from '../support/server'
import { connectTo } from '../support/server'
import { endJetStream, startJetStream } from '../support/jetstream'

let server: NatsServer
let made = 0

beforeAll(async () => {
  server = await startJetStream()
})
afterAll(endJetStream)

const newBucket = (): string => `cells-${made++}`
/** A store with a connection of its own, as another machine has it. */
const machine = async (bucket: string, options: Partial<NatsStoreOptions> = {}) =>
  natsStore(await connectTo(server), { bucket, storage: 'memory', ...options })

describe('natsStore', () => {
  it('keeps each cell in an entry with its name, and finds it again', async () => {
    const bucket = newBucket()
    const store = await machine(bucket, { initial: 0 })
    const keys = ['orders', 7, '7', 'a.b/c', 'größe', '', '*', '>']
    for (const [i, key] of keys.entries()) await store.cell<number>(key).update((n) => n + i + 1)
    const again = await machine(bucket, { initial: 0 })
    expect(keys.map((key) => again.get(key))).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    const kv = await new Kvm(await connectTo(server)).open(bucket)
    const names: string[] = []
    for await (const name of await kv.keys()) names.push(name)
    expect(names.sort()).toEqual(['7', '=', '=2a', '=37', '=3e', 'a=2eb=2fc', 'gr=c3=b6=c3=9fe', 'orders'].sort())
  })

  it('keeps a number and the same text apart, also in one entry', async () => {
    const bucket = newBucket()
    const options = { initial: 0, entry: 'store' } as const
    const store = await machine(bucket, options)
    const keys = [7, '7', -1, '-1']
    for (const [i, key] of keys.entries()) await store.cell<number>(key).update((n) => n + i + 1)
    const again = await machine(bucket, options)
    expect(keys.map((key) => again.get(key))).toEqual([1, 2, 3, 4])
  })

  it.each([undefined, 5, Promise.resolve('all')])('refuses an entry without a name: %p', async (name) => {
    const store = await machine(newBucket(), { initial: 0, entry: (() => name) as never })
    expect(() => store.cell('orders')).toThrow(
      /option "entry" of natsStore returned .* for the cell "orders": expected the name/,
    )
  })

  it('tells watchers on another machine of each entry that arrives, with patches', async () => {
    const bucket = newBucket()
    const [here, there] = [await machine(bucket), await machine(bucket)]
    const initial = { n: 0, list: ['a'] }
    const seen = new Promise((resolve) =>
      there.cell('x', { initial }).watch((value, version, patches) => resolve([value, version, patches])),
    )
    await here.cell('x', { initial }).update((draft) => void (draft.n = 5))
    expect(await seen).toEqual([{ n: 5, list: ['a'] }, 1, [{ op: 'replace', path: ['n'], value: 5 }]])
  })

  it('gives a cell that was looked at before its first value', async () => {
    const bucket = newBucket()
    const [here, there] = [await machine(bucket), await machine(bucket)]
    const seen: unknown[] = []
    here.cell('x').watch((value, version) => void seen.push([value, version]))
    const cell = here.cell('x', { initial: { n: 0 } })
    await cell.update((draft) => void draft.n++)
    await there.cell('x', { initial: { n: 5 } }).update((draft) => void draft.n++)
    await cell.update((draft) => void draft.n++)
    expect([cell.value, cell.version]).toEqual([{ n: 3 }, 3])
    expect(seen).toEqual([0, 1, 2, 3].map((n) => [{ n }, n]))
  })

  it('carries what structured clone copies', async () => {
    const bucket = newBucket()
    const value = { at: new Date(5), map: new Map([[1, new Set(['a'])]]), big: 5n, nothing: undefined }
    await (await machine(bucket)).put('x', value)
    expect((await machine(bucket)).get('x')).toEqual(value)
  })

  it('reads the latest of the server with fresh, and what is known here without', async () => {
    const bucket = newBucket()
    const [here, there] = [await machine(bucket, { initial: 0 }), await machine(bucket, { initial: 0 })]
    for (let i = 1; i <= 20; i++) {
      await here.cell<number>('x').update((n) => n + 1)
      expect(here.get('x')).toBe(i)
      expect(await there.fresh('x')).toBe(i)
      expect(there.get('x')).toBe(i)
    }
  })

  it('refuses a transaction over several entries, and makes it where they share one', async () => {
    const bucket = newBucket()
    const recipe = (draft: Record<string, number>): void => {
      draft.alice! -= 5
      draft.bob! += 5
    }
    const apart = await machine(bucket, { initial: 10 })
    await expect(apart.transaction(['alice', 'bob'], recipe)).rejects.toThrow(/are in 2 entries .* option "entry"/)
    expect([apart.get('alice'), apart.get('bob')]).toEqual([10, 10])
    const entry = (key: string | number): string => (String(key).length > 9 ? 'long' : 'short')
    const options = { initial: 10, entry }
    const [here, there] = [await machine(newBucket(), options), await machine(bucket, options)]
    expect({ ...(await here.transaction(['alice', 'bob'], recipe)) }).toEqual({ alice: 5, bob: 15 })
    await expect(here.transaction(['alice', 'constantine'], () => undefined)).rejects.toThrow(/2 entries/)
    there.destroy()
  })

  it('makes transactions of two machines one after another: no money is lost', async () => {
    const bucket = newBucket()
    const machines = await Promise.all(
      [1, 2].map(() => machine(bucket, { initial: 100, entry: 'store', validate: ((n: number) => n >= 0) as never })),
    )
    const names = ['a', 'b', 'c']
    const move = (store: (typeof machines)[number], i: number) =>
      store.transaction([names[i % 3]!, names[(i + 1) % 3]!], (draft) => {
        draft[names[i % 3]!] -= 1
        draft[names[(i + 1) % 3]!] += 1
      })
    await Promise.all(machines.flatMap((store) => Array.from({ length: 30 }, (_, i) => move(store, i))))
    const values = await Promise.all(names.map((name) => machines[0]!.fresh<number>(name)))
    expect(values).toEqual([100, 100, 100])
  })

  it('refuses only the commit whose value cannot be kept, and says why', async () => {
    const store = await machine(newBucket(), { initial: { n: 0, text: '' }, maxBytes: 10_000 })
    const cell = store.cell<{ n: number; text: unknown }>('x')
    const add = () => cell.update((draft) => void draft.n++)
    const outcomes = await Promise.allSettled([
      add(),
      cell.update((draft) => void (draft.text = 'x'.repeat(9000))),
      cell.update((draft) => void (draft.text = new WeakMap())),
      cell.update((draft) => void (draft.text = () => 5)),
      add(),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected', 'fulfilled'])
    const reasons = outcomes.map((one) => (one as { reason?: { code: string; message: string } }).reason)
    expect(reasons[1]).toMatchObject({
      code: 'ERR_GENPOOL_INVALID',
      message: expect.stringMatching(/90\d\d bytes, and an entry has at most 10000/),
    })
    expect(reasons[2]).toMatchObject({
      code: 'ERR_GENPOOL_INVALID',
      message: expect.stringMatching(/text.*cannot be kept on NATS/),
    })
    expect(reasons[3]).toMatchObject({
      code: 'ERR_GENPOOL_INVALID',
      message: expect.stringMatching(/text.*a function/),
    })
    expect(cell).toMatchObject({ value: { n: 2, text: '' }, version: 2 })
  })
})

describe('a lease', () => {
  const add = (n: number): number => n + 1

  it('holds the cell on all machines, and passes on when it is released', async () => {
    const bucket = newBucket()
    const [here, there] = [await machine(bucket, { initial: 0 }), await machine(bucket, { initial: 0 })]
    const hold = await here.cell<number>('x').hold()
    let isDone = false
    const waiting = Promise.resolve(there.cell<number>('x').update(add)).then(() => (isDone = true))
    for (let i = 0; i < 10; i++) await there.fresh('x')
    await hold.update((n) => n + 10)
    expect(isDone).toBe(false)
    hold.release()
    await waiting
    expect(await here.fresh('x')).toBe(11)
  })

  it('ends after its time if it is not renewed, and what its holder still writes is refused', async () => {
    const bucket = newBucket()
    const clock = virtualClock()
    const options = { initial: 0, lease: 1000 }
    // The clock of the holder stands still, as if its process did.
    const here = await machine(bucket, { ...options, clock: virtualClock() })
    const there = await machine(bucket, { ...options, clock })
    const hold = await here.cell<number>('x').hold()
    await hold.update((n) => n + 10)
    const waiting = there.cell<number>('x').update(add)
    await there.fresh('x')
    await clock.advance(999)
    expect(await there.fresh('x')).toBe(10)
    await clock.advance(1)
    expect(await waiting).toBe(11)
    await expect(hold.update(add)).rejects.toMatchObject({ code: 'ERR_GENPOOL_CONFLICT', reason: 'released' })
    expect(await here.fresh('x')).toBe(11)
    hold.release()
    expect(await here.cell<number>('x').update(add)).toBe(12)
  })

  it('is renewed while it is held', async () => {
    const bucket = newBucket()
    const clock = virtualClock()
    const options = { initial: 0, lease: 1000, clock }
    const [here, there] = [await machine(bucket, options), await machine(bucket, options)]
    const hold = await here.cell<number>('x').hold()
    const kv = await new Kvm(await connectTo(server)).open(bucket)
    const waiting = there.cell<number>('x').hold()
    let revision = (await kv.get('x'))!.revision
    for (let i = 0; i < 6; i++) {
      await clock.advance(334)
      while ((await kv.get('x'))!.revision === revision);
      revision = (await kv.get('x'))!.revision
      await there.fresh('x')
    }
    await hold.update(add)
    hold.release()
    const next = await waiting
    await next.update(add)
    next.release()
    expect(await here.fresh('x')).toBe(2)
  })

  it('ends for those who wait for it when their store is destroyed', async () => {
    const bucket = newBucket()
    const [here, there] = [await machine(bucket, { initial: 0 }), await machine(bucket, { initial: 0 })]
    await here.cell('x').hold()
    await there.fresh('x')
    const waiting = [
      there.cell<number>('x').hold(),
      there.cell<number>('y').hold(),
      there.cell<number>('x').update(add),
    ]
    await ((await waiting[1]) as { release(): void }).release()
    there.destroy()
    for (const one of [waiting[0], waiting[2]]) await expect(one).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
  })

  it('lets handlers with "exclusive" of two machines run one at a time', async () => {
    const bucket = newBucket()
    const machines = [await machine(bucket, { initial: 0 }), await machine(bucket, { initial: 0 })]
    let running = 0
    const run = async (n: number) => {
      expect(++running).toBe(1)
      await new Promise((resolve) => setImmediate(resolve))
      running--
      return { next: n + 1 }
    }
    await Promise.all(
      machines.flatMap((store) =>
        Array.from({ length: 10 }, () => transact(store.cell<number>('x'), { run }, { mode: 'exclusive' })),
      ),
    )
    expect(await machines[0]!.fresh('x')).toBe(20)
  })
})
