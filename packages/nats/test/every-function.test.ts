import * as core from '@genpool/core'
import { instrument } from '@genpool/core/opentelemetry'
import { remotePool, serve, type Service } from '@genpool/nats'
import { type ActorSystemRef, dispatch, query, type Ref, start, stop } from 'nact'
import { Readable } from 'node:stream'
import { connectTo, endServers, type NatsServer, startServer } from './support/server'
import { until } from './support/until'

const Orders = core.definePool({
  init: () => ({ sum: 0 }),
  calls: { add: ({ value }: { value: number }, { sum }) => core.reply(sum + value, { sum: sum + value }) },
  casts: { put: ({ value }: { value: number }, { sum }) => core.noReply({ sum: sum + value }) },
})
const add = { type: 'add', value: 1 } as const
const put = { type: 'put', value: 1 } as const

let server: NatsServer
let system: ActorSystemRef
/** In an actor system of its own, where its name is free. */
let service: Service
const remote = async () => remotePool<typeof Orders>(start(), await connectTo(server), { name: 'all' })
type Orders = Awaited<ReturnType<typeof remote>>
beforeAll(async () => {
  server = await startServer()
  system = start()
  const pool = core.spawnPool(system, Orders, 'local', { size: 2 })
  service = await serve(pool, await connectTo(server), { name: 'all' })
})
const stopping: Ref<never>[] = []
const stopLater = (one: Ref<never>): void => void stopping.push(one)
afterEach(() => {
  for (const one of stopping.splice(0)) stop(one)
})
afterAll(async () => {
  await service.stop()
  await endServers()
})

const WORKS: Readonly<Record<string, (pool: Orders) => unknown>> = {
  call: (pool) => core.call(pool, add),
  cast: (pool) => expect(core.cast(pool, put)).toEqual({ ok: true }),
  configure: (pool) => expect(core.configure(pool, { timeout: 70 })).toMatchObject([{ path: 'timeout', to: 70 }]),
  drain: (pool) => core.drain(pool),
  explain: (pool) => expect(core.explain(pool).findings).toHaveLength(1),
  getOptions: (pool) => expect(core.getOptions(pool)).toMatchObject({ timeout: 5000, maxInFlight: 10_000 }),
  idle: (pool) => core.idle(pool),
  inspect: (pool) => expect(core.inspect(pool)).toMatchObject({ name: 'all', phase: 'running' }),
  map: async (pool) => expect(await core.map(pool, [add, add]).toArray()).toHaveLength(2),
  previewChanges: (pool) =>
    expect(core.previewChanges(pool, { timeout: 70 })).toMatchObject([{ path: 'timeout', to: 70 }]),
  mapStream: async (pool) =>
    expect(await Readable.from([add, add]).compose(core.mapStream(pool)).toArray()).toHaveLength(2),
  ready: (pool) => core.ready(pool),
  when: (pool) => core.when(pool, { waitingBelow: 1, runningBelow: 1 }),
  'instrument of @genpool/core/opentelemetry': (pool) => instrument(pool)(),
  "nact's query": (pool) => query(pool, add, 1000),
  "nact's dispatch": (pool) => dispatch(pool, put),
}
const REFUSES: Readonly<Record<string, (pool: never) => unknown>> = {
  broadcast: (pool) => core.broadcast(pool, 1),
  getMembers: (pool) => core.getMembers(pool),
  getState: (pool) => core.getState(pool),
  getWaiting: (pool) => core.getWaiting(pool),
  load: (pool) => core.load(pool),
  onEvent: (pool) => core.onEvent('genpool:pool:stop', () => undefined, { pool }),
  pause: (pool) => core.pause(pool),
  relearn: (pool) => core.relearn(pool),
  resize: (pool) => core.resize(pool, 3),
  resume: (pool) => core.resume(pool),
  watchDeadLetters: (pool) => core.watchDeadLetters(pool, () => undefined),
}
/** Public functions that take no pool, or are about its making. */
const OTHERS = [
  'definePool',
  'defineTask',
  'spawnPool',
  'withWorkers',
  'isGenPoolError',
  'refuse',
  'httpStatus',
  'initThen',
  'ignore',
].concat(['current', 'halt', 'noReply', 'reply', 'immerable'])

