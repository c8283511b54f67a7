import { natsStore, type NatsStore, type NatsStoreOptions } from '@genpool/nats'
import { jetstreamManager } from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import { connectTo, type NatsServer, startServer } from '../support/server'
import { endJetStream, startJetStream, startJetStreamCluster } from '../support/jetstream'
import { Proxy } from '../support/proxy'

let server: NatsServer
let made = 0

beforeAll(async () => {
  server = await startJetStream()
})
afterAll(endJetStream)

const newBucket = (): string => `faults-${made++}`
const RECONNECTING = { reconnectTimeWait: 20, maxReconnectAttempts: -1 }
const connected = (to: NatsServer | readonly NatsServer[] = server): Promise<NatsConnection> =>
  connectTo(to, RECONNECTING)
/** A store with a connection of its own, as another machine has it. */
const machine = async (bucket: string, options: Partial<NatsStoreOptions> = {}): Promise<NatsStore> =>
  natsStore(await connected(), { bucket, initial: 0, timeout: 1000, ...options })
const add = (n: number): number => n + 1
const up = async (store: NatsStore): Promise<number> => store.cell<number>('x').update(add)

/** Resolves when a reader of the store sees the value. */
async function sees(store: NatsStore, value: number): Promise<void> {
  const cell = store.cell<number>('x')
  if (cell.value === value) return
  await new Promise<void>((resolve) => {
    const stop = cell.watch((now) => {
      if (now !== value) return
      stop()
      resolve()
    })
  })
}

