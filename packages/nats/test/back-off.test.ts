import {
  call,
  definePool,
  explain,
  inspect,
  type PoolOptions,
  type PoolRef,
  ready,
  reply,
  spawnPool,
} from '@genpool/core'
import { remotePool, serve, type Service } from '@genpool/nats'
import { type ActorSystemRef, start, stop } from 'nact'
import { connectTo, endServers, type NatsServer, startServer } from './support/server'
import { until } from './support/until'

interface Busy {
  readonly tenant: string
  readonly key?: unknown
  readonly again: boolean
  readonly way?: 'throw' | 'late'
}

const runs: string[] = []
const Api = definePool({
  init: () => ({ refusals: 1, done: 0 }),
  calls: {
    get: async ({ tenant, again, way, ...more }: Busy, state, ctx) => {
      if (way === 'late') await Promise.resolve()
      runs.push(`${tenant} ${ctx.attempt}`)
      if (state.refusals === 0) return reply(`page of ${tenant}`, (draft) => void draft.done++)
      const of = 'key' in more ? { key: more.key } : {}
      if (way === 'throw') throw ctx.backOff(200, { ...of, again: true })
      if (again && ctx.attempt === 1) return ctx.backOff(200, { ...of, again: true })
      if (ctx.attempt === 1) ctx.backOff(200, of)
      return reply(`page of ${tenant}`, (draft) => void draft.done++)
    },
    well: () => reply('well', (draft) => void (draft.refusals = 0)),
    where: (_msg: object, state) => reply(state),
    far: (_msg: object, _state, ctx) => ctx.backOff(60_000, { again: true }),
    wrong: (_msg: object, _state, ctx) => ctx.backOff(Infinity, { again: true }),
    tooLate: (_msg: object, _state, ctx) => reply(() => ctx.backOff(1, { again: true }) as unknown),
  },
})

let server: NatsServer
let system: ActorSystemRef
let service: Service
beforeAll(async () => {
  server = await startServer()
})
beforeEach(() => {
  runs.length = 0
  system = start()
})
afterEach(async () => {
  await service.stop({ within: 1000 })
  stop(system)
})
afterAll(endServers)

/** A pool on one connection, and its address on another. */
async function open(name: string, options: object = {}) {
  const local = spawnPool(system, Api, `local-${name}`, { size: 2, state: 'shared', ...options } as PoolOptions)
  service = await serve(local as PoolRef, await connectTo(server), { name })
  const api = remotePool<typeof Api>(system, await connectTo(server), { name })
  await ready(api)
  return { local, api }
}

describe('ctx.backOff of a handler on a node', () => {
  it.each(['throw', 'late', undefined] as const)(
    'has the message run again there after the wait, and its caller on another client gets the answer of that run: %s',
    async (way) => {
      const { local, api } = await open(`again-${String(way)}`)
      const message = { type: 'get' as const, tenant: 'a', again: true, ...(way && { way }) }
      const asked = call(api, message, { timeout: 20_000 })
      await until(() => runs.length !== 0, 'it runs')
      if (way === 'throw') await call(local, { type: 'well' }, { priority: 1, timeout: 20_000 })
      expect(await asked).toBe('page of a')
      expect(runs).toEqual(['a 1', 'a 2'])
      expect(await call(api, { type: 'where' })).toMatchObject({ done: 1 })
      expect(inspect(local)).toMatchObject({ restarts: 0, outcomes: { crashed: 0 } })
    },
  )

  it('holds a key back, and no other: the node says so, and its explanation at the client, too', async () => {
    const { local, api } = await open('keys', { limits: { by: 'tenant', concurrency: 8 } })
    const started = performance.now()
    expect(await call(api, { type: 'get', tenant: 'a', again: false, key: 'b' })).toBe('page of a')
    const held = call(api, { type: 'get', tenant: 'b', again: false, key: 'c' }, { timeout: 20_000 })
    expect(await call(api, { type: 'get', tenant: 'a', again: false, key: 'c' })).toBe('page of a')
    expect(inspect(local)).toMatchObject({ backOff: { all: false, waiting: 1 } })
    expect(explain(local).findings.map(({ finding }) => finding)).toContain('back-off')
    expect(runs).toEqual(['a 1', 'a 1'])
    expect(await held).toBe('page of b')
    expect(performance.now() - started).toBeGreaterThan(190)
  })

  it('ends with the deadline of the caller, who learns what it waited for', async () => {
    const { api } = await open('far')
    await expect(call(api, { type: 'far' }, { timeout: 150 })).rejects.toMatchObject({ code: 'ERR_GENPOOL_EXPIRED' })
  })

  it.each([
    ['wrong', 'expected finite milliseconds >= 0, got Infinity'],
    ['tooLate', 'return it from the handler, or throw it'],
  ] as const)('that is %s is an error of the handler, and the caller reads why', async (type, says) => {
    const { api } = await open(type)
    await expect(call(api, { type })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_CRASHED',
      message: expect.stringContaining(says) as string,
    })
  })
})
