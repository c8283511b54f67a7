import { call, cast, definePool, noReply, onEvent, ready, reply, spawnPool } from '@genpool/core'
import { remotePool, serve, type Service } from '@genpool/nats'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { Kind, printOf, requestFrame } from '../../src/wire/frames'
import { bodiesOf, defaultCodec } from '../../src/wire/codec'
import { connectTo, endServers, type NatsServer, startServer } from '../support/server'
import { until } from '../support/until'

let release: () => void
let held: Promise<void>
const Orders = definePool({
  init: () => 0,
  calls: {
    wait: async () => {
      await held
      return reply('done')
    },
    large: ({ bytes }: { bytes: number }) => reply(new Uint8Array(bytes)),
    tell: ({ bytes }: { bytes: number }, _, ctx) => {
      ctx.progress(new Uint8Array(bytes))
      ctx.progress('small')
      return reply('told')
    },
    fail: ({ characters }: { characters: number }) => {
      throw new Error('x'.repeat(characters))
    },
  },
  casts: { note: () => noReply() },
})

let system: ActorSystemRef
let server: NatsServer
let service: Service
let spy: NatsConnection
beforeAll(async () => {
  server = await startServer()
})
beforeEach(async () => {
  held = new Promise((resolve) => (release = resolve))
  system = start()
  spy = await connectTo(server)
  service = await serve(spawnPool(system, Orders, 'here', { size: 4 }), await connectTo(server), {
    name: 'orders',
    maxBytes: 100_000,
  })
})
afterEach(async () => {
  release()
  await service.stop()
  stop(system)
})
afterAll(endServers)

/** Each has a parent of its own: names are taken. */
const remote = async (options: object = {}) =>
  remotePool<typeof Orders>(start(), await connectTo(server), { name: 'orders', timeout: 60_000, ...options })

describe('bytes that a node cannot read, with the address of a call of somebody else', () => {
  it.each(['call', 'cast'] as const)('are not the outcome of that %s', async (kind) => {
    const replies: string[] = []
    const subject = `genpool.orders.${service.id}.call`
    spy.subscribe(subject, { callback: (_, { reply: to }) => void (to !== undefined && to !== '' && replies.push(to)) })
    await spy.flush()
    const orders = await remote()
    await ready(orders)
    const dead: unknown[] = []
    const off = onEvent('genpool:dead-letter', ({ ref }) => void (ref === orders && dead.push(ref)))
    const answer = kind === 'call' ? call(orders, { type: 'wait' }) : cast(orders, { type: 'note' })
    await until(() => replies.length === 1, 'it was sent')
    spy.publish(subject, 'garbage', { reply: replies[0]! })
    spy.publish(subject, new Uint8Array(100_001), { reply: replies[0]! })
    await until(() => service.inspect().requests.bad === 2, 'the node has refused it')
    await spy.flush()
    release()
    if (kind === 'call') expect(await answer).toBe('done')
    expect(await call(orders, { type: 'wait' })).toBe('done')
    expect(dead).toEqual([])
    off()
  })

  it('are told from its own, which the node cannot read', async () => {
    const orders = await remote({ codec: { encode: () => new Uint8Array(50), decode: () => undefined } })
    const refused = { code: 'ERR_GENPOOL_INVALID', committed: false }
    await expect(call(orders, { type: 'wait' })).rejects.toMatchObject(refused)
    await expect(call(orders, { type: 'wait' }, { key: 'k' })).rejects.toMatchObject(refused)
    const large = await remote({ maxBytes: 500_000 })
    await expect(call(large, { type: 'wait', more: 'x'.repeat(200_000) } as never)).rejects.toMatchObject(refused)
  })

  it('have another print: all of them count but what changes when it is sent again', () => {
    const header = {
      budgetMs: 5,
      ageMs: 0,
      priority: undefined,
      key: 'k',
      wantsProgress: false,
      again: false,
      epoch: 3,
    }
    const body = { bodies: bodiesOf(defaultCodec), value: { a: 1 }, max: 1000 }
    const print = (changes: object, value: unknown = body.value): number =>
      printOf(requestFrame(Kind.call, { ...header, ...changes }, { ...body, value }))
    expect(print({ budgetMs: 9, ageMs: 7, again: true, epoch: 8, mayReturn: true })).toBe(print({}))
    const others = [print({ key: 'l' }), print({ priority: 1 }), print({ wantsProgress: true }), print({}, { a: 2 })]
    for (const other of others) expect(other).not.toBe(print({}))
    expect(printOf(new Uint8Array(0))).not.toBe(print({}))
  })
})

describe('"maxBytes" of a client', () => {
  it('bounds answers, whatever its node may send', async () => {
    const orders = await remote({ maxBytes: 5000 })
    expect(await call(orders, { type: 'large', bytes: 4000 })).toHaveLength(4000)
    const refused = call(orders, { type: 'large', bytes: 50_000 })
    await expect(refused).rejects.toMatchObject({ code: 'ERR_GENPOOL_INVALID', committed: 'maybe' })
    await expect(refused).rejects.toThrow(/it has 50\d\d\d bytes, and "maxBytes" is 5000 here/)
  })

  it('bounds progress: what is larger is not told, and the call goes on', async () => {
    const orders = await remote({ maxBytes: 5000 })
    const told: unknown[] = []
    const onProgress = (value: unknown): void => void told.push(value)
    expect(await call(orders, { type: 'tell', bytes: 50_000 }, { onProgress })).toBe('told')
    expect(told).toEqual(['small'])
  })

  it('does not bound the texts of errors', async () => {
    const orders = await remote({ maxBytes: 1000 })
    await expect(call(orders, { type: 'fail', characters: 3000 })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_CRASHED',
    })
  })
})

describe('progress that cannot travel', () => {
  it('is lost with one warning for each type of messages', async () => {
    const warns = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const orders = await remote()
    const told: unknown[] = []
    const onProgress = (value: unknown): void => void told.push(value)
    for (let i = 0; i < 3; i++) await call(orders, { type: 'tell', bytes: 200_000 }, { onProgress })
    expect(told).toEqual(['small', 'small', 'small'])
    expect(warns.mock.calls.map(([text]) => text)).toEqual([
      'Progress of "tell" in "orders" cannot travel, so its callers are not told.',
    ])
    expect((warns.mock.calls[0]![1] as unknown as { detail: string }).detail).toContain('larger than the 100000 bytes')
    warns.mockRestore()
  })
})