/** Tries until it succeeds. Rejects with the last error if that takes too long. */
async function until<T>(attempt: () => Promise<T>): Promise<T> {
  const end = performance.now() + 20_000
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

describe('a bucket that was deleted', () => {
  const deleted = {
    code: 'ERR_GENPOOL_NOT_COMMITTED',
    mayBeCommitted: false,
    message: expect.stringMatching(/bucket "faults-\d+": it was deleted.*restore\(\)/s) as string,
  }

  it('refuses commits, keeps the values, and goes on when one machine has restored it', async () => {
    const bucket = newBucket()
    const [here, there] = [await machine(bucket), await machine(bucket, { every: 100 })]
    for (let i = 0; i < 5; i++) await up(here)
    await sees(there, 5)
    await (await jetstreamManager(await connected())).streams.delete(`KV_${bucket}`)
    await expect(up(here)).rejects.toMatchObject(deleted)
    await expect(here.fresh('x')).rejects.toMatchObject({ code: 'ERR_GENPOOL_UNREACHABLE' })
    expect([here.get('x'), there.get('x')]).toEqual([5, 5])
    expect(await here.restore()).toBe(1)
    expect(await up(here)).toBe(6)
    expect(await until(() => up(there))).toBe(7)
    await sees(here, 7)
    expect(await machine(bucket).then((late) => late.get('x'))).toBe(7)
  })

  it('also if somebody has made an empty one in its place', async () => {
    const bucket = newBucket()
    const [here, there] = [await machine(bucket), await machine(bucket)]
    for (let i = 0; i < 3; i++) await up(here)
    await sees(there, 3)
    const connection = await connected()
    await (await jetstreamManager(connection)).streams.delete(`KV_${bucket}`)
    await new Kvm(connection).create(bucket)
    const refused = { code: 'ERR_GENPOOL_NOT_COMMITTED', mayBeCommitted: false }
    await expect(up(here)).rejects.toMatchObject({
      ...refused,
      message: expect.stringMatching(/deleted.*restore\(\)/) as string,
    })
    await expect(up(there)).rejects.toMatchObject(refused)
    expect(await there.restore()).toBe(1)
    expect(await here.restore()).toBe(0)
    expect([await up(here), await up(there)]).toEqual([4, 5])
  })
})

describe('restore', () => {
  it('also brings cells back that were not used here since the start', async () => {
    const bucket = newBucket()
    await up(await machine(bucket))
    const here = await machine(bucket)
    await (await jetstreamManager(await connected())).streams.delete(`KV_${bucket}`)
    expect(await here.restore()).toBe(1)
    expect([here.get('x'), await up(here)]).toEqual([1, 2])
  })

  it('takes an earlier revision of the bucket if this process has never known a good one', async () => {
    const bucket = newBucket()
    const before = await machine(bucket)
    for (let i = 0; i < 3; i++) await up(before)
    before.destroy()
    await (await new Kvm(await connected()).open(bucket)).put('x', 'nonsense')
    const here = await machine(bucket)
    await expect(up(here)).rejects.toThrow(/is none of a store/)
    expect(() => here.get('x')).toThrow(/is none of a store/)
    expect(await here.restore()).toBe(1)
    expect([here.get('x'), await up(here)]).toEqual([3, 4])
  })

  it('leaves alone what was deleted before the process began: it begins anew', async () => {
    const bucket = newBucket()
    const before = await machine(bucket)
    await up(before)
    before.destroy()
    await (await new Kvm(await connected()).open(bucket)).delete('x')
    const here = await machine(bucket)
    expect([await here.restore(), await up(here)]).toEqual([0, 1])
  })

  it('rejects if nothing good is known', async () => {
    const bucket = newBucket()
    await (await new Kvm(await connected()).create(bucket)).put('x', 'nonsense')
    await expect((await machine(bucket)).restore()).rejects.toMatchObject({
      code: 'ERR_GENPOOL_UNREACHABLE',
      message: expect.stringMatching(/entry "x".*is none of a store/) as string,
    })
  })
})

describe('an entry that somebody else has changed', () => {
  it.each([
    ['written', /revision 3 of entry "x" of bucket "faults-\d+" is none of a store: it cannot be decoded/],
    ['deleted', /entry "x" of bucket "faults-\d+" was deleted/],
    ['purged', /entry "x" of bucket "faults-\d+" was deleted/],
  ])('refuses commits and keeps the value when it was %s, until it is restored', async (how, message) => {
    const bucket = newBucket()
    const [here, there] = [await machine(bucket), await machine(bucket)]
    await up(here)
    expect(await up(here)).toBe(2)
    await sees(there, 2)
    const kv = await new Kvm(await connected()).open(bucket)
    if (how === 'written') await kv.put('x', 'nonsense')
    else if (how === 'deleted') await kv.delete('x')
    else await kv.purge('x')
    for (const store of [here, there]) {
      await expect(up(store)).rejects.toMatchObject({
        mayBeCommitted: false,
        message: expect.stringMatching(message) as string,
      })
      await expect(store.cell('x').hold()).rejects.toThrow(message)
      expect(store.get('x')).toBe(2)
    }
    expect(await there.restore()).toBe(1)
    expect([await up(here), await up(there)]).toEqual([3, 4])
  })

  it('also if the value is none that the validator takes', async () => {
    const bucket = newBucket()
    const strict = await machine(bucket, { validate: ((n: number) => n < 3) as never })
    const lax = await machine(bucket)
    await up(lax)
    // A machine that has known a good value keeps it.
    expect(await strict.fresh('x')).toBe(1)
    for (let i = 0; i < 2; i++) await up(lax)
    const message = /entry "x" of bucket "faults-\d+" has a value that "validate" refuses here/
    await expect(up(strict)).rejects.toThrow(message)
    expect(strict.get('x')).toBeLessThan(3)
    // It is damaged for nobody else: nothing is written over it.
    await expect(strict.restore()).rejects.toThrow(message)
    expect(await lax.fresh('x')).toBe(3)
    const late = await machine(bucket, { validate: ((n: number) => n < 3) as never })
    // Who has never known a good value serves no other one in its place.
    const refused = /value that store "faults-\d+" has of cell "x" was refused; it stays as it is/
    expect(() => late.get('x')).toThrow(refused)
    await expect(up(late)).rejects.toThrow(refused)
    await expect(late.fresh('x')).rejects.toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    await lax.put('x', 0)
    expect([await up(strict), await up(late)]).toEqual([1, 2])
  })
})

describe('a server', () => {
  it('without JetStream is refused at the start, with what to do', async () => {
    const plain = await connected(await startServer())
    await expect(natsStore(plain, { bucket: 'x', timeout: 300 })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_UNREACHABLE',
      message: expect.stringMatching(/has no JetStream.*"nats-server" with "-js"/s) as string,
    })
  })

  it('that takes only small messages has its own limit', async () => {
    const small = await startJetStream('max_payload: 20000')
    const store = await natsStore(await connected(small), { bucket: 'small', initial: '' })
    const cell = store.cell<string>('x')
    expect(await cell.update(() => 'x'.repeat(17_000))).toHaveLength(17_000)
    await expect(cell.update((text) => text + 'y'.repeat(5000))).rejects.toMatchObject({
      code: 'ERR_GENPOOL_INVALID',
      message: expect.stringMatching(/220\d\d bytes, and an entry has at most 19744/) as string,
    })
    expect(await cell.update((text) => `${text}z`)).toHaveLength(17_001)
  })

  it('that was killed and started again has all that was answered, and watches go on', async () => {
    const mortal = await startJetStream()
    const options = { bucket: 'x', initial: 0, timeout: 20_000 }
    const [here, there] = [
      await natsStore(await connected(mortal), options),
      await natsStore(await connected(mortal), options),
    ]
    let answered = 0
    const callers = Array.from({ length: 16 }, async (_, i) => {
      for (let n = 0; n < 100; n++) {
        await up(i % 2 === 0 ? here : there)
        answered++
      }
    })
    while (answered < 400) await new Promise((resolve) => setImmediate(resolve))
    await mortal.kill()
    await mortal.start()
    await Promise.all(callers)
    expect(await there.fresh('x')).toBe(1600)
    await sees(here, 1600)
    await up(here)
    await sees(there, 1601)
  }, 60_000)

  it('that does not answer leaves it open whether a commit took place, and it turns out later', async () => {
    const proxy = await new Proxy(server).start()
    const bucket = newBucket()
    const connection = await connectTo({ url: proxy.url } as NatsServer, RECONNECTING)
    const apart = await natsStore(connection, { bucket, initial: 0, timeout: 300 })
    const there = await machine(bucket)
    await up(apart)
    proxy.cut()
    const failure = await up(apart).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'ERR_GENPOOL_NOT_COMMITTED', mayBeCommitted: true })
    expect(apart.get('x')).toBe(1)
    proxy.mend()
    // What was on its way arrives now, once, or it lost against the other machine.
    const before = await up(there)
    const after = await up(apart)
    const whole = await there.fresh<number>('x')
    expect(after).toBe(whole)
    expect(before).toBeLessThan(after)
    expect([3, 4]).toContain(whole)
    proxy.end()
  })

  it('that has lost its quorum refuses commits, and goes on with all of them when it has it again', async () => {
    const cluster = await startJetStreamCluster()
    const connection = await connected([cluster[0]!])
    const open = () => natsStore(connection, { bucket: 'x', initial: 0, replicas: 3, timeout: 1000 })
    const store = await until(open)
    await until(() => up(store))
    const before = await until(() => up(store))
    await Promise.all([cluster[1]!.kill(), cluster[2]!.kill()])
    const failure = await up(store).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'ERR_GENPOOL_NOT_COMMITTED' })
    expect(store.get('x')).toBe(before)
    await Promise.all([cluster[1]!.start(), cluster[2]!.start()])
    const after = await until(() => up(store))
    expect(after - before).toBeGreaterThanOrEqual(1)
    expect(await until(() => store.fresh('x'))).toBe(after)
  }, 60_000)
})

