import {
  call,
  definePool,
  explain,
  inspect,
  pause,
  type PoolOptions,
  ready,
  reply,
  resume,
  spawnPool,
} from '@genpool/core'
import { remotePool, serve, type Service } from '@genpool/nats'
import { connection, system } from './support/orders'
import { until } from './support/until'

/** Members start when they are let, and handlers say where they run. */
const behaviourOf = (where: string, started?: Promise<void>) =>
  definePool({
    init: () => started?.then(() => ({})) ?? {},
    calls: {
      where: () => reply(where),
      backOff: ({ ms }: { ms: number }, _state, ctx) => {
        ctx.backOff(ms)
        return reply(where)
      },
    },
  })

const services: Service[] = []
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.stop({ within: 0 })))
})

const nodeOf = async (name: string, where: string, started?: Promise<void>, options: PoolOptions = {}) => {
  const pool = spawnPool(system, behaviourOf(where, started), `${name}-${where}`, { size: 3, ...options })
  const service = await serve(pool, connection, { name })
  services.push(service)
  return { pool, id: service.id }
}

const remoteOf = async (name: string) => {
  const remote = remotePool<ReturnType<typeof behaviourOf>>(system, connection, { name })
  await ready(remote)
  return remote
}

/** Where so many calls ran, without a key and with one. */
const whereOf = async (remote: Awaited<ReturnType<typeof remoteOf>>, calls = 40): Promise<Set<unknown>> => {
  const all = Array.from({ length: calls }, (_, key) => [
    call(remote, { type: 'where' }),
    call(remote, { type: 'where' }, { key }),
  ])
  return new Set(await Promise.all(all.flat()))
}