describe('a remote pool, given to a public function of @genpool/core', () => {
  it('is known for each of them: a new one belongs into one of the two lists', () => {
    const isFunction = ([name, value]: [string, unknown]): boolean =>
      typeof value === 'function' && !/^[A-Z]/.test(name) && !OTHERS.includes(name)
    const all = Object.entries(core)
      .filter(isFunction)
      .map(([name]) => name)
    const known = [...Object.keys(WORKS), ...Object.keys(REFUSES)]
    expect(all.filter((name) => !known.includes(name))).toEqual([])
  })

  it.each(Object.entries(WORKS))('works with %s', async (_, use) => {
    const pool = await remote()
    stopLater(pool)
    await use(pool)
  })

  it.each(Object.entries(REFUSES))('is refused by %s, which says why and what to do', async (name, use) => {
    const pool = await remote()
    stopLater(pool)
    const error: unknown = await Promise.resolve()
      .then(() => use(pool as never))
      .catch((fault: unknown) => fault)
    if (!core.isGenPoolError(error, 'ERR_GENPOOL_OPTIONS')) throw new Error(`${name} let it in: ${String(error)}`)
    expect(error.message).toMatch(/^\w+ does not work here: pool "all" runs elsewhere: [^.]+\. [A-Z].*\.$/)
    expect(core.inspect(pool).phase).toBe('running')
  })

  it.each(Object.entries({ ...WORKS, ...REFUSES }))('ends at once with %s when it has stopped', async (_, use) => {
    const pool = await remote()
    await core.ready(pool)
    stop(pool)
    await Promise.resolve()
      .then(() => use(pool as never))
      .catch(() => undefined)
  })

  it('works as a copy of its address, too, while it runs', async () => {
    const pool = await remote()
    stopLater(pool)
    const copy = { ...pool }
    await core.ready(copy)
    expect(await core.call(copy, add)).toBeGreaterThan(0)
    expect(core.inspect(copy).name).toBe('all')
    expect(() => core.getMembers(copy as never)).toThrow('runs elsewhere')
  })

  it('is not served again', async () => {
    const pool = await remote()
    stopLater(pool)
    const again = serve(pool as never, await connectTo(server), { name: 'again' })
    await expect(again).rejects.toThrow('given to serve is wrong: expected the address of a pool of this process')
  })

  it.each([
    ['retry', 'what certainly did not run is tried on another node'],
    ['share', 'would not share the run'],
    ['latest', 'cannot be replaced'],
  ])('refuses the option "%s" of a message, and says why', async (name, why) => {
    const pool = await remote()
    stopLater(pool)
    await expect(core.call(pool, add, { [name]: {} })).rejects.toThrow(`"${name}" is not for remote pools: `)
    const result = core.cast(pool, put, { [name]: {} })
    expect(result).toMatchObject({ ok: false, error: { code: 'ERR_GENPOOL_OPTIONS' } })
    expect(result.ok ? '' : result.error.message).toContain(why)
  })
})

describe('drain of a remote pool', () => {
  it('takes nothing new, waits for what is under way, stops its address, and leaves the nodes', async () => {
    const pool = await remote()
    const answers = Array.from({ length: 20 }, () => core.call(pool, add))
    core.cast(pool, put)
    const drained = core.drain(pool)
    expect(core.inspect(pool).phase).toBe('draining')
    expect(core.explain(pool).findings).toMatchObject([{ finding: 'draining' }])
    await expect(core.call(pool, add)).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
    expect(await Promise.all(answers)).toHaveLength(20)
    await drained
    expect(core.inspect(pool)).toMatchObject({ phase: 'stopped', inFlight: 0, lostCasts: 0 })
    expect(core.explain(pool).findings).toMatchObject([{ finding: 'stopped' }])
    expect(() => core.configure(pool, { timeout: 5 })).toThrow('stopped')
    expect(core.inspect(await remote())).toMatchObject({ phase: 'running' })
  })
})

describe('idle and when of a remote pool', () => {
  it('wait for casts that are still at the node, whatever it has said before', async () => {
    const nodes = start()
    let open = (): void => undefined
    const opened = new Promise<void>((resolve) => (open = resolve))
    const done: number[] = []
    const Slow = core.definePool({
      init: () => null,
      casts: { put: async ({ value }: { value: number }) => (await opened, done.push(value), core.noReply()) },
    })
    const own = await serve(core.spawnPool(nodes, Slow, 'slow', { size: 2 }), await connectTo(server), { name: 'slow' })
    const pool = remotePool<typeof Slow>(system, await connectTo(server), { name: 'slow' })
    await core.ready(pool)
    for (let value = 0; value < 6; value++) core.cast(pool, { type: 'put', value })
    const told: string[] = []
    const all = [
      core.idle(pool).then(() => told.push('idle')),
      core.when(pool, { waitingBelow: 1 }).then(() => told.push('few wait')),
      core.when(pool, { waitingBelow: 5 }).then(() => told.push('some wait')),
    ]
    const aborted = new AbortController()
    const gaveUp = core.idle(pool, { signal: aborted.signal })
    aborted.abort('enough')
    await expect(gaveUp).rejects.toMatchObject({ code: 'ERR_GENPOOL_CANCELLED', cause: 'enough' })
    await all[2]
    // The node has said that it has six.
    await until(() => core.inspect(pool).nodes[0]!.waiting === 4, 'the node has said it')
    expect(told).toEqual(['some wait'])
    open()
    await Promise.all(all)
    expect(done).toHaveLength(6)
    expect(new Set(told)).toEqual(new Set(['some wait', 'few wait', 'idle']))
    const waits = core.when(pool, { runningBelow: 0.5 })
    await waits
    core.cast(pool, { type: 'put', value: 7 })
    const left = core.idle(pool)
    stop(pool)
    await expect(left).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
    await own.stop()
    stop(nodes)
  })
})
