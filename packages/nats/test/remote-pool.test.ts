import {
  call,
  cast,
  configure,
  definePool,
  explain,
  inspect,
  isGenPoolError,
  map,
  noReply,
  type PoolOptions,
  type PoolRef,
  ready,
  reply,
  spawnPool,
} from '@genpool/core'
import { remotePool, type RemotePoolOptions, serve, type Service, type ServeOptions } from '@genpool/nats'
import type { NatsConnection } from '@nats-io/transport-node'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ActorSystemRef, dispatch, query, type Ref, spawn, start, stop } from 'nact'
import { VERSION } from '../src/version'
import { limitsOf } from './support/limits'
import { connectTo, endServers, type NatsServer, startServer } from './support/server'

interface Gate {
  readonly done: Promise<void>
  open(): void
}
const gate = (): Gate => {
  let open = (): void => undefined
  const done = new Promise<void>((resolve) => (open = resolve))
  return { done, open }
}

let held: Gate[] = []
let aborted: unknown[] = []
const Orders = definePool({
  init: () => ({ sum: 0 }),
  calls: {
    add: ({ value }: { value: number }, state) => reply(state.sum + value, { sum: state.sum + value }),
    echo: ({ value }: { value: unknown }) => reply(value),
    fail: ({ message }: { message: string }) => {
      throw new TypeError(message, { cause: Object.assign(new Error('inner'), { code: 'ENO' }) })
    },
    hold: async (_: object, _state, ctx) => {
      const mine = gate()
      held.push(mine)
      ctx.signal.addEventListener('abort', () => aborted.push(ctx.signal.reason))
      await mine.done
      return reply(ctx.remainingMs)
    },
    steps: (_: object, _state, ctx) => {
      for (const step of [1, 2, 3]) ctx.progress({ step })
      return reply('done')
    },
  },
  casts: { put: ({ value }: { value: number }, state) => noReply({ sum: state.sum + value }) },
})

let server: NatsServer
let connection: NatsConnection
let system: ActorSystemRef
const services: Service[] = []

beforeAll(async () => {
  server = await startServer()
})
beforeEach(async () => {
  held = []
  aborted = []
  system = start()
  connection = await connectTo(server)
})
afterEach(async () => {
  for (const one of held) one.open()
  await Promise.all(services.splice(0).map((service) => service.stop({ within: 1000 })))
  stop(system)
})
afterAll(endServers)

/** A node: a pool of its own on a connection of its own. */
async function node(
  name: string,
  options: PoolOptions = {},
  more: Partial<ServeOptions> = {},
): Promise<[PoolRef, Service]> {
  const pool = spawnPool(system, Orders, `local-${name}-${services.length}`, options)
  const service = await serve(pool as PoolRef, await connectTo(server), { name, ...more })
  services.push(service)
  return [pool as PoolRef, service]
}
const remote = (name: string, options: Partial<RemotePoolOptions> = {}) =>
  remotePool<typeof Orders>(system, connection, { name, ...options })
/** nact's dispatch, whose third argument its types leave out. */
const dispatchFrom = dispatch as (to: unknown, message: unknown, from: unknown) => void
const thrower = (): never => {
  throw new Error('no')
}
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

