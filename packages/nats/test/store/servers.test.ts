import { natsStore, type NatsStore } from '@genpool/nats'
import { jetstreamManager } from '@nats-io/jetstream'
import { connectTo, type NatsServer, startServer } from '../support/server'
import { startJetStream, startJetStreamCluster } from '../support/jetstream'
import { Proxy } from '../support/proxy'
import { server, newBucket, RECONNECTING, connected, machine, up, sees, until } from './faulty'

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
      /^"faults-alone" cannot be reached: bucket "faults-alone": replicas > 1 .*[^.]\.$/,
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

  it.each([
    ['to ask JetStream', { publish: ['$KV.orders.>'], subscribe: '_INBOX.>' }, 'Publish to "$JS.API.'],
    ['to get answers', { publish: ['>'], subscribe: 'none' }, 'Subscription to "_INBOX.'],
  ])('%s: without them a store is refused at once, with what NATS says', async (_, permissions, said) => {
    const users = `{ user: lacking, password: x, permissions: ${JSON.stringify(permissions)} }`
    const guarded = await startJetStream(`authorization { users: [${users}] }`)
    const connection = await connectTo(guarded, { user: 'lacking', pass: 'x' })
    const refused = natsStore(connection, { bucket: 'orders', initial: 0, timeout: 2000 })
    await expect(refused).rejects.toMatchObject({ code: 'ERR_GENPOOL_UNREACHABLE', mayHaveRun: false })
    await expect(refused).rejects.toThrow(`Permissions Violation for ${said}`)
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