describe('a node that begins nothing', () => {
  it('gets no calls while its members start, and gets them then', async () => {
    const name = 'slow-init'
    let begin = (): void => undefined
    const started = new Promise<void>((resolve) => (begin = resolve))
    await nodeOf(name, 'old')
    const late = await nodeOf(name, 'new', started)
    const remote = await remoteOf(name)
    await until(() => inspect(remote).nodes.length === 2, 'both are known')
    expect(inspect(remote).nodes.find(({ id }) => id === late.id)).toMatchObject({
      halted: 'starting',
      size: 0,
      idle: 0,
    })
    expect(explain(remote)).toMatchObject({ calm: false, findings: [{ finding: 'starting' }] })
    expect(await whereOf(remote)).toEqual(new Set(['old']))
    begin()
    await until(() => inspect(remote).nodes.every(({ halted }) => halted === null), 'it says that it begins work')
    expect(await whereOf(remote)).toEqual(new Set(['old', 'new']))
  })

  it('gets no calls while it is paused, keyed ones neither', async () => {
    const name = 'paused'
    const { pool } = await nodeOf(name, 'a')
    await nodeOf(name, 'b')
    const remote = await remoteOf(name)
    await until(() => inspect(remote).nodes.length === 2, 'both are known')
    expect(await whereOf(remote)).toEqual(new Set(['a', 'b']))
    pause(pool)
    await until(() => inspect(remote).nodes.some(({ halted }) => halted === 'paused'), 'it says that it is paused')
    expect(await whereOf(remote)).toEqual(new Set(['b']))
    expect(explain(remote).findings.map(({ finding }) => finding)).toContain('paused')
    resume(pool)
    await until(() => inspect(remote).nodes.every(({ halted }) => halted === null), 'it says that it begins work')
    expect(await whereOf(remote)).toEqual(new Set(['a', 'b']))
  })

  it('has the calls if it is the only one, and they wait', async () => {
    const name = 'alone'
    let begin = (): void => undefined
    await nodeOf(name, 'only', new Promise<void>((resolve) => (begin = resolve)))
    const remote = await remoteOf(name)
    const answers = whereOf(remote)
    await until(() => inspect(remote).nodes[0]?.waiting === 80, 'all wait there')
    begin()
    expect(await answers).toEqual(new Set(['only']))
  })

  it('is none whose elastic pool has no members yet: the first call starts one', async () => {
    const name = 'elastic'
    await nodeOf(name, 'a', undefined, { size: { min: 0, max: 3 } })
    await nodeOf(name, 'b', undefined, { size: { min: 0, max: 3 } })
    const remote = await remoteOf(name)
    await until(() => inspect(remote).nodes.length === 2, 'both are known')
    expect(inspect(remote).nodes.map(({ halted }) => halted)).toEqual([null, null])
    expect(await whereOf(remote)).toEqual(new Set(['a', 'b']))
  })

  it('takes the place of one that stops without a call lost, however long its members take to start', async () => {
    const name = 'rolling'
    let begin = (): void => undefined
    await nodeOf(name, 'first')
    await nodeOf(name, 'second')
    const remote = await remoteOf(name)
    await until(() => inspect(remote).nodes.length === 2, 'both are known')
    await nodeOf(name, 'third', new Promise<void>((resolve) => (begin = resolve)))
    await services[0]?.stop({ within: 5000 })
    expect(await whereOf(remote)).toEqual(new Set(['second']))
    begin()
    await until(() => inspect(remote).nodes.every(({ halted }) => halted === null), 'the third one begins work')
    await services[1]?.stop({ within: 5000 })
    expect(await whereOf(remote)).toEqual(new Set(['third']))
  })

  it('gets no calls beyond its rate while another node can begin them', async () => {
    const name = 'at-its-rate'
    const rated = await nodeOf(name, 'rated', undefined, { rate: { limit: 5, interval: 600_000 } })
    await nodeOf(name, 'free')
    const remote = await remoteOf(name)
    await until(() => inspect(remote).nodes.length === 2, 'both are known')
    const places: unknown[] = []
    for (let i = 0; i < 60; i++) places.push(await call(remote, { type: 'where' }, { timeout: 20_000 }))
    expect(places.filter((place) => place === 'rated')).toHaveLength(5)
    const seen = () => inspect(remote).nodes.find(({ id }) => id === rated.id)
    expect(seen()?.beginsInMs).toBeGreaterThan(60_000)
    expect(seen()).toMatchObject({ halted: null, waiting: 0 })
    // Another client knows it from what the node says.
    const parent = spawnPool(system, behaviourOf('nowhere'), 'another-parent')
    const other = remotePool<ReturnType<typeof behaviourOf>>(parent, connection, { name })
    await until(() => inspect(other).nodes.length === 2, 'the other client knows both')
    await until(() => inspect(other).nodes.some(({ beginsInMs }) => beginsInMs > 0), 'it knows of the rate')
    const calls = Array.from({ length: 20 }, () => call(other, { type: 'where' }, { timeout: 20_000 }))
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['free']))
  })

  it('gets no calls while all of its pool backs off', async () => {
    const name = 'backs-off'
    await nodeOf(name, 'a')
    const remote = await remoteOf(name)
    expect(await call(remote, { type: 'backOff', ms: 600_000 })).toBe('a')
    await nodeOf(name, 'b')
    await until(() => inspect(remote).nodes.some(({ beginsInMs }) => beginsInMs > 0), 'it says that it backs off')
    await until(() => inspect(remote).nodes.length === 2, 'both are known')
    const calls = Array.from({ length: 20 }, () => call(remote, { type: 'where' }, { timeout: 20_000 }))
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['b']))
  })

  it('is told of when its rate holds requests back', async () => {
    const name = 'rated'
    await nodeOf(name, 'a', undefined, { rate: { limit: 1, interval: 60_000 } })
    const remote = await remoteOf(name)
    const calls = Promise.allSettled(
      Array.from({ length: 5 }, () => call(remote, { type: 'where' }, { timeout: 60_000 })),
    )
    await until(() => explain(remote).findings.some(({ finding }) => finding === 'limits'), 'the rate is named')
    expect(explain(remote).findings.find(({ finding }) => finding === 'limits')?.says).toContain('for the rate of work')
    expect(inspect(remote).nodes[0]?.heldBack).toContain('for the rate of work')
    for (const service of services.splice(0)) await service.stop({ within: 0 })
    void calls
  })
})
