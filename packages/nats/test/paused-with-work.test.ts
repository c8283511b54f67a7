import { call, configure, definePool, inspect, pause, ready, reply, resume, spawnPool } from '@genpool/core'
import { remotePool, serve, type Service } from '@genpool/nats'
import { connection, system } from './support/orders'
import { until } from './support/until'

/** What ran, and where; a call of a held number ends when it is let. */
const ran: [string, unknown][] = []
const ends = new Map<unknown, () => void>()
beforeEach(() => {
  ran.length = 0
  ends.clear()
})

const behaviourOf = (where: string) =>
  definePool({
    calls: {
      work: ({ id }: { id: unknown }) => {
        ran.push([where, id])
        return reply(where)
      },
      hold: async ({ id }: { id: unknown }) => {
        ran.push([where, id])
        await new Promise<void>((resolve) => ends.set(id, resolve))
        return reply(where)
      },
    },
  })

const services: Service[] = []
afterEach(async () => {
  for (const end of ends.values()) end()
  await Promise.all(services.splice(0).map((service) => service.stop({ within: 1000 })))
})

const nodeOf = async (name: string, where: string, size = 3) => {
  const pool = spawnPool(system, behaviourOf(where), `${name}-${where}`, { size })
  // Its clients hear of a pause late, if they hear of it by what it says of itself.
  const service = await serve(pool, connection, { name, atMost: 1000 })
  services.push(service)
  return { pool, service }
}

const remoteOf = async (name: string, nodes: number) => {
  const remote = remotePool<ReturnType<typeof behaviourOf>>(system, connection, { name })
  await ready(remote)
  await until(() => inspect(remote).nodes.length === nodes, 'all nodes are known')
  return remote
}

const eachOnce = (ids: readonly unknown[]): void => {
  expect(ran.map(([, id]) => id).sort()).toEqual([...ids].sort())
}

describe('calls at a node that is paused', () => {
  it('go to another one if they come before their sender knows it', async () => {
    const name = 'come-late'
    const { pool, service } = await nodeOf(name, 'a')
    await nodeOf(name, 'b')
    const remote = await remoteOf(name, 2)
    const ids = Array.from({ length: 60 }, (_, i) => i)
    pause(pool)
    const answers = ids.map((id) => call(remote, { type: 'work', id }, { timeout: 20_000 }))
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['b']))
    eachOnce(ids)
    expect(service.inspect().requests.returned).toBeGreaterThan(0)
    expect(service.inspect()).toMatchObject({ inHand: 0, waiting: 0 })
  })

  it('go to one that has come since if they wait there', async () => {
    const name = 'come-since'
    const { pool, service } = await nodeOf(name, 'a', 1)
    const remote = await remoteOf(name, 1)
    const held = call(remote, { type: 'hold', id: 'x' }, { timeout: 60_000 })
    await until(() => ends.has('x'), 'the first one runs')
    const ids = Array.from({ length: 20 }, (_, i) => i)
    const answers = ids.map((id) => call(remote, { type: 'work', id }, { timeout: 60_000 }))
    await until(() => service.inspect().waiting === ids.length, 'the others wait there')
    await nodeOf(name, 'b')
    await until(() => inspect(remote).nodes.length === 2, 'the other node is known')
    pause(pool)
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['b']))
    ends.get('x')?.()
    expect(await held).toBe('a')
    eachOnce(['x', ...ids])
  })

  it('are given back when it is paused: what waits, and not what runs', async () => {
    const name = 'given-back'
    const { pool, service } = await nodeOf(name, 'a', 1)
    const b = await nodeOf(name, 'b', 1)
    const remote = await remoteOf(name, 2)
    const held = ['x', 'y'].map((id) => call(remote, { type: 'hold', id }, { timeout: 60_000 }))
    await until(() => ends.size === 2, 'both nodes are busy')
    const ids = Array.from({ length: 40 }, (_, i) => i)
    const answers = ids.map((id) => call(remote, { type: 'work', id }, { timeout: 60_000 }))
    await until(() => service.inspect().waiting > 0 && b.service.inspect().waiting > 0, 'some wait at both')
    await until(() => service.inspect().waiting + b.service.inspect().waiting === ids.length, 'all are there')
    pause(pool)
    await until(() => b.service.inspect().waiting === ids.length, 'all wait at the other one')
    expect(service.inspect()).toMatchObject({ waiting: 0, inHand: 1 })
    for (const end of ends.values()) end()
    expect((await Promise.all(held)).sort()).toEqual(['a', 'b'])
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['b']))
    eachOnce(['x', 'y', ...ids])
    expect(inspect(remote)).toMatchObject({ inFlight: 0, failed: {} })
  })

  it('stay there if all nodes are paused, and run when one goes on', async () => {
    const name = 'all-paused'
    const a = await nodeOf(name, 'a')
    const b = await nodeOf(name, 'b')
    const remote = await remoteOf(name, 2)
    pause(a.pool)
    pause(b.pool)
    const ids = Array.from({ length: 20 }, (_, i) => i)
    const answers = ids.map((id) => call(remote, { type: 'work', id }, { timeout: 60_000 }))
    await until(() => a.service.inspect().waiting + b.service.inspect().waiting === ids.length, 'all wait')
    resume(a.pool)
    resume(b.pool)
    await Promise.all(answers)
    eachOnce(ids)
  })

  it('keep the order of their key, whatever is paused and goes on meanwhile', async () => {
    const name = 'in-order'
    const a = await nodeOf(name, 'a')
    const b = await nodeOf(name, 'b')
    const remote = await remoteOf(name, 2)
    const answers: Promise<unknown>[] = []
    const keys = ['k', 'l', 'm', 'n']
    let sent = 0
    const send = (): void => {
      const number = sent++
      for (const key of keys) {
        answers.push(call(remote, { type: 'work', id: `${key} ${number}` }, { key, timeout: 60_000 }))
      }
    }
    for (let round = 0; round < 40; round++) {
      const { pool } = round % 2 === 0 ? a : b
      send()
      pause(pool)
      for (let i = 0; i < 3; i++) send()
      // Sometimes it goes on before anybody has heard of it.
      if (round % 3 !== 0) await new Promise((resolve) => setImmediate(resolve))
      configure(pool, { paused: false })
      send()
      if (round % 3 === 2) await Promise.all(answers)
    }
    await Promise.all(answers)
    for (const key of keys) {
      const its = ran.map(([, id]) => String(id)).filter((id) => id.startsWith(key))
      expect(its).toEqual(Array.from({ length: sent }, (_, number) => `${key} ${number}`))
    }
    expect(a.service.inspect().requests.returned + b.service.inspect().requests.returned).toBeGreaterThan(0)
  })
})