describe('an error of a store', () => {
  it('names the bucket once, and each sentence has an end', async () => {
    const replicas = machine('faults-alone', { replicas: 3 })
    await expect(replicas).rejects.toThrow(
      /^"faults-alone" cannot be reached: bucket "faults-alone": replicas > 1 .*[^.]\. The request was not run\.$/,
    )
    await expect(machine('x'.repeat(65))).rejects.toThrow(
      'expected the name of a bucket: 1 to 64 letters, digits, - and _',
    )
    await expect(machine('a', { entry: 'all' as never })).rejects.toThrow(
      'at entry: expected "cell", "store" or a function (key) => name, got "all"',
    )
  })
})

describe('permissions', () => {
  const REST = [
    '$JS.API.INFO',
    '$JS.API.STREAM.INFO.KV_orders',
    '$JS.API.STREAM.CREATE.KV_orders',
    '$JS.API.STREAM.MSG.GET.KV_orders',
    '$JS.API.CONSUMER.CREATE.KV_orders.>',
    '$JS.API.CONSUMER.DELETE.KV_orders.>',
    '$JS.FC.KV_orders.>',
  ]
  const user = (name: string, publish: readonly string[]): string =>
    `{ user: ${name}, password: x, permissions: { publish: ${JSON.stringify(publish)}, subscribe: "_INBOX.>" } }`

  it('are these: with them all works, and whoever may not write is told so at once', async () => {
    const users = [user('all', ['$KV.orders.>', ...REST]), user('reader', REST)]
    const guarded = await startJetStream(`authorization { users: [${users.join(', ')}] }`)
    const open = async (name: string): Promise<NatsStore> =>
      natsStore(await connectTo(guarded, { user: name, pass: 'x' }), { bucket: 'orders', initial: 0, every: 100 })
    const store = await open('all')
    for (let i = 1; i <= 300; i++) expect(await up(store)).toBe(i)
    const hold = await store.cell('x').hold()
    hold.release()
    const reader = await open('reader')
    expect([reader.get('x'), await reader.fresh('x')]).toEqual([300, 300])
    await expect(up(reader)).rejects.toMatchObject({
      mayBeCommitted: false,
      message: expect.stringMatching(/Permissions Violation for Publish to "\$KV.orders.x"/) as string,
    })
    expect(await up(store)).toBe(301)
    await sees(reader, 301)
  })
})

describe('a watch', () => {
  it('that has died without a word is begun again', async () => {
    const bucket = newBucket()
    const [here, there] = [await machine(bucket), await machine(bucket, { every: 100 })]
    await up(here)
    await sees(there, 1)
    const manager = await jetstreamManager(await connected())
    for await (const { name } of manager.consumers.list(`KV_${bucket}`))
      await manager.consumers.delete(`KV_${bucket}`, name)
    await up(here)
    await sees(there, 2)
  })
})
