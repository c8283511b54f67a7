import { call, cast, configure, explain, inspect, ready } from '@genpool/core'
import { remotePool } from '@genpool/nats'
import type { NatsConnection } from '@nats-io/transport-node'
import { type Ref, stop } from 'nact'
import { connectTo } from './support/server'
import { held, type Orders, server, connection, system, node, remote } from './support/orders'
import { until } from './support/until'

const thrower = (): never => {
  throw new Error('no')
}

describe('a remote pool', () => {
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
    await until(() => held.length === 1, 'it is there')
    held[0]!.open()
    await until(() => held.length === 2, 'it is there')
    held[1]!.open()
    expect(await third).toBe(3)
    await Promise.all(answers)
    expect(explain(orders).text).toContain('dropped 1')
  })

  it('sheds load there as a DroppedError here, with its reason and when to retry', async () => {
    await node('shed', { size: 1, broker: { client: { type: 'drop', max: 1 } } })
    const orders = remote('shed')
    const first = call(orders, { type: 'hold' })
    await until(() => held.length === 1, 'it is there')
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
    await expect(call(orders, { type: 'add', value: 1 }, { retry: {} } as never)).rejects.toThrow(
      '"retry" is not for remote pools',
    )
  })

  it.each(['timeout', 'signal', 'onProgress', 'idempotent'])(
    'refuses a cast with "%s", which is for calls',
    async (option) => {
      await node(`cast-${option.toLowerCase()}`)
      const orders = remote(`cast-${option.toLowerCase()}`)
      const told = (value: unknown) => cast(orders, { type: 'put', value: 1 }, { [option]: value } as never)
      const message = expect.stringContaining(`wrong: "${option}" is for calls`) as string
      expect(told(5)).toMatchObject({ ok: false, error: { code: 'ERR_GENPOOL_OPTIONS', message } })
      expect(told(undefined)).toEqual({ ok: true })
      expect(cast(orders, { type: 'put', value: 1 }, { banana: 1 } as never)).toMatchObject({
        error: { message: expect.stringContaining('there are priority and key') as string },
      })
    },
  )

  it.each(['constructor', '__proto__', 'toString'])(
    'knows no message of the type "%s", which objects inherit',
    async (type) => {
      await node(`inherited-${type.replace(/_/g, '')}`)
      const orders = remote(`inherited-${type.replace(/_/g, '')}`)
      await ready(orders)
      const unknown = { code: 'ERR_GENPOOL_INVALID', faults: [{ path: ['type'] }] }
      await expect(call(orders, { type } as never)).rejects.toMatchObject(unknown)
      expect(cast(orders, { type } as never)).toMatchObject({ ok: false, error: unknown })
    },
  )

  it('refuses wrong arguments and options with what is wrong, and makes nothing then', async () => {
    const [, service] = await node('strict')
    const make = (options: object, nc: unknown = connection) => remotePool(system, nc as never, options as never)
    expect(() => make({ name: 'a b' })).toThrow('expected a name of 1 to 64 letters, digits, - and _')
    expect(() => make({ name: 'strict', maxInflight: 5 })).toThrow('unknown key "maxInflight"')
    expect(() => make({ name: 'strict' }, {})).toThrow('expected a connection')
    const orders = remote('strict')
    expect(() => make({ name: 'strict' })).toThrow(/it is taken.*give another parent/)
    expect(() => configure(orders, { timeout: -1 })).toThrow('options of remote pool "strict" are wrong')
    expect(() => configure(orders, { name: 'other' } as never)).toThrow('fixed for the life of a remote pool')
    expect(() => service.configure({ maxBytes: 5 })).toThrow('options of service "strict" are wrong')
    expect(service.configure({ maxBytes: 2000 })).toEqual([{ path: 'maxBytes', from: 1_000_000, to: 2000 }])
    await expect(call(orders, { type: 'echo', value: 'x'.repeat(3000) })).rejects.toThrow('"maxBytes" is 2000 here')
    const changes = new (class {
      get maxBytes() {
        return 3000
      }
    })()
    expect(service.configure(changes)).toEqual([{ path: 'maxBytes', from: 2000, to: 3000 }])
    expect(configure(orders, changes)).toEqual([{ path: 'maxBytes', from: 1_000_000, to: 3000 }])
    // Not named: they stay.
    expect(service.configure({ maxBytes: undefined, rememberBytes: undefined })).toEqual([])
    expect(configure(orders, { maxBytes: undefined, timeout: undefined, clock: undefined } as never)).toEqual([])
    expect(() => service.configure({ maxbytes: undefined } as never)).toThrow('unknown key "maxbytes"')
    expect(() => configure(orders, { maxbytes: undefined } as never)).toThrow('unknown key "maxbytes"')
    service.configure({ maxBytes: 2000 })
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
})