describe('a remote pool', () => {
  it('answers call, cast, query, dispatch and map like a pool of this process', async () => {
    await node('basic', { size: 4 })
    const orders = remote('basic')
    expect(await call(orders, { type: 'add', value: 5 })).toBe(5)
    expect(cast(orders, { type: 'put', value: 10 })).toEqual({ ok: true })
    expect(await query(orders, { type: 'add', value: 1 }, 1000)).toBe(16)
    dispatch(orders, { type: 'put', value: 4 })
    expect(await call(orders, { type: 'add', value: 0 }, { timeout: 1000 })).toBe(20)
    expect(
      await map(
        orders,
        [1, 2, 3].map((value) => ({ type: 'echo' as const, value })),
      ).toArray(),
    ).toEqual([1, 2, 3])
    // @ts-expect-error a wrong message does not compile
    await expect(call(orders, { type: 'wrong' })).rejects.toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
  })

  it('sends the answer of a dispatched call to its sender', async () => {
    await node('sender')
    const orders = remote('sender')
    const got = new Promise((resolve) => {
      const asker = spawn(system, (_: unknown, message: unknown, ctx) => {
        if (message === 'go') dispatchFrom(orders, { type: 'add', value: 7 }, ctx.self)
        else resolve(message)
        return null
      })
      dispatch(asker, 'go' as never)
    })
    expect(await got).toBe(7)
  })

  it('carries what structured clone carries, both ways', async () => {
    await node('clone')
    const value = {
      at: new Date(5),
      set: new Set([1n]),
      map: new Map([['a', undefined]]),
      bytes: new Uint8Array([1, 2]),
    }
    expect(await call(remote('clone'), { type: 'echo', value })).toStrictEqual(value)
  })

  it('makes the error of a node again: class, code, fields, and its causes as information', async () => {
    const [, service] = await node('errors')
    const orders = remote('errors')
    const error: unknown = await call(orders, { type: 'fail', message: 'no stock' }).catch((e: unknown) => e)
    if (!isGenPoolError(error, 'ERR_GENPOOL_CRASHED')) throw new Error('it is another error')
    expect(error).toMatchObject({ type: 'fail', node: service.id, name: 'CrashedError' })
    expect(error.cause).toMatchObject({ name: 'TypeError', message: 'no stock' })
    expect((error.cause as Error).cause).toMatchObject({ message: 'inner', code: 'ENO' })
  })

  it('tells progress while a call runs', async () => {
    await node('progress')
    const told: unknown[] = []
    const orders = remote('progress')
    expect(await call(orders, { type: 'steps' }, { onProgress: (value) => told.push(value) })).toBe('done')
    expect(told).toEqual([{ step: 1 }, { step: 2 }, { step: 3 }])
  })

  it('gives up at its deadline, and the handler sees it; the budget travels with the request', async () => {
    await node('deadline', { size: 2 })
    const orders = remote('deadline')
    const error: unknown = await call(orders, { type: 'hold' }, { timeout: 1000 }).catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_EXPIRED', started: true })
    await until(() => aborted.length === 1)
    const answer = call(orders, { type: 'hold' }, { timeout: 60_000 })
    await until(() => held.length === 2)
    held[1]!.open()
    expect(await answer).toBeGreaterThan(30_000)
    expect(await answer).toBeLessThanOrEqual(60_000)
  })

  it('aborts the handler when its caller aborts', async () => {
    await node('abort')
    const orders = remote('abort')
    const controller = new AbortController()
    const answer = call(orders, { type: 'hold' }, { signal: controller.signal })
    await until(() => held.length === 1)
    controller.abort('enough')
    await expect(answer).rejects.toMatchObject({ code: 'ERR_GENPOOL_CANCELLED', cause: 'enough' })
    await until(() => aborted.length === 1)
    await expect(call(orders, { type: 'echo', value: 1 }, { signal: controller.signal })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_CANCELLED',
      started: false,
    })
  })

  it('passes priorities and keys on', async () => {
    await node('priority', { size: 1, broker: { client: { type: 'drop', max: 2 } } })
    const orders = remote('priority')
    const first = call(orders, { type: 'hold' })
    await until(() => held.length === 1)
    const low = call(orders, { type: 'echo', value: 'low' }, { priority: 1 }).catch((e: unknown) => e)
    const middle = call(orders, { type: 'echo', value: 'middle' }, { priority: 2, key: 'k' })
    const high = call(orders, { type: 'echo', value: 'high' }, { priority: 3, key: { tenant: 1 } })
    expect(await low).toMatchObject({ code: 'ERR_GENPOOL_DROPPED' })
    held[0]!.open()
    expect(await Promise.all([middle, high])).toEqual(['middle', 'high'])
    await first
  })

  it('says at once that nobody serves it', async () => {
    const orders = remote('nobody')
    await expect(call(orders, { type: 'add', value: 1 })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_UNREACHABLE',
      mayHaveRun: false,
      message: expect.stringContaining('nobody serves "nobody" on NATS') as string,
    })
    expect(explain(orders)).toMatchObject({ calm: false, findings: [{ finding: 'unreachable' }] })
  })

  it('protects itself with a bound of requests in flight', async () => {
    await node('bound', { size: 1 })
    const orders = remote('bound', { maxInFlight: 2 })
    const answers = [call(orders, { type: 'hold' }), call(orders, { type: 'hold' })]
    await expect(call(orders, { type: 'echo', value: 1 })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_DROPPED',
      reason: 'max',
      queueLength: 2,
    })
    expect(configure(orders, { maxInFlight: 3 })).toEqual([{ path: 'maxInFlight', from: 2, to: 3 }])
    const third = call(orders, { type: 'echo', value: 3 })
    await until(() => held.length === 1)
    held[0]!.open()
    await until(() => held.length === 2)
    held[1]!.open()
    expect(await third).toBe(3)
    await Promise.all(answers)
    expect(explain(orders).text).toContain('dropped 1')
  })

  it('sheds load there as a DroppedError here, with its reason and when to retry', async () => {
    await node('shed', { size: 1, broker: { client: { type: 'drop', max: 1 } } })
    const orders = remote('shed')
    const first = call(orders, { type: 'hold' })
    await until(() => held.length === 1)
    const second = call(orders, { type: 'echo', value: 2 })
    await expect(call(orders, { type: 'echo', value: 3 })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_DROPPED',
      reason: 'max',
      name: 'DroppedError',
    })
    held[0]!.open()
    expect(await second).toBe(2)
    await first
  })

  it('refuses what is too large or cannot travel, and says so', async () => {
    await node('large', {}, { maxBytes: 100_000 })
    const orders = remote('large', { maxBytes: 10_000 })
    await expect(call(orders, { type: 'echo', value: 'x'.repeat(20_000) })).rejects.toThrow(
      'it is larger than the 10000 bytes that may be sent',
    )
    await expect(call(orders, { type: 'echo', value: () => 1 })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_INVALID',
      faults: [{ path: ['value'], message: 'a function cannot travel' }],
    })
    configure(orders, { maxBytes: 900_000 })
    await expect(call(orders, { type: 'echo', value: 'x'.repeat(200_000) })).rejects.toThrow(
      '"maxBytes" is 100000 here',
    )
    await expect(call(orders, { type: 'add', value: 1 }, { timout: 5 } as never)).rejects.toThrow(
      'did you mean "timeout"?',
    )
    await expect(call(orders, { type: 'add', value: 1 }, { retry: {} })).rejects.toThrow(
      '"retry" is not for remote pools',
    )
  })

  it('shows its nodes, what they say of themselves, and what this client has there', async () => {
    const [, one] = await node('look', { size: 3 })
    const [, two] = await node('look', { size: 5 })
    const orders = remote('look')
    await ready(orders)
    await until(() => inspect(orders).nodes.length === 2)
    await Promise.all(Array.from({ length: 50 }, (_, value) => call(orders, { type: 'echo', value })))
    const seen = inspect(orders)
    expect(seen).toMatchObject({ name: 'look', connected: true, inFlight: 0, calls: 50, answered: 50, failed: {} })
    expect(new Set(seen.nodes.map(({ id }) => id))).toEqual(new Set([one.id, two.id]))
    expect(seen.nodes.map(({ size }) => size).sort()).toEqual([3, 5])
    expect(seen.nodes.reduce((sum, { answered }) => sum + answered, 0)).toBe(50)
    expect(Math.min(...seen.nodes.map(({ answered }) => answered))).toBeGreaterThan(0)
    // Nodes say a little later that all is done.
    await until(() => limitsOf(orders).length === 0)
    expect(one.inspect()).toMatchObject({ id: one.id, size: 3, requests: { bad: 0 } })
  })

  it('shows for each node how long its answers, their way and its handlers took, as percentiles', async () => {
    const [, service] = await node('times', { size: 2 })
    const orders = remote('times')
    const answers = Array.from({ length: 20 }, (_, value) => call(orders, { type: 'echo', value }))
    const slow = call(orders, { type: 'hold' })
    await Promise.all(answers)
    await until(() => held.length === 1)
    const openedAt = performance.now()
    // Longer than any way has taken, on a slow machine, too.
    await until(() => performance.now() - openedAt > 100 + inspect(orders).nodes[0]!.roundTrip.max)
    held[0]!.open()
    await slow
    const { nodes, answer } = inspect(orders)
    expect(answer).toMatchObject({ count: 21 })
    expect(answer.max).toBeGreaterThan(100)
    expect(nodes[0]!.answer).toMatchObject({ count: 21 })
    expect(nodes[0]!.answer.max).toBeGreaterThan(100)
    // The time at the node is no part of its way; the question that found the node is one more.
    expect(nodes[0]!.roundTrip.count).toBeGreaterThanOrEqual(21)
    expect(nodes[0]!.roundTrip.max).toBeLessThan(nodes[0]!.answer.max)
    expect(service.inspect()).toMatchObject({ answer: { count: 21 } })
    expect(service.inspect().answer.max).toBeGreaterThan(100)
    await until(() => inspect(orders).nodes[0]!.runP99Ms > 100)
  })

  it('refuses wrong arguments and options with what is wrong, and makes nothing then', async () => {
    const [, service] = await node('strict')
    const make = (options: object, nc: unknown = connection) => remotePool(system, nc as never, options as never)
    expect(() => make({ name: 'a b' })).toThrow('expected a name of 1 to 64 letters, digits, - and _')
    expect(() => make({ name: 'strict', maxInflight: 5 })).toThrow('unknown key "maxInflight"')
    expect(() => make({ name: 'strict' }, {})).toThrow('expected a connection')
    const orders = remote('strict')
    expect(() => make({ name: 'strict' })).toThrow('it is taken')
    expect(() => configure(orders, { timeout: -1 })).toThrow('options of remote pool "strict" are wrong')
    expect(() => configure(orders, { name: 'other' } as never)).toThrow('fixed for the life of a remote pool')
    expect(() => service.configure({ maxBytes: 5 })).toThrow('options of service "strict" are wrong')
    expect(service.configure({ maxBytes: 2000 })).toEqual([{ path: 'maxBytes', from: 1_000_000, to: 2000 }])
    await expect(call(orders, { type: 'echo', value: 'x'.repeat(3000) })).rejects.toThrow('"maxBytes" is 2000 here')
    expect(await call(orders, { type: 'echo', value: 1 })).toBe(1)
  })

  it.each([
    ['stops', 'ERR_GENPOOL_STOPPED', (pool: Ref<never>) => stop(pool)],
    ['loses its connection for good', 'ERR_GENPOOL_UNREACHABLE', (_: Ref<never>, nc: NatsConnection) => nc.close()],
  ])('tells who waits until it is ready when it %s, and counts the casts that waited', async (_, code, end) => {
    const nc = await connectTo(server)
    const orders = remotePool<typeof Orders>(system, nc, { name: 'not-there' })
    const outcome = ready(orders).then(
      () => 'ready',
      (error: unknown) => error,
    )
    cast(orders, { type: 'put', value: 1 })
    await end(orders, nc)
    expect(await outcome).toMatchObject({ code })
    await expect(ready(orders)).rejects.toMatchObject({ code })
    expect(inspect(orders).lostCasts).toBe(1)
  })

  it.each<[string, unknown]>([
    ['null', null],
    ['a proxy that throws', new Proxy({}, { get: thrower, ownKeys: thrower, getPrototypeOf: thrower })],
    [
      'an option that throws',
      {
        get signal(): never {
          return thrower()
        },
      },
    ],
    ['a signal of null', { signal: null }],
    ['a signal without removeEventListener', { signal: { aborted: false, addEventListener: () => undefined } }],
  ])('rejects options that are %s, and has nothing in flight then', async (_, options) => {
    await node('options')
    const orders = remote('options')
    const answer = call(orders, { type: 'echo', value: 1 }, options as never)
    await expect(answer).rejects.toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
    expect(inspect(orders).inFlight).toBe(0)
  })

  it('has the version of its package', () => {
    const file = join(__dirname, '../package.json')
    expect(VERSION).toBe((JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version)
  })

  it('leaves within its time, too, while its server is gone and a call runs', async () => {
    const own = await startServer()
    const nc = await connectTo(own, { maxReconnectAttempts: -1, reconnectTimeWait: 50 })
    const pool = spawnPool(system, Orders, 'local-leaves', { size: 1 })
    const service = await serve(pool, nc, { name: 'leaves' })
    const orders = remotePool<typeof Orders>(system, nc, { name: 'leaves' })
    const answer = call(orders, { type: 'hold' }).catch((error: unknown) => error)
    await until(() => held.length === 1)
    await own.kill()
    await until(() => !inspect(orders).connected)
    await service.stop({ within: 400 })
    // It has not waited for the call.
    expect(inspect(pool).members.busy).toBe(1)
    stop(orders)
    expect(await answer).toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
  })

  it('ends with its address, and so do its subscriptions', async () => {
    await node('ends', { size: 1 })
    const orders = remote('ends')
    const answer = call(orders, { type: 'hold' })
    await until(() => held.length === 1)
    stop(orders)
    await expect(answer).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED', started: true })
    await expect(call(orders, { type: 'echo', value: 1 })).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
    await until(() => aborted.length === 1)
    const { protocol } = connection as unknown as { protocol: { subscriptions: { subs: Map<number, unknown> } } }
    expect(protocol.subscriptions.subs.size).toBe(0)
  })
})
