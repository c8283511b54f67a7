import { call, definePool, explain, getState, onEvent, ready, reply, spawnPool } from '@genpool/core'
import { natsStore } from '@genpool/nats'
import { type ActorSystemRef, start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

let server: NatsServer
let system: ActorSystemRef
let made = 0
beforeAll(async () => {
  server = await startJetStream()
})
beforeEach(() => (system = start()))
afterEach(() => stop(system))
afterAll(endJetStream)

type Old = { sum: number }
type New = { total: number; v: 2 }
const V1 = definePool({ init: (): Old => ({ sum: 0 }), calls: { read: (_: object, state) => reply(state) } })
const V2 = definePool({
  init: (): New => ({ total: 0, v: 2 }),
  calls: { set: (_: object, state) => reply(state, { total: 1, v: 2 as const }) },
})
const takesOld = (state: unknown): boolean => typeof (state as Partial<Old>).sum === 'number'

describe('a pool whose store has a state of another shape', () => {
  it.each(['pool', 'store'])('does not start: the "validate" of the %s refuses it', async (where) => {
    const bucket = `shapes-${made++}`
    const store = async (validate?: (state: never) => boolean) =>
      natsStore(await connectTo(server), { bucket, ...(validate && { validate }) })
    const after = spawnPool(system, V2, 'after', { state: { type: 'shared', store: await store(), key: 'k' } })
    await call(after, { type: 'set' })
    const own = await store(where === 'store' ? takesOld : undefined)
    const before = spawnPool(system, V1, 'before', {
      state: { type: 'shared', store: own, key: 'k', ...(where === 'pool' && { validate: takesOld }) },
      restart: { attempts: 3, backoff: { min: 20, max: 20 } },
    } as never)
    const failures: unknown[] = []
    const off = onEvent('genpool:init:fail', ({ error }) => failures.push(error), { pool: before })
    const read = call(before, { type: 'read' }).catch((error: unknown) => error)
    await until(() => failures.length > 0, 'the start has failed', 10_000)
    expect(explain(before).text).toMatch(
      /failed.*value that store "shapes-\d" has of cell "k" was refused; it stays as it is.*the validator refused/s,
    )
    await expect(ready(before)).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
    await expect(ready(before)).rejects.toThrow(/has of cell "k" was refused/)
    expect(await read).toMatchObject({ code: 'ERR_GENPOOL_STOPPED', started: false })
    for (const error of failures) expect(error).toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    expect(getState(after)).toEqual({ total: 1, v: 2 })
    off()
  })

  it('starts by itself when the value is one again that it takes', async () => {
    const bucket = `shapes-${made++}`
    const store = await natsStore(await connectTo(server), { bucket })
    await store.put('k', { total: 1 })
    const own = await natsStore(await connectTo(server), { bucket })
    const state = { type: 'shared', store: own, key: 'k', validate: takesOld } as const
    const pool = spawnPool(system, V1, 'late', { state })
    await until(() => explain(pool).text.includes('was refused'), 'the start has failed', 10_000)
    await store.put('k', { sum: 7 })
    await ready(pool)
    expect(await call(pool, { type: 'read' })).toEqual({ sum: 7 })
  })
})
